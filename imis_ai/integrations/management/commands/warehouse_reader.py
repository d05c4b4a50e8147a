"""Lets a database role read the schema `export` with the reach of one person, or ends that."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from imis_ai.accounts.models import User
from imis_ai.governance.refusals import Blocked, NotAllowed
from imis_ai.integrations.actions import readers


class Command(BaseCommand):
    help = "Let a PostgreSQL role read the views of the schema export as one person, or end it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", help="an existing PostgreSQL role of its own, not that of the product")
        parser.add_argument("--as", dest="person", default="", help="whose rights apply: name for signing in")
        parser.add_argument("--end", action="store_true", help="it reads nothing any more")

    def handle(self, *args: Any, **options: Any) -> None:
        role, now = options["role"], timezone.now()
        if options["end"]:
            ended = readers.end(db_role=role, now=now)
            print(f"{role} reads nothing any more." if ended else f"{role} was no reader.")
            return
        person = User.objects.filter(username=options["person"], is_active=True).first()
        if person is None:
            self._end(2, f"Nobody active signs in as {options['person']!r}. Give --as another name.")
        try:
            readers.let_read(db_role=role, person=person, now=now)
        except Blocked as refusal:
            self._end(2, str(refusal))
        except NotAllowed as refusal:
            self._end(3, str(refusal))
        print(f"{role} reads the schema export as {person}.")

    def _end(self, code: int, sentence: str) -> None:
        print(sentence, file=sys.stderr)
        sys.exit(code)
