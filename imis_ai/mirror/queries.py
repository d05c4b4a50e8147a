"""Reads of the mirror for pages, jobs and other apps. What a viewer may see comes from `mirror.access`."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, Max, Min, Q, QuerySet

from imis_ai.mirror import kept
from imis_ai.mirror.models import (
    Change,
    DirtyMember,
    EnteredChange,
    Feed,
    FieldSwitch,
    Lease,
    Member,
    MemberAlias,
    Notice,
    ProgrammeChange,
    Reject,
)

CHANGE_KINDS = EnteredChange.Kind.choices
SYNC_INTERVAL = timedelta(days=1)
LATE = 1.5  # times the interval
STALE = timedelta(days=3)


@dataclass(frozen=True)
class Freshness:
    """How old the mirror is. `level`: fresh, late, failed or never; `as_of`: the oldest feed's success.

    `data` is the version of what it holds, for figures that are kept; empty before the first reading.
    """

    level: str
    as_of: datetime | None
    sentence: str
    data: str = ""


def feeds() -> QuerySet[Feed]:
    """All feeds by name, with `refused`: rows that could not be stored and are not ignored."""
    return Feed.objects.order_by("name")


def refused_by_feed() -> dict[str, int]:
    """Number of open rejects per feed."""
    counted = Reject.objects.filter(is_ignored=False).values("feed").annotate(n=Count("pk")).order_by()
    return {row["feed"]: row["n"] for row in counted}


def rejects(feed: str | None = None) -> QuerySet[Reject]:
    """Open rejects, newest first."""
    found = Reject.objects.filter(is_ignored=False).order_by("-last_seen_at", "-pk")
    return found.filter(feed=feed) if feed else found


def freshness(now: datetime) -> Freshness:
    """One verdict over all feeds in use, for the top of every page."""
    used = list(Feed.objects.filter(is_paused=False).exclude(last_try_at=None).annotate(data=kept.version()))
    if not used:
        return Freshness("never", None, "iMIS has not been read yet.")
    return replace(_verdict(used, now), data=used[0].data)


def _verdict(used: list[Feed], now: datetime) -> Freshness:
    never = [feed.name for feed in used if feed.last_success_at is None]
    if never:
        return Freshness("failed", None, f"Never read completely: {', '.join(sorted(never))}.")
    oldest = min(used, key=lambda feed: feed.last_success_at)
    age = now - oldest.last_success_at
    held = [feed.name for feed in used if feed.health == Feed.Health.HELD]
    if held:
        return Freshness(
            "failed", oldest.last_success_at, f"Held until a person looks: {', '.join(sorted(held))}."
        )
    if age > STALE:
        return Freshness(
            "failed", oldest.last_success_at, f"{oldest.name} was last read {age.days} days ago."
        )
    if age > SYNC_INTERVAL * LATE:
        return Freshness(
            "late", oldest.last_success_at, f"{oldest.name} was last read {_hours(age)} hours ago."
        )
    return Freshness("fresh", oldest.last_success_at, "Every feed was read within its interval.")


def member_ids_by_pseudonym(only: Collection[int] | None = None) -> dict[UUID, int]:
    """Primary keys of members alive in iMIS, `only` these or all, by the identity that models use."""
    found = Member.objects.filter(gone_at=None)
    if only is not None:
        found = found.filter(pk__in=only)
    return dict(found.values_list("pseudonym", "id"))


def member_ids(pseudonyms: Collection[str]) -> list[int]:
    """Primary keys of these members, those that are gone too."""
    return list(Member.objects.filter(pseudonym__in=pseudonyms).values_list("id", flat=True))


def have_changed(pseudonyms: Collection[str]) -> bool:
    """Whether the mirror holds anything newer about these members than their last scoring."""
    return DirtyMember.objects.filter(member__pseudonym__in=pseudonyms).exists()


def pseudonym_of(*, imis_id: str) -> str:
    """The member's pseudonym as text; empty for whom the mirror does not hold."""
    found = Member.objects.filter(imis_id=imis_id).values_list("pseudonym", flat=True).first()
    return str(found or "")


def imis_ids_by_pseudonym() -> dict[UUID, str]:
    """iMIS ids by pseudonym, for outputs that staff read, such as a predictions file."""
    return dict(Member.objects.filter(gone_at=None).values_list("pseudonym", "imis_id"))


def dirty_members(before: datetime) -> list[int]:
    """Primary keys of members whose data changed up to `before`, the latest first."""
    return list(
        DirtyMember.objects.filter(since__lte=before).order_by("-since").values_list("member_id", flat=True)
    )


def newest_change() -> datetime | None:
    """When the data of a member last changed, among those not scored since."""
    return DirtyMember.objects.aggregate(newest=Max("since"))["newest"]


def write_number() -> int:
    """Rises with every writing that changed dated rows; kept beside what is computed from the mirror."""
    return Lease.objects.aggregate(newest=Max("writes"))["newest"] or 0


def changes(*, after: int) -> list[tuple[date, int]]:
    """Writings after a write number: the day from which on rows are different, and the number."""
    return list(Change.objects.filter(write__gt=after).values_list("since", "write"))


def programme_changes() -> QuerySet[ProgrammeChange]:
    """Dated changes that trend charts mark, newest first."""
    return ProgrammeChange.objects.order_by("-on", "what")


def dated_changes(*, since: date, until: date) -> list[tuple[date, str]]:
    """Every change of the programme in that time, entered here or read with the data, oldest first."""
    read = ProgrammeChange.objects.filter(on__range=(since, until)).order_by().values_list("on", "what")
    entered = changes_entered().filter(on__range=(since, until)).order_by().values_list("on", "what")
    return sorted(read.union(entered))


def changes_entered(*, after: datetime | None = None) -> QuerySet[EnteredChange]:
    """Changes that staff entered, newest day first; `after`: only those entered later than then."""
    found = EnteredChange.objects.filter(removed_at=None).order_by("-on", "-pk")
    return found.filter(entered_at__gt=after) if after else found


def fields_off() -> dict[str, frozenset[str]]:
    """Fields that a person switched off, by feed."""
    found: dict[str, frozenset[str]] = {}
    for feed, name in FieldSwitch.objects.values_list("feed", "field"):
        found[feed] = found.get(feed, frozenset()) | {name}
    return found


def has_members() -> bool:
    return Member.objects.filter(gone_at=None).exists()


def open_notices() -> int:
    """Change notifications that are still to be followed up."""
    return Notice.objects.filter(handled_at=None).count()


def notices_before(moment: datetime) -> tuple[int, datetime | None]:
    """How many change notifications from before this moment wait, and since when the first of them."""
    waiting = Notice.objects.filter(handled_at=None, received_at__lt=moment)
    found = waiting.aggregate(n=Count("pk"), first=Min("received_at"))
    return found["n"], found["first"]


def totals() -> dict[str, int]:
    """Members alive, gone and all, for the data page."""
    return Member.objects.aggregate(
        alive=Count("pk", filter=Q(gone_at=None)), gone=Count("pk", filter=~Q(gone_at=None)), all=Count("pk")
    )


def _hours(age: timedelta) -> int:
    return round(age.total_seconds() / 3600)


def merged_into(imis_id: str) -> str:
    """The contact that this one lives on in, or empty when it was not merged away."""
    found = MemberAlias.objects.filter(imis_id=imis_id).values_list("retained_imis_id", flat=True).first()
    return found or ""
