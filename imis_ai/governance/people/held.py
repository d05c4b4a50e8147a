"""What somebody holds now, and writing what they shall hold."""

from imis_ai.accounts import actions
from imis_ai.accounts.duties import Held
from imis_ai.accounts.models import User
from imis_ai.mirror import access
from imis_ai.mirror.actions import chapters as chapter_actions


def now_of(person: User) -> Held:
    codes = [chapter.code for chapter in access.chapters_for(person)]
    return Held(person.role, tuple(sorted(codes)), person.approval_limit, person.extras)


def write(*, person: User, after: Held) -> None:
    """Role, limit, extras and chapters as given; every session of the person ends."""
    actions.set_rights(
        person=person, role=after.role, approval_limit=after.approval_limit, extras=after.extras
    )
    chapter_actions.set_chapters(viewer=person, names=list(after.chapters))
