"""What governance says on the first page: what waits for a yes, stopped, leaves, was decided."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import (
    BigIntegerField,
    CharField,
    Count,
    DateTimeField,
    DecimalField,
    F,
    Max,
    Min,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import Cast
from django.urls import reverse

from imis_ai.accounts.models import AccessReview, User
from imis_ai.governance import kinds, owners, proposals, waiting
from imis_ai.governance.models import (
    BlindTest,
    Decision,
    OutboxMessage,
    Ownership,
    RolloutChange,
)
from imis_ai.governance.outbox.listing import OTHER, PROBLEMS, TARGET_WORDS
from imis_ai.governance.outbox.people import refused
from imis_ai.governance.outbox.states import State
from imis_ai.governance.people import review
from imis_ai.governance.reviewing.queues import QUEUES
from imis_ai.governance.rollout.areas import AREAS, phase
from imis_ai.ui import words
from imis_ai.ui.today import LATER, TODAY, WEEK, Asked, Event, Figure, Leaves, Part, Waits, Yours, due_in

DECIDED = {
    Decision.What.APPROVE: "approved",
    Decision.What.REJECT: "rejected",
    Decision.What.UNDO: "took back",
    Decision.What.REVERSE: "asked to reverse",
}
SHOWN = 7


@dataclass(frozen=True)
class Counted:
    """One group of rows that wait, stopped, leave or left."""

    what: str
    detail: str
    n: int
    first: int
    oldest: datetime | None
    latest: datetime | None
    due: datetime | None
    amount: Decimal | None
    members: int | None


COLUMNS = tuple(each.name for each in fields(Counted))  # prefixed in queries: tables have such fields too


def part(asked: Asked) -> Part:
    """Two queries, whatever the role."""
    found: dict[str, list[Counted]] = defaultdict(list)
    for row in _count(asked):
        found[row.what].append(row)
    made = Part(events=[*_decided(asked), *_sent(found["sent"], asked), *_phases(found["phase"])])
    for row in found["proposal"]:
        made.waits.append(_proposals(row, asked))
    made.waits += [WAITS[row.what](row) for what in WAITS for row in found[what]]
    made.waits += _stopped(found["refused"])
    made.waits += _review_due(found["review"], asked)
    made.events += [_given(row) for row in found["given"] if row.latest]
    made.yours += [Yours(row.n, "Members you look after", _mine()) for row in found["yours"] if row.n]
    made.leaves += [_leaves(row) for row in found["leaves"]]
    if asked.viewer.role == User.Role.ADMIN:
        made.figures += _figures(found)
    return made


def _count(asked: Asked) -> list[Counted]:
    """Everything countable in one query, as far as this person may know it."""
    parts = list(_parts(asked))
    if not parts:
        return []
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return [Counted(*row) for row in rows]


def _parts(asked: Asked) -> Iterable[QuerySet]:
    viewer, now = asked.viewer, asked.now
    may = viewer.may
    if (mine := waiting.decisions(viewer, now)) is not None:
        yield _counted(mine, "proposal", F("kind"), F("created_at"), due=F("due_at"), amount=F("amount"),
                       members=F("members"))  # fmt: skip
    if (asked_for := waiting.members(viewer, now)) is not None:
        yield _counted(asked_for, "answer", F("why"), F("opened_at"))
    if may("outbox.read"):
        ends = asked.now.replace(hour=23, minute=59, second=59)
        queued = OutboxMessage.objects.filter(state=State.QUEUED, not_before__lte=ends)
        sent = OutboxMessage.objects.filter(state=State.DONE, done_at__gte=asked.since)
        yield _counted(refused(), "refused", F("problem"), F("not_before"))
        yield _counted(queued, "leaves", F("target"), F("not_before"))
        yield _counted(sent, "sent", F("target"), F("done_at"))
    if (phases := waiting.phases(viewer, now)) is not None:
        yield _counted(phases, "rollout", F("area"), F("asked_at"))
    if may("rollout.read"):
        changed = RolloutChange.objects.filter(state=RolloutChange.State.DONE, decided_at__gte=asked.since)
        yield _counted(changed, "phase", F("area"), F("decided_at"), members=F("to_level"))
    if may("review.judge") and (cases := waiting.unsure(viewer, now)) is not None:
        yield _counted(cases, "review queue", F("queue"), F("entered_at"))
    if may("members.read"):
        mine = Ownership.objects.filter(person=viewer, until=None)
        given = mine.filter(since__gte=asked.since).exclude(given_by=viewer)
        yield _counted(mine, "yours", Value(""), F("since"))
        yield _counted(given, "given", Value(""), F("since"))
    yield from _seldom(viewer, now)


def _seldom(viewer: User, now: datetime) -> Iterable[QuerySet]:
    """What waits a few times a year."""
    if viewer.may("rollout.answer"):
        tests = BlindTest.objects.filter(by=viewer, finished_at=None)
        yield _counted(tests, "blind", F("area"), F("started_at"))
    if (alone := waiting.corrected(viewer, now)) is not None:
        yield _counted(alone, "correction", Value(""), F("at"))
    if (rules := waiting.guardrails(viewer)) is not None:
        yield _counted(rules, "guardrail", F("guardrail__name"), F("proposed_at"))
    for what, coming in waiting.texts(viewer).items():
        yield _counted(coming, what, Value(""), F("written_at"))
    if (changes := waiting.rights(viewer, now)) is not None:
        yield _counted(changes, "rights", Value(""), F("asked_at"))
        this = AccessReview.objects.filter(quarter=review.quarter(now))
        left = Count("lines", filter=Q(lines__verdict="", lines__person__is_active=True))
        yield _counted(this, "review", F("finished_at"), F("started_at"), n=left)


def _counted(
    rows: QuerySet,
    what: str,
    detail: Any,
    at: Any,
    *,
    due: Any = None,
    amount: Any = None,
    members: Any = None,
    n: Any = None,
) -> QuerySet:
    """The rows in groups of the same detail, in the columns of `Counted`."""
    money, moment, whole = DecimalField(max_digits=20, decimal_places=2), DateTimeField(), BigIntegerField()
    grouped = rows.order_by().values(its_what=Value(what, CharField()), its_detail=Cast(detail, CharField()))
    return grouped.annotate(
        its_n=n or Count("pk", distinct=True),
        its_first=Min("pk"),
        its_oldest=Min(at),
        its_latest=Max(at),
        its_due=Min(Cast(due if due is not None else Value(None), moment)),
        its_amount=Sum(Cast(amount if amount is not None else Value(None), money)),
        its_members=Cast(Sum(Cast(members if members is not None else Value(None), whole)), whole),
    ).values_list(*(f"its_{name}" for name in COLUMNS))


def _proposals(row: Counted, asked: Asked) -> Waits:
    kind = kinds.find(row.detail)
    if row.amount is not None:
        stake = words.money(row.amount, settings.CURRENCY)
    else:
        stake = words.plural(row.members or 0, "member") if row.members else ""
    why = "Nothing leaves until you approve it." if row.n > 1 else "It waits for your yes."
    return Waits(
        row.n,
        kind.label,
        why,
        reverse(kind.queue) if kind.queue else _address(kind, row),
        "Review",
        stake,
        row.oldest,
        due_in(row.due, asked) if row.due else WEEK,
        row.amount or 0,
    )


def _address(kind: kinds.Kind, row: Counted) -> str:
    one = row.n == 1
    return reverse("approval", args=[row.first]) if one else f"{reverse('approvals')}?kind={kind.name}"


def _stopped(rows: list[Counted]) -> list[Waits]:
    """Everything that stopped is one row; the sentence is that of the most frequent reason."""
    if not rows:
        return []
    most = max(rows, key=lambda row: row.n)
    sentence = PROBLEMS.get(most.detail, OTHER)[0].format(n=words.plural(most.n, "write"))
    oldest = min(row.oldest for row in rows if row.oldest)
    address = f"{reverse('outbox')}?tab=refused"
    count = sum(row.n for row in rows)
    return [Waits(count, "Stopped on the way out", sentence, address, "Open", "", oldest, TODAY)]


def _answer(row: Counted) -> Waits:
    why = {
        "asked": "A member asked for a person.",
        "replied": "A member wrote back.",
        "unreachable": "A message came back; the address in iMIS does not work.",
    }
    name = {"asked": "Asked for a person", "replied": "Replies", "unreachable": "Could not be reached"}
    due = LATER if row.detail == "unreachable" else TODAY
    says = why.get(row.detail, "A member waits for an answer.")
    return Waits(
        row.n, name.get(row.detail, "Members"), says, reverse("answers"), "Answer", "", row.oldest, due
    )


def _rollout(row: Counted) -> Waits:
    label = AREAS[row.detail].label if row.detail in AREAS else row.detail
    why = f"{label} asks for its next phase. You see the evidence before you agree."
    return Waits(
        1, "Next phase", why, reverse("rollout_area", args=[row.detail]), "Review", "", row.oldest, WEEK
    )


def _blind(row: Counted) -> Waits:
    label = AREAS[row.detail].label if row.detail in AREAS else row.detail
    why = f"Your blind test of {label.lower()} is not finished. It takes about five minutes."
    return Waits(
        1, "Blind test", why, reverse("rollout_blind", args=[row.detail]), "Go on", "", row.oldest, LATER
    )


def _guardrail(row: Counted) -> Waits:
    why = f"{row.detail} was changed. It holds once you agree."
    address = reverse("admin:governance_guardrail_changelist")
    return Waits(1, "Changed guardrail", why, address, "Review", "", row.oldest, WEEK)


def _review_queue(row: Counted) -> Waits:
    why = "The model is not sure of them; nothing acts on them before a person says."
    name, address = QUEUES[row.detail].label, reverse("review_queue", args=[row.detail])
    return Waits(row.n, name, why, address, "Judge", "", row.oldest, LATER)


def _correction(row: Counted) -> Waits:
    why = "A colleague corrected very much in one day. It teaches the next model once you agree."
    address = f"{reverse('corrections')}?tab=second"
    return Waits(row.n, "Corrections", why, address, "Review", "", row.oldest, WEEK)


def _words(row: Counted, *, name: str, url: str) -> Waits:
    why = "Somebody else wrote it. It is used once you approve it."
    return Waits(row.n, name, why, reverse(url), "Review", "", row.oldest, WEEK)


def _rights(row: Counted) -> Waits:
    why = "Another administrator asked for it. It takes effect once you agree."
    return Waits(row.n, "Changes of rights", why, reverse("people"), "Review", "", row.oldest, WEEK)


WAITS = {
    "answer": _answer,
    "rollout": _rollout,
    "blind": _blind,
    "guardrail": _guardrail,
    "correction": _correction,
    "review queue": _review_queue,
    "template": partial(_words, name="Texts", url="admin:governance_template_changelist"),
    "offer": partial(_words, name="Offers", url="admin:governance_offer_changelist"),
    "rights": _rights,
}


def _review_due(rows: list[Counted], asked: Asked) -> list[Waits]:
    """The quarter's review of rights, until it is finished."""
    if not asked.viewer.may("people.change") or any(row.detail for row in rows):
        return []
    address = reverse("reviews")
    if not rows:
        why = "This quarter's review of everybody's rights has not begun."
        return [Waits(1, "Access review", why, address, "Start", "", None, LATER)]
    row = rows[0]
    why = f"{words.plural(row.n, 'person is', 'people are')} not looked at yet this quarter."
    return [Waits(row.n, "Access review", why, address, "Go on", "", row.oldest, LATER)] if row.n else []


def _figures(found: dict[str, list[Counted]]) -> list[Figure]:
    stopped, leaving = sum(row.n for row in found["refused"]), sum(row.n for row in found["leaves"])
    sent = sum(row.n for row in found["sent"])
    return [
        Figure(
            30,
            "Stopped on the way out",
            words.count(stopped),
            words.plural(stopped, "write", "writes"),
            "a person has to look" if stopped else "nothing is stuck",
            "bad" if stopped else "good",
            address=f"{reverse('outbox')}?tab=refused",
        ),
        Figure(
            40,
            "Leaves today",
            words.count(leaving),
            "approved and waiting",
            f"{words.count(sent)} left since your last visit",
            address=reverse("outbox"),
        ),
    ]


def _leaves(row: Counted) -> Leaves:
    what = TARGET_WORDS.get(row.detail, row.detail)
    return Leaves(
        row.oldest, f"{what}, {words.plural(row.n, 'write')}", f"{reverse('outbox')}?target={row.detail}"
    )


def _sent(rows: list[Counted], asked: Asked) -> list[Event]:
    return [
        Event(
            row.latest,
            f"{TARGET_WORDS.get(row.detail, row.detail)} left.",
            f"{words.plural(row.n, 'write')} confirmed.",
            f"{reverse('outbox')}?tab=sent&target={row.detail}",
        )
        for row in rows
        if row.latest
    ]


def _mine() -> str:
    return f"{reverse('members')}?owner={owners.MINE}"


def _given(row: Counted) -> Event:
    return Event(row.latest, f"{words.plural(row.n, 'member')} given to you.", "", _mine())


def _phases(rows: list[Counted]) -> list[Event]:
    return [
        Event(
            row.latest,
            f"{AREAS[row.detail].label if row.detail in AREAS else row.detail} changed its phase.",
            f"Now {phase(int(row.members or 0)).lower()}." if row.n == 1 else "",
            reverse("rollout_area", args=[row.detail]),
        )
        for row in rows
        if row.latest
    ]


def _decided(asked: Asked) -> list[Event]:
    """What colleagues decided."""
    if not asked.viewer.may("approvals.read"):
        return []
    rows = Decision.objects.filter(
        what__in=DECIDED, at__gte=asked.since, proposal__in=proposals.visible(viewer=asked.viewer)
    ).exclude(by=asked.viewer)
    return [
        Event(
            row.at,
            f"{row.by or 'imis_ai'} {DECIDED[Decision.What(row.what)]}",
            f"{row.proposal.title}.",
            reverse("approval", args=[row.proposal_id]),
        )
        for row in rows.order_by("-at").select_related("by", "proposal")[:SHOWN]
    ]
