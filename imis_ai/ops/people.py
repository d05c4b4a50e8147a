"""Making a login: name, role, chapters, password."""

from decimal import Decimal

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from imis_ai.accounts import actions as account_actions
from imis_ai.accounts import duties
from imis_ai.accounts.models import User
from imis_ai.mirror.actions import chapters as chapter_actions

LIMITS = {"finance": "250.00"}  # what a role may approve alone unless told otherwise


class BadPerson(Exception):
    """The login cannot be made as asked; the text says what to change."""


@transaction.atomic
def create(
    *,
    username: str,
    role: str,
    password: str,
    chapters: list[str],
    full_name: str = "",
    email: str = "",
    limit: Decimal | None = None,
    extras: tuple[str, ...] = (),
) -> User:
    """A new login. Chapter managers need chapters, nobody else has any. Raises BadPerson, keeping nothing.

    This is how the first two administrators come; everybody else is invited on the page People and rights.
    """
    if role not in User.Role.values:
        raise BadPerson(f"There is no role {role!r}. Use one of: {', '.join(User.Role.values)}.")
    if User.objects.filter(username__iexact=username).exists():
        raise BadPerson(f"There is a login {username!r} already. Choose another name.")
    limit = Decimal(LIMITS.get(role, 0)) if limit is None else limit
    problems = duties.clashes(duties.Held(role, tuple(chapters), limit, extras))
    if problems:
        raise BadPerson(" ".join(problems))
    first, _, last = full_name.partition(" ")
    user = User(username=username, role=role, first_name=first, last_name=last, email=email)
    try:
        user.full_clean(exclude=["password"])
        validate_password(password, user)
        user.set_password(password)
        user.save()
        account_actions.set_rights(person=user, role=role, approval_limit=limit, extras=extras)
        if chapters:
            chapter_actions.set_chapters(viewer=user, names=chapters)
    except ValidationError as problem:
        raise BadPerson(" ".join(problem.messages)) from None
    except chapter_actions.UnknownChapter as problem:
        raise BadPerson(str(problem)) from None
    return user


def role_word(role: str) -> str:
    return User.Role(role).label
