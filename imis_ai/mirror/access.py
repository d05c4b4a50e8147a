"""The door to member data: which members a person may see, and whose names. Pages and API start here."""

from django.db.models import QuerySet
from guardian.shortcuts import get_objects_for_user

from imis_ai.accounts.models import User
from imis_ai.mirror.models import Chapter, Member

ALL_MEMBERS = {User.Role.MEMBERSHIP, User.Role.FINANCE, User.Role.ADMIN}
NAMES = {User.Role.MEMBERSHIP, User.Role.FINANCE, User.Role.CHAPTER}


def members(viewer: User) -> QuerySet[Member]:
    """Members alive in iMIS whom the viewer may see; none for executives, strangers and disabled accounts."""
    alive = Member.objects.filter(gone_at=None)
    if not viewer.is_authenticated or not viewer.is_active:
        return alive.none()
    if viewer.role in ALL_MEMBERS:
        return alive
    if viewer.role == User.Role.CHAPTER:
        return alive.filter(chapter__in=[chapter.code for chapter in chapters_for(viewer)])
    return alive.none()


def chapters_for(viewer: User) -> QuerySet[Chapter]:
    """Chapters given to the viewer one by one. Neither a model-wide right nor being a superuser counts."""
    if not viewer.is_authenticated or not viewer.is_active:
        return Chapter.objects.none()
    return get_objects_for_user(
        viewer,
        "mirror.view_chapter_members",
        klass=Chapter,
        accept_global_perms=False,
        with_superuser=False,
    )


def sees_names(viewer: User) -> bool:
    """Administrators keep the machine running and executives read totals: neither sees who is who."""
    return viewer.is_authenticated and viewer.is_active and viewer.role in NAMES
