"""The door to member data: which members a person may see, and whose names. Pages and API start here."""

from collections.abc import Collection

from django.db.models import Exists, F, OuterRef, QuerySet, Value
from guardian.shortcuts import get_objects_for_user

from imis_ai.accounts.models import User
from imis_ai.mirror.models import Chapter, ChapterGrant, Member, Tier

ALL_MEMBERS = {User.Role.MEMBERSHIP, User.Role.FINANCE, User.Role.ADMIN}
SCOPED = {"view": "view_chapter_members", "draft": "draft_chapter_work", "approve": "approve_chapter_work"}
NAMES = {User.Role.MEMBERSHIP, User.Role.FINANCE, User.Role.CHAPTER}


def members(viewer: User, chapters: Collection[str] | QuerySet | None = None) -> QuerySet[Member]:
    """Members alive in iMIS whom the viewer may see; none for executives, strangers and disabled accounts.

    `chapters` are the codes of `chapters_for(viewer)` where the caller has asked for them already.
    """
    alive = Member.objects.filter(gone_at=None)
    if not viewer.is_authenticated or not viewer.is_active:
        return alive.none()
    if viewer.role in ALL_MEMBERS or viewer.is_auditor:
        return alive
    if viewer.role == User.Role.CHAPTER:
        return alive.filter(chapter__in=own_chapters(viewer) if chapters is None else chapters)
    return alive.none()


def own_chapters(viewer: User) -> list[str]:
    """Codes of the chapters whose members a chapter manager sees. One query."""
    return [chapter.code for chapter in chapters_for(viewer)]


def numbers(viewer: User) -> QuerySet:
    """Numbers of a chapter manager's members, to look within: no query of its own."""
    return members(viewer, chapters_for(viewer).values("code")).values("imis_id")


def chapters_for(viewer: User, action: str = "view") -> QuerySet[Chapter]:
    """Chapters given to the viewer one by one, to "view", "draft" or "approve": the one reader.

    Neither a model-wide right, nor a group, nor being a superuser counts.
    """
    if not viewer.is_authenticated or not viewer.is_active or viewer.role != User.Role.CHAPTER:
        return Chapter.objects.none()
    return get_objects_for_user(
        viewer,
        SCOPED[action],  # without the app, which klass tells: with it guardian asks for the content type
        klass=Chapter,
        use_groups=False,
        accept_global_perms=False,
        with_superuser=False,
    )


def chapters_by_person() -> dict[int, list[Chapter]]:
    """Chapters of everybody who has some, by the person's id; for the page on people and rights."""
    grants = ChapterGrant.objects.filter(permission__codename=SCOPED["view"]).select_related("content_object")
    found: dict[int, list[Chapter]] = {}
    for grant in grants.order_by("content_object__name"):
        found.setdefault(grant.user_id, []).append(grant.content_object)
    return found


def choices(seen: QuerySet[Member]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Tiers by rank and chapters by name (code, name) that any of these members has. One query."""
    found = sorted(_tiers(seen).union(_chapters(seen)))
    return _of_kind(found, 0), _of_kind(found, 1)


def choices_and_states(
    seen: QuerySet[Member],
) -> tuple[list[tuple[str, str]], list[tuple[str, str]], list[str]]:
    """The same with every status that any of them has. One query."""
    states = seen.exclude(status="").order_by().annotate(kind_of=Value(2), place=Value(0)).distinct()
    states = states.values_list("kind_of", "place", "status", "status")
    found = sorted(_tiers(seen).union(_chapters(seen), states))
    return _of_kind(found, 0), _of_kind(found, 1), [status for status, _ in _of_kind(found, 2)]


def _tiers(seen: QuerySet[Member]) -> QuerySet:
    rows = Tier.objects.filter(Exists(seen.filter(tier=OuterRef("pk"))))
    return rows.annotate(kind_of=Value(0), place=F("rank")).values_list("kind_of", "place", "name", "code")


def _chapters(seen: QuerySet[Member]) -> QuerySet:
    rows = Chapter.objects.filter(Exists(seen.filter(chapter=OuterRef("pk"))))
    return rows.annotate(kind_of=Value(1), place=Value(0)).values_list("kind_of", "place", "name", "code")


def _of_kind(found: list[tuple], kind: int) -> list[tuple[str, str]]:
    return [(code, name) for number, _, name, code in found if number == kind]


def chapter_names() -> dict[str, str]:
    """Name by code."""
    return dict(Chapter.objects.order_by("name").values_list("code", "name"))


def sees_names(viewer: User) -> bool:
    """Administrators keep the machine running and executives read totals: neither sees who is who."""
    return viewer.is_authenticated and viewer.is_active and viewer.role in NAMES and not viewer.is_auditor
