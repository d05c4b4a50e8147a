"""Making a login: name, role, chapters, password."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.mirror.actions import chapters as chapter_actions


class BadPerson(Exception):
    """The login cannot be made as asked; the text says what to change."""


@transaction.atomic
def create(*, username: str, role: str, password: str, chapters: list[str], full_name: str = "") -> User:
    """A new login. Chapter managers need chapters, nobody else has any. Raises BadPerson, keeping nothing."""
    if role not in User.Role.values:
        raise BadPerson(f"There is no role {role!r}. Use one of: {', '.join(User.Role.values)}.")
    if User.objects.filter(username__iexact=username).exists():
        raise BadPerson(f"There is a login {username!r} already. Choose another name.")
    if chapters and role != User.Role.CHAPTER:
        raise BadPerson("Chapters belong to chapter managers. Use --role chapter, or leave --chapters out.")
    if role == User.Role.CHAPTER and not chapters:
        raise BadPerson("A chapter manager without chapters would see nobody. Name them with --chapters.")
    first, _, last = full_name.partition(" ")
    user = User(username=username, role=role, first_name=first, last_name=last)
    try:
        user.full_clean(exclude=["password"])
        validate_password(password, user)
        user.set_password(password)
        user.save()
        if chapters:
            chapter_actions.set_chapters(viewer=user, names=chapters)
    except ValidationError as problem:
        raise BadPerson(" ".join(problem.messages)) from None
    except chapter_actions.UnknownChapter as problem:
        raise BadPerson(str(problem)) from None
    return user


def role_word(role: str) -> str:
    return User.Role(role).label
