"""Which chapters a person may see."""

from django.db import transaction
from django.db.models import QuerySet
from guardian.shortcuts import assign_perm, remove_perm

from imis_ai.accounts.models import User
from imis_ai.mirror.access import SCOPED
from imis_ai.mirror.models import Chapter, ChapterGrant


class UnknownChapter(Exception):
    """A chapter that iMIS does not have."""


@transaction.atomic
def set_chapters(*, viewer: User, names: list[str]) -> list[str]:
    """Give exactly these chapters (code or name, any case); returns their codes. Raises UnknownChapter."""
    chapters = {
        key.lower(): chapter for chapter in Chapter.objects.all() for key in (chapter.code, chapter.name)
    }
    unknown = [name for name in names if name.lower() not in chapters]
    if unknown:
        known = (
            ", ".join(sorted({chapter.name for chapter in chapters.values()})) or "none yet; run sync first"
        )
        raise UnknownChapter(f"There is no chapter {unknown[0]!r}. Use one of: {known}.")
    wanted = {chapters[name.lower()] for name in names}
    for right in SCOPED.values():
        for chapter in {grant.content_object for grant in _grants(viewer, right)} - wanted:
            remove_perm(f"mirror.{right}", viewer, chapter)
        for chapter in wanted:
            assign_perm(f"mirror.{right}", viewer, chapter)
    return sorted(chapter.code for chapter in wanted)


def _grants(viewer: User, right: str) -> QuerySet[ChapterGrant]:
    return ChapterGrant.objects.filter(user=viewer, permission__codename=right).select_related(
        "content_object"
    )
