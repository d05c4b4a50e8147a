"""What came after each contact: opened, answered, stopped, paid, renewed. Labels for learning. Reads only.

A label is final once its window is over; before that a missing answer means nothing. The arm stands beside
it, since what follows a contact is not yet caused by it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.timezone import localdate

from imis_ai.governance.messages.contact import OUT
from imis_ai.governance.models import Assignment, ContactEntry, ContactEvent, Experiment
from imis_ai.mirror import contact, outcomes

WINDOW = 60  # days in which a payment or renewal counts
READ_WITHIN = 14  # days in which an open or an answer counts
ANSWERS = {
    ContactEvent.Kind.REPLY: "replied",
    ContactEvent.Kind.ASKED: "replied",
    ContactEvent.Kind.STOP: "stopped",
    ContactEvent.Kind.BOUNCE: "bounced",
}


@dataclass(frozen=True)
class Label:
    """One contact that left, with what followed. `experiment` and `arm` are empty outside of comparisons."""

    contact: int
    imis_id: str
    area: str
    channel: str
    version: int | None
    sent_at: datetime
    is_automatic: bool
    experiment: int | None
    arm: str
    opened: bool
    replied: bool
    stopped: bool
    bounced: bool
    paid: bool
    renewed: bool
    is_final: bool


OUTCOMES = ("opened", "replied", "paid", "renewed", "stopped", "bounced")


@dataclass(frozen=True)
class Sum:
    """Contacts of one arm and how many were followed by what; `final` of them are over."""

    arm: str
    contacts: int
    final: int
    counts: dict[str, int]


def rows(*, since: datetime, now: datetime, area: str = "", within: Experiment | None = None) -> list[Label]:
    """Every contact that left since then, oldest first; of one comparison, where it is named.

    Of several contacts with a member the last one gets what followed. Eight queries, however many contacts.
    """
    entries = ContactEntry.objects.filter(state__in=OUT, sent_at__gte=since, sent_at__lte=now)
    entries = entries.filter(area=area) if area else entries
    if within:
        entries = entries.filter(imis_id__in=within.assignments.values("imis_id"))
    found = list(entries.order_by("sent_at", "pk"))
    last = {each.imis_id: each for each in found}
    moments = {imis_id: each.sent_at for imis_id, each in last.items() if each.sent_at}
    after = _after(moments)
    said, drawn = _events(found), _drawn(found, within)
    made = []
    for each in found:
        followed = said.get(each.pk, set()) | (
            after.get(each.imis_id, set()) if last[each.imis_id] is each else set()
        )
        made.append(_label(each, followed, drawn.get((each.imis_id, each.area)), now))
    return made


def sums(labels: Iterable[Label]) -> list[Sum]:
    """By arm, in the order of their names."""
    by_arm: dict[str, list[Label]] = {}
    for label in labels:
        by_arm.setdefault(label.arm, []).append(label)
    return [
        Sum(
            arm,
            len(mine),
            sum(each.is_final for each in mine),
            {name: sum(getattr(each, name) for each in mine) for name in OUTCOMES},
        )
        for arm, mine in sorted(by_arm.items())
    ]


def _after(moments: dict[str, datetime]) -> dict[str, set[str]]:
    """What the mirror saw after each member's last contact."""
    days = {imis_id: localdate(at) for imis_id, at in moments.items()}
    renewed = {
        imis_id
        for imis_id, on in contact.renewed_since(moments).items()
        if on <= days[imis_id] + timedelta(days=WINDOW)
    }
    seen = {
        "opened": outcomes.opened_after(moments, days=READ_WITHIN),
        "paid": outcomes.paid_after(days, days=WINDOW),
        "renewed": renewed,
    }
    found: dict[str, set[str]] = {}
    for name, members in seen.items():
        for imis_id in members:
            found.setdefault(imis_id, set()).add(name)
    return found


def _events(entries: Iterable[ContactEntry]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for entry, kind in ContactEvent.objects.filter(entry__in=list(entries)).values_list("entry", "kind"):
        if kind in ANSWERS:
            found.setdefault(entry, set()).add(ANSWERS[ContactEvent.Kind(kind)])
    return found


def _drawn(entries: Iterable[ContactEntry], within: Experiment | None) -> dict[tuple[str, str], Assignment]:
    """The newest draw of each member in each area that stood when they were contacted."""
    asked = Assignment.objects.filter(imis_id__in={each.imis_id for each in entries})
    asked = asked.filter(experiment=within) if within else asked
    rows = asked.select_related("experiment", "arm").order_by("pk")
    return {(row.imis_id, row.experiment.area): row for row in rows}


def _label(entry: ContactEntry, followed: set[str], drawn: Assignment | None, now: datetime) -> Label:
    sent = entry.sent_at or entry.planned_at
    counts = drawn is not None and drawn.at <= sent
    return Label(
        contact=entry.pk,
        imis_id=entry.imis_id,
        area=entry.area,
        channel=entry.channel,
        version=entry.version_id,
        sent_at=sent,
        is_automatic=entry.is_automatic,
        experiment=drawn.experiment_id if drawn and counts else None,
        arm=drawn.arm.label if drawn and counts else "",
        is_final=sent + timedelta(days=WINDOW) < now,
        **{name: name in followed for name in OUTCOMES},
    )
