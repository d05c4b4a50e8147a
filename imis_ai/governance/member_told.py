"""What governance says on a member's page: decisions, contacts, pauses, and what waits for a person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, CharField, DateTimeField, F, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Concat, NullIf, Trim
from django.urls import reverse
from django.utils.timezone import localtime

from imis_ai.governance import corrections, kinds, proposals
from imis_ai.governance.corrections import read as said
from imis_ai.governance.messages import limits
from imis_ai.governance.models import (
    Assignment,
    ContactEntry,
    Correction,
    Decision,
    OptOut,
    Ownership,
    Pause,
    StaffItem,
)
from imis_ai.governance.owners.read import NAME as OWNER
from imis_ai.governance.proposals.states import OPEN
from imis_ai.mirror.member_page import Card, Looked, Mark, Step, Told
from imis_ai.mirror.timeline import Entry
from imis_ai.ui import words

DECISIONS, CONTACTS = "decisions", "contacts"
GROUPS = {DECISIONS: "Decisions", CONTACTS: "Messages of ours"}
BY = Coalesce(NullIf(Trim(Concat("by__first_name", Value(" "), "by__last_name")), Value("")), "by__username")
CHANNELS = {"email": "E-mail", "sms": "SMS", "portal": "Letter"}


@dataclass(frozen=True)
class Row:
    """One thing that governance keeps about the member, whatever its table."""

    what: str
    at: datetime
    label: str
    state: str
    by: str
    until: datetime | None
    ended_at: datetime | None
    pk: int


def told(looked: Looked) -> Told:
    """One query."""
    if not looked.viewer.may("approvals.read"):
        return Told()
    rows = [Row(*row) for row in _rows(looked)]
    by_what = {what: [row for row in rows if row.what == what] for what in
               ("decision", "contact", "pause", "opt out", "item", "control", "open", "said",
                "owner")}  # fmt: skip
    found = Told(groups=GROUPS, cards=[_contact(looked, by_what)])
    found.marks = _marks(by_what["said"], looked)
    found.may_correct = lambda card: looked.viewer.may(corrections.topic_for(card=card).right)
    if looked.wants(DECISIONS):
        found.entries += [_decision(row) for row in by_what["decision"]]
        found.entries += [_given(row) for row in by_what["owner"]]
    if looked.wants(CONTACTS):
        found.entries += [_contacted(row, looked) for row in by_what["contact"]]
        found.entries += [_paused(row) for row in by_what["pause"]]
    found.steps += list(_steps(looked, by_what))
    return found


def _rows(looked: Looked) -> QuerySet:
    own, until = Q(imis_id=looked.member.imis_id), looked.until
    seen = proposals.visible(viewer=looked.viewer).filter(own)
    decisions = Decision.objects.filter(proposal__in=seen, at__lt=until).exclude(what=Decision.What.NOTE)
    decisions = decisions.order_by("-at")[: looked.entries + 1]
    contacts = ContactEntry.objects.filter(own, planned_at__lt=until).order_by("-planned_at")[:200]
    parts = [
        _row(Decision.objects.filter(pk__in=decisions.values("pk")), "decision", F("at"),
             F("proposal__kind"), F("what"), BY, pk=F("proposal")),
        _row(ContactEntry.objects.filter(pk__in=contacts.values("pk")), "contact", F("planned_at"),
             F("channel"), F("state"), until=F("sent_at"), ended=F("state_at")),
        _row(Pause.objects.filter(own, since__lt=until), "pause", F("since"), F("reason"), by=BY,
             until=F("until"), ended=F("ended_at")),
        _row(OptOut.objects.filter(own, at__lt=until), "opt out", F("at"), F("kind"), F("channel"),
             ended=F("ended_at")),
        _row(StaffItem.objects.filter(own, opened_at__lt=until), "item", F("opened_at"), F("why"),
             ended=F("done_at")),
        _row(Assignment.objects.filter(own, arm__is_control=True, at__lt=until), "control", F("at"),
             F("experiment__name"), until=F("experiment__outcome_by"), ended=F("experiment__ended_at")),
        _row(Correction.objects.filter(own, at__lt=until), "said", F("at"), F("card"), said.of_card(), by=BY,
             until=F("until"), ended=F("ended_at")),
        _row(Ownership.objects.filter(own, since__lt=until), "owner", F("since"), OWNER, ended=F("until")),
        _row(seen.filter(state__in=OPEN), "open", F("created_at"), F("kind"), F("title"), until=F("due_at")),
    ]  # fmt: skip
    return parts[0].union(*parts[1:], all=True)


def _row(
    rows: QuerySet,
    what: str,
    at: Any,
    label: Any,
    state: Any = None,
    by: Any = None,
    until: Any = None,
    ended: Any = None,
    pk: Any = None,
) -> QuerySet:
    def text(value: Any) -> Cast:
        return Cast(value if value is not None else Value(""), CharField())

    def moment(value: Any) -> Cast:
        return Cast(value if value is not None else Value(None), DateTimeField())

    return (
        rows.order_by()
        .annotate(
            its_what=Value(what, CharField()),
            its_at=moment(at),
            its_label=text(label),
            its_state=text(state),
            its_by=text(by),
            its_until=moment(until),
            its_end=moment(ended),
            its_pk=Cast(pk if pk is not None else F("pk"), BigIntegerField()),
        )
        .values_list(
            "its_what", "its_at", "its_label", "its_state", "its_by", "its_until", "its_end", "its_pk"
        )
    )


def _decision(row: Row) -> Entry:
    kind = kinds.KINDS.get(row.label)
    verb = Decision.What(row.state).label.capitalize()
    return Entry(
        row.at,
        "decision",
        f"{verb}: {kind.label if kind else row.label}",
        f"by {row.by}" if row.by else "by imis_ai",
        None,
        DECISIONS,
        "imis_ai",
        reverse("approval", args=[row.pk]),
    )


def _given(row: Row) -> Entry:
    return Entry(row.at, "owner", "Given to", row.label, None, DECISIONS, "imis_ai")


def _contacted(row: Row, looked: Looked) -> Entry:
    """`until` holds when it left; what left after the day looked at was only planned then."""
    channel = CHANNELS.get(row.label, row.label)
    if row.until is not None and row.until < looked.until:
        return Entry(row.until, "contact", f"{channel} sent", "", None, CONTACTS, "imis_ai")
    state = row.state if row.ended_at is not None and row.ended_at < looked.until else "planned"
    return Entry(row.at, "contact", f"{channel} {state}", "", None, CONTACTS, "imis_ai")


def _paused(row: Row) -> Entry:
    reason = Pause.Reason(row.label).label.lower()
    return Entry(row.at, "pause", "Contact paused", reason, None, CONTACTS, "imis_ai")


def _holds(row: Row, looked: Looked) -> bool:
    """Whether a pause or an opt-out stood at that moment."""
    ends = [end for end in (row.until, row.ended_at) if end is not None]
    return not any(end <= looked.until for end in ends)


def _contact(looked: Looked, rows: dict[str, list[Row]]) -> Card:
    """Used of the limit, what stands against a contact, the last one."""
    rule = limits.current()
    sent = [row.until for row in rows["contact"] if row.until is not None and row.until < looked.until]
    used = sum(at > looked.until - rule.period for at in sent)
    context = {
        "used": used,
        "most": rule.most,
        "days": rule.period.days,
        "last": max(sent, default=None),
        "pauses": [_pause_words(row, looked) for row in rows["pause"] if _holds(row, looked)],
        "refused": [_refused(row) for row in rows["opt out"] if _holds(row, looked)],
        "control": [_control(row, looked) for row in rows["control"] if _holds(row, looked)],
        "items": [StaffItem.Why(row.label).label for row in rows["item"] if _holds(row, looked)],
        "looked": looked,
        "owner": next((row.label for row in rows["owner"] if _holds(row, looked)), ""),
        "owner_in_imis": "" if looked.is_past or not looked.with_names else looked.member.owner,
        "may_assign": looked.viewer.may("owners.assign") and not looked.is_past,
    }
    dated = f"of {words.short_date(looked.day, looked.today)}"
    return Card(20, "contact", "Contact", dated, "governance/_member_contact.html", context)


def _marks(rows: list[Row], looked: Looked) -> dict[str, list[Mark]]:
    """What staff said that stood on that day, by card."""
    found: dict[str, list[Mark]] = {}
    for row in rows:
        last = localtime(row.until).date() if row.until else None
        if (row.ended_at and row.ended_at <= looked.until) or (last and last < looked.day):
            continue
        says, reason, text = row.state.split("|", 2)
        topic = corrections.topic_for(card=row.label)
        pk = row.pk if not looked.is_past and looked.viewer.may(topic.right) else None
        choice = topic.choice(says)
        sentence = corrections.in_words(
            card=row.label, says=says, reason=reason, text=text if looked.with_names else ""
        )
        mark = Mark(sentence, row.by, row.at, last, pk, bool(choice and choice.quiets))
        found.setdefault(row.label, []).append(mark)
    return found


def _pause_words(row: Row, looked: Looked) -> str:
    until = f" until {words.short_date(localtime(row.until).date(), looked.today)}" if row.until else ""
    return f"Paused{until}: {Pause.Reason(row.label).label.lower()}."


def _control(row: Row, looked: Looked) -> str:
    until = f" until {words.long_date(localtime(row.until).date(), looked.today)}" if row.until else ""
    return f"In the control group{until}, so we leave this member alone."


def _refused(row: Row) -> str:
    channel = f" ({CHANNELS.get(row.state, row.state)})" if row.state else ""
    return f"{OptOut.Kind(row.label).label.capitalize()}{channel}."


def _steps(looked: Looked, rows: dict[str, list[Row]]) -> Iterable[Step]:
    waiting = [row for row in rows["item"] if row.ended_at is None]
    if waiting and looked.viewer.may("messages.answers"):
        oldest = min(row.at for row in waiting)
        why = f"{StaffItem.Why(waiting[0].label).label} {words.ago(looked.now - oldest)}."
        yield Step(100, "Answer this member", why, reverse("answers"), "Open")
    for row in rows["pause"]:
        if _holds(row, looked):
            yield Step(90, "Leave alone", f"{_pause_words(row, looked)} Nothing is sent meanwhile.")
    for row in rows["control"]:
        if _holds(row, looked):
            yield Step(85, "Leave alone", _control(row, looked))
    for row in rows["open"]:
        kind = kinds.KINDS.get(row.label)
        if kind and looked.viewer.may(kind.decides):
            why = f"{row.state}. Suggested {words.ago(looked.now - row.at)}."
            yield Step(80, "Decide", why, reverse("approval", args=[row.pk]), "Review", is_suggested=True)
