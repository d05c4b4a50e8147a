"""Where there is something to tell. Each source reads what is recent and names it with a key of its own.

No text holds personal data: it goes into lists and mails that say how many and where, not who.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, F
from django.urls import reverse
from django.utils.timezone import localdate, localtime

from imis_ai.accounts.models import User
from imis_ai.accounts.rights import RIGHTS
from imis_ai.governance.models import Decision, Delegation, Digest, Notification, Proposal, RolloutChange
from imis_ai.governance.outbox import listing
from imis_ai.governance.proposals import inbox, standing_in
from imis_ai.governance.proposals.states import OPEN
from imis_ai.governance.rollout.areas import AREAS
from imis_ai.jobs import queries as jobs
from imis_ai.jobs.models import JobRun
from imis_ai.mirror import queries as mirror
from imis_ai.ui import words

RECENT = timedelta(days=2)  # what is older was told already, or nobody waits for it any more
PATIENCE = timedelta(hours=1)  # for a change notification to be followed up
ENDED = (JobRun.State.DONE, JobRun.State.FAILED, JobRun.State.DEAD)
BY_ITSELF = ("ops.nightly",)  # jobs of the schedule whose failure concerns administrators


@dataclass(frozen=True)
class Item:
    """One thing for one person. `key` is the thing: nobody is told of it twice."""

    person_id: int
    kind: str
    key: str
    text: str
    address: str


Source = Callable[[datetime], Iterable[Item]]
_sources: list[Source] = []


def register(source: Source) -> None:
    """`source(now)` gives items of kinds in accounts.notices; a domain adds its own from its wiring."""
    if source not in _sources:
        _sources.append(source)


def collect(now: datetime) -> Iterator[Item]:
    for source in _sources:
        yield from source(now)


def assigned(now: datetime) -> Iterator[Item]:
    """What a colleague asked one person by name, and decisions passed on."""
    asked = Decision.objects.filter(what=Decision.What.ASSIGN, at__gt=now - RECENT).select_related("proposal")
    for decision in asked.order_by("pk"):
        item = decision.proposal
        if item.assigned_to_id in (None, decision.by_id) or item.state not in OPEN:
            continue
        where = f"{reverse('approvals')}?panel={item.pk}"
        yield Item(
            item.assigned_to_id, "assigned", f"decision:{decision.pk}", f"Asked of you: {item.title}", where
        )
    passed = Delegation.objects.filter(made_at__gt=now - RECENT, ended_at=None).select_related("person")
    for each in passed:
        until = words.short_date(each.to_on, localdate(now))
        text = f"{each.person} passes decisions on to you until {until}: {standing_in.in_words(each)}"
        yield Item(each.stand_in_id, "assigned", f"delegation:{each.pk}", text, reverse("delegations"))


def due_today(now: datetime) -> Iterator[Item]:
    """Once a day, how many suggestions this person decides on are due before it ends."""
    ends = inbox.end_of_day(now)
    if not Proposal.objects.filter(state__in=OPEN, due_at__lte=ends).exists():
        return
    key = f"due:{localdate(now)}"
    for person in with_right("approvals.read").exclude(pk__in=_told("due", key)):
        number = inbox.waiting_for(viewer=person, now=now).filter(due_at__lte=ends).count()
        if number:
            text = f"{words.plural(number, 'suggestion is', 'suggestions are')} due today"
            yield Item(person.pk, "due", key, text, f"{reverse('approvals')}?due=today")


def refused(now: datetime) -> Iterator[Item]:
    """What did not arrive in iMIS, for those who approved it and for administrators."""
    rows = listing.refused().exclude(problem="by_hand").order_by()
    found = list(rows.values("proposal", "proposal__title", "problem").annotate(n=Count("pk"))[:200])
    approved: dict[int, set[int]] = {}
    decisions = Decision.objects.filter(
        what=Decision.What.APPROVE, proposal__in=[row["proposal"] for row in found]
    )
    for proposal, by in decisions.values_list("proposal", "by"):
        approved.setdefault(proposal, set()).add(by)
    admins = (
        {person.pk for person in User.objects.filter(role=User.Role.ADMIN, is_active=True)}
        if found
        else set()
    )
    for row in found:
        text = f"Not in iMIS: {words.plural(row['n'], 'entry', 'entries')} of “{row['proposal__title']}”"
        where = f"{reverse('outbox')}?tab=refused&proposal={row['proposal']}"
        for person in (approved.get(row["proposal"], set()) | admins) - {None}:
            yield Item(person, "refused", f"refused:{row['proposal']}:{row['problem']}", text, where)


def ended_jobs(now: datetime) -> Iterator[Item]:
    """Jobs a person asked for; of the schedule's own, those that failed."""
    over = JobRun.objects.filter(state__in=ENDED, finished_at__gt=now - RECENT)
    quiet = [run for run in over.order_by("pk") if run.requested_by_id or run.name in BY_ITSELF]
    admins = [person.pk for person in with_right("data.run")] if quiet else []
    for run in quiet:
        is_done = run.state == JobRun.State.DONE
        if is_done and not run.requested_by_id:
            continue
        text = f"{jobs.title(run.name)}: {'done' if is_done else 'failed'}"
        for person in [run.requested_by_id] if run.requested_by_id else admins:
            yield Item(
                person,
                "job",
                f"job:{run.pk}:{run.finished_at:%Y%m%dT%H%M%S}",
                text,
                reverse("job", args=[run.pk]),
            )


def late_feeds(now: datetime) -> Iterator[Item]:
    """For those who can do something about it."""
    fresh = mirror.freshness(now)
    if fresh.level not in ("late", "failed"):
        return
    since = fresh.as_of.isoformat() if fresh.as_of else "never"
    for person in with_right("data.run"):
        yield Item(
            person.pk, "feed", f"feed:{fresh.level}:{since}"[:120], fresh.sentence[:300], reverse("data")
        )


def waiting_notices(now: datetime) -> Iterator[Item]:
    """Change notifications of iMIS that nobody has followed up."""
    number, oldest = mirror.notices_before(now - PATIENCE)
    if not number or oldest is None:
        return
    since = words.moment(localtime(oldest), localtime(now))
    text = f"{words.plural(number, 'change')} told by iMIS not followed up, the first since {since}"
    for person in with_right("data.run"):
        yield Item(person.pk, "notice", f"notice:{localdate(now)}", text, reverse("data"))


def unclear_mail(now: datetime) -> Iterator[Item]:
    """Daily e-mails that nobody knows to have arrived: to each reader, and how many to administrators."""
    lost = Digest.objects.filter(state=Digest.State.UNKNOWN, claimed_at__gt=now - RECENT)
    by_day: dict[date, int] = {}
    for digest in lost.order_by("pk"):
        day = words.short_date(digest.on, localdate(now))
        text = f"Your e-mail of {day} may not have arrived. What waits stands on Today."
        yield Item(digest.person_id, "mail", f"digest:{digest.on}", text, reverse("home"))
        by_day[digest.on] = by_day.get(digest.on, 0) + 1
    for on, number in by_day.items():
        day = words.short_date(on, localdate(now))
        text = f"{words.plural(number, 'daily e-mail')} of {day} may not have arrived"
        for person in with_right("data.run"):
            yield Item(person.pk, "mail", f"digests:{on}:{number}", text, reverse("data"))


def lowered(now: datetime) -> Iterator[Item]:
    """Areas that left their third phase without a person: for their owners and for administrators."""
    alone = RolloutChange.objects.filter(
        state=RolloutChange.State.DONE,
        asked_by=None,
        to_level__lt=F("from_level"),
        decided_at__gt=now - RECENT,
    )
    for change in alone:
        area = AREAS.get(change.area)
        text = f"{area.label if area else change.area} left its third phase by itself: {change.reason}"
        roles = (*(area.owners if area else ()), User.Role.ADMIN)
        for person in User.objects.filter(is_active=True, is_auditor=False, role__in=roles):
            where = reverse("rollout_area", args=[change.area])
            yield Item(person.pk, "spike", f"lowered:{change.pk}", text, where)


def with_right(right: str):
    """Active people whose role carries the right."""
    return User.objects.filter(is_active=True, is_auditor=False, role__in=RIGHTS[right].roles).order_by("pk")


def _told(kind: str, key: str):
    return Notification.objects.filter(kind=kind, key=key).values("person")


OWN = (assigned, due_today, refused, ended_jobs, late_feeds, waiting_notices, unclear_mail, lowered)
