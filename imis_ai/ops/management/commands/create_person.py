"""Makes a login."""

import getpass
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from imis_ai.accounts.models import User
from imis_ai.ops import people


class Command(BaseCommand):
    help = (
        "Make a login with a role. The password comes from a prompt or a file, never from the command line."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", required=True, help=", ".join(User.Role.values))
        parser.add_argument(
            "--chapters", default="", help="codes or names, comma between; for chapter managers"
        )
        parser.add_argument("--name", default="", help="as colleagues see it")
        parser.add_argument("--email", default="", help="for invitations and for signing in elsewhere")
        parser.add_argument("--limit", type=Decimal, help="money this person may approve alone")
        parser.add_argument("--password-file", type=Path)
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        chapters = [name.strip() for name in options["chapters"].split(",") if name.strip()]
        try:
            person = people.create(
                username=options["username"],
                role=options["role"],
                password=_password(options["password_file"]),
                chapters=chapters,
                full_name=options["name"],
                email=options["email"],
                limit=options["limit"],
            )
        except people.BadPerson as problem:
            print(problem, file=sys.stderr)
            sys.exit(2)
        made = {"username": person.username, "role": person.role, "chapters": chapters}
        print(
            json.dumps(made)
            if options["json"]
            else f"{person.username} can sign in ({person.get_role_display()})."
        )


def _password(file: Path | None) -> str:
    if file:
        try:
            return file.read_text().rstrip("\n")
        except (OSError, UnicodeDecodeError):
            raise people.BadPerson(
                f"{file} cannot be read. Name a text file that holds the password."
            ) from None
    if not sys.stdin.isatty():
        raise people.BadPerson("There is no terminal to ask for the password. Use --password-file.")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("The same again: "):
        raise people.BadPerson("The two passwords differ. Start again.")
    return password
