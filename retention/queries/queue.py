"""Drafts of messages as one person may see and decide them: tabs, filters, rows, the next one. Reads only."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.timezone import localtime

from imis_ai.accounts.models import User
from imis_ai.governance import outreach_review, proposals
from imis_ai.governance.proposals import pace
from imis_ai.mirror import access, contact
from imis_ai.ui import words
from retention.calc import outreach as calc
from retention.models import LeftOut
from retention.queries.candidates import AREA, KIND

TABS = {"open": "To decide", "later": "Later", "approved": "Approved", "stopped": "Stopped"}
KEPT = timedelta(days=30)  # approved and stopped ones are shown so long
TARGET = 25  # seconds for one draft
CHANNELS = {"email": "E-mail", "sms": "SMS"}
State = proposals.State
# which part of the member's timeline holds what a fact says
OPENS = {
    "events_attended": "events",
    "next_chapter_event": "events",
    "webinar": "events",
    "top_benefit": "membership",
    "top_benefit_uses": "membership",
    "benefits_used": "membership",
    "renewal_date": "membership",
    "ended_on": "membership",
    "benefits_until": "membership",
    "tier": "membership",
    "years_a_member": "membership",
    "dues": "money",
}


@dataclass(frozen=True)
class Filters:
    """As in the address; empty means any. `owner`: who was asked, or "nobody". `member`: a number."""

    tab: str = "open"
    text: str = ""
    channel: str = ""
    purpose: str = ""
    chapter: str = ""
    owner: str = ""
    member: str = ""

    @property
    def is_narrowed(self) -> bool:
        return self != Filters(tab=self.tab)


@dataclass(frozen=True)
class Row:
    """One line of the list, with the name as the viewer may see it."""

    proposal: Any
    name: str
    channel: str
    text: str
    purpose: str
    state: str


@dataclass(frozen=True)
class Halted:
    """One member who gets no message, and the rule; `proposal` where a draft was approved before."""

    imis_id: str
    name: str
    what: str
    at: datetime | None
    sentence: str
    next_step: str = ""
    proposal: Any = None


@dataclass(frozen=True)
class Pace:
    """Today's decisions and how long the rest takes at this pace."""

    decided: int
    seconds: int | None
    left: int

    @property
    def minutes(self) -> int:
        return -(-self.left * (self.seconds or TARGET) // 60)


def listed(*, viewer: User, filters: Filters, now: datetime) -> QuerySet:
    """Proposals of one tab, oldest first; approved ones latest first."""
    found = proposals.visible(viewer=viewer).filter(_tab(filters.tab, now), _wanted(filters), kind=KIND)
    order = ["-decided_at", "-pk"] if filters.tab == "approved" else ["created_at", "pk"]
    return found.select_related("assigned_to", "edited_by").order_by(*order)


def counts(*, viewer: User, now: datetime) -> dict[str, int]:
    """How many each tab holds, without what is stopped. One query."""
    asked = {tab: Count("pk", filter=_tab(tab, now)) for tab in TABS if tab != "stopped"}
    return proposals.visible(viewer=viewer).filter(kind=KIND).aggregate(**asked)


def present(*, viewer: User, filters: Filters, now: datetime) -> dict[str, list[tuple[str, str]]]:
    """What the tab holds to filter by: texts, channels, purposes, chapters, people asked. Three queries."""
    found = proposals.visible(viewer=viewer).filter(_tab(filters.tab, now), kind=KIND).order_by()
    rows = found.values_list(
        "payload__template_version",
        "payload__channel",
        "made_from__purpose",
        "chapter",
        "assigned_to",
        "assigned_to__first_name",
        "assigned_to__last_name",
    ).distinct()[:500]
    kinds = list(rows)
    names = outreach_review.texts({row[0] for row in kinds})
    chapters = dict(access.choices(access.members(viewer))[1]) if len({row[3] for row in kinds}) > 1 else {}
    return {
        "text": _pairs({str(row[0]): names.get(row[0], "") for row in kinds}),
        "channel": _pairs({row[1]: CHANNELS.get(row[1], row[1]) for row in kinds}),
        "purpose": _pairs({row[2]: calc.PURPOSES.get(row[2], row[2]) for row in kinds if row[2]}),
        "chapter": _pairs({row[3]: chapters.get(row[3], row[3]) for row in kinds if row[3]}),
        "owner": _pairs(
            {str(row[4] or "nobody"): f"{row[5] or ''} {row[6] or ''}".strip() or "Nobody" for row in kinds}
        ),
    }


def rows(*, found: QuerySet | list, viewer: User, with_names: bool) -> list[Row]:
    """Two queries, however many."""
    items = list(found)
    names = contact.visible(viewer, {item.imis_id for item in items})
    texts = outreach_review.texts({item.payload["template_version"] for item in items})
    return [
        Row(
            item,
            names.get(item.imis_id, "") if with_names else words.masked(names.get(item.imis_id, "")),
            CHANNELS.get(item.payload["channel"], item.payload["channel"]),
            texts.get(item.payload["template_version"], ""),
            calc.PURPOSES.get(item.made_from.get("purpose", ""), ""),
            proposals.WORDS[State(item.state)].capitalize(),
        )
        for item in items
    ]


def halted_count(*, viewer: User, now: datetime) -> int:
    """How many the tab of stopped ones holds."""
    stopped = outreach_review.stopped(area=AREA, viewer=viewer, since=now - KEPT)
    return len(stopped) + LeftOut.objects.filter(member__in=access.members(viewer)).count()


def halted(*, viewer: User, with_names: bool, now: datetime) -> list[Halted]:
    """Who was stopped right before sending, then whom the last night left out."""
    stopped = outreach_review.stopped(area=AREA, viewer=viewer, since=now - KEPT)
    left = LeftOut.objects.filter(member__in=access.members(viewer)).select_related("member")
    found = [
        Halted(
            each.proposal.imis_id,
            "",
            "Approved, then stopped",
            each.at,
            each.sentence,
            proposal=each.proposal,
        )
        for each in stopped
    ] + [
        Halted(
            row.member.imis_id,
            "",
            f"{calc.PURPOSES.get(row.purpose, row.purpose)}: not drafted",
            None,
            row.sentence,
            row.next_step,
        )
        for row in left.order_by("rule", "member__last_name", "pk")
    ]
    ids = {each.imis_id for each in found}
    names, hide = contact.visible(viewer, ids), cloak(imis_ids=ids, with_names=with_names)
    return [
        replace(
            each,
            name=hide(each.imis_id, names.get(each.imis_id, "")),
            sentence=hide(each.imis_id, each.sentence),
        )
        for each in found
    ]


def cloak(*, imis_ids: Collection[str], with_names: bool) -> Callable[[str, str], str]:
    """`hide(imis_id, text)` for who may not see names: the member's own are masked wherever they stand."""
    if with_names:
        return lambda imis_id, text: text
    found = contact.people(imis_ids)
    known = {
        imis_id: sorted({person.name, person.given_name} - {""}, key=len, reverse=True)
        for imis_id, person in found.items()
    }

    def hide(imis_id: str, text: str) -> str:
        for name in known.get(imis_id, ()):
            text = text.replace(name, words.masked(name))
        return text

    return hide


def after(*, proposal_id: int, viewer: User, filters: Filters, now: datetime) -> int | None:
    """The draft below this one, else the one above; for going on after a decision."""
    numbers = list(listed(viewer=viewer, filters=filters, now=now).values_list("pk", flat=True)[:500])
    if proposal_id not in numbers:
        return numbers[0] if numbers else None
    at = numbers.index(proposal_id)
    rest = numbers[at + 1 : at + 2] or numbers[max(at - 1, 0) : at]
    return rest[0] if rest else None


def pace_of(*, viewer: User, left: int, now: datetime) -> Pace:
    """Of this person today, from the association's midnight."""
    midnight = localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    found = pace.today(person=viewer, kind=KIND, since=midnight, now=now)
    return Pace(found.decided if found else 0, found.seconds if found else None, left)


def same_text(*, viewer: User, version: int, now: datetime) -> QuerySet:
    """Everything to decide that was made from one version of one text."""
    return listed(viewer=viewer, filters=Filters(text=str(version)), now=now)


def _tab(tab: str, now: datetime) -> Q:
    if tab == "later":
        return Q(state=State.LATER, later_until__gt=now)
    if tab == "approved":
        return Q(state=State.APPROVED, decided_at__gt=now - KEPT)
    due = Q(state__in=(State.SUGGESTED, State.HALF)) | Q(state=State.LATER, later_until__lte=now)
    return due & (Q(expires_at=None) | Q(expires_at__gt=now))


def _wanted(filters: Filters) -> Q:
    wanted = Q()
    if filters.text.isdecimal():
        wanted &= Q(payload__template_version=int(filters.text))
    if filters.channel:
        wanted &= Q(payload__channel=filters.channel)
    if filters.purpose:
        wanted &= Q(made_from__purpose=filters.purpose)
    if filters.chapter:
        wanted &= Q(chapter=filters.chapter)
    if filters.member:
        wanted &= Q(imis_id=filters.member)
    if filters.owner:
        wanted &= Q(assigned_to=int(filters.owner)) if filters.owner.isdecimal() else Q(assigned_to=None)
    return wanted


def _pairs(found: dict[str, str]) -> list[tuple[str, str]]:
    return sorted(found.items(), key=lambda pair: pair[1])
