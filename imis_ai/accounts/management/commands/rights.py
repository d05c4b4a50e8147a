"""Shows who may do what, or writes docs/rights.md."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from imis_ai.accounts import table
from imis_ai.accounts.rights import RIGHTS

PAGE = Path("docs/rights.md")


class Command(BaseCommand):
    help = "Show the table of rights; --write puts it into docs/rights.md."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["write"]:
            (settings.BASE_DIR / PAGE).write_text(table.markdown())
        if options["json"]:
            print(json.dumps({name: entry._asdict() for name, entry in RIGHTS.items()}))
        else:
            print(f"{PAGE} is written." if options["write"] else table.markdown())
