"""Who belongs to which chapter and serves on which committee: rows as they stand. Reads only."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from imis_ai.mirror.models import CommitteeRole, Member, Term


@dataclass(frozen=True)
class Belongs:
    """A current member and the chapter."""

    member: int
    pseudonym: str
    chapter: str


@dataclass(frozen=True)
class Served:
    """One role on a committee; `ended_on` is None while it lasts."""

    member: int
    committee: str
    role: str
    ended_on: date | None


def in_chapters(*, today: date) -> list[Belongs]:
    """Members alive whose term covers the day or ended within grace, with a chapter."""
    since = today - timedelta(days=settings.GRACE_DAYS)
    terms = Term.objects.filter(
        member=OuterRef("pk"), start_on__lte=today, end_on__gte=since, resigned_on=None
    )
    rows = Member.objects.filter(Exists(terms), gone_at=None).exclude(chapter=None).order_by("pk")
    return [
        Belongs(pk, str(pseudonym), chapter)
        for pk, pseudonym, chapter in rows.values_list("pk", "pseudonym", "chapter_id")
    ]


def served(*, members: Collection[int], today: date, since: date) -> list[Served]:
    """Roles that last or ended in these days, oldest first."""
    rows = CommitteeRole.objects.filter(member__in=members, start_on__lte=today)
    rows = rows.filter(Q(end_on=None) | Q(end_on__gte=since)).order_by("start_on", "pk")
    return [
        Served(
            row.member_id, row.committee, row.role, row.end_on if row.end_on and row.end_on < today else None
        )
        for row in rows
    ]
