"""Writes the tables of a warehouse into a folder, as one person may see them."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from imis_ai.accounts.models import User
from imis_ai.governance.refusals import NotAllowed
from imis_ai.integrations.actions import exports
from imis_ai.integrations.warehouse.dump import FORMS

BAD_INPUT, REFUSED = 2, 3


class Command(BaseCommand):
    help = "Export members, scores, proposals, decisions and write-backs for a warehouse or a BI tool."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as", dest="person", required=True, help="whose rights apply")
        parser.add_argument("--to", required=True, help="a folder; files of the same name are replaced")
        parser.add_argument("--format", dest="form", choices=FORMS, default="parquet")
        parser.add_argument("--without-names", action="store_true", help="leave personal columns empty")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["person"], is_active=True).first()
        if person is None:
            self._end(BAD_INPUT, f"Nobody active signs in as {options['person']!r}. Give --as another name.")
        folder = Path(options["to"])
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            self._end(BAD_INPUT, f"{folder} cannot be written ({problem.strerror}). Choose another folder.")
        try:
            rows = exports.write_folder(
                folder=folder,
                form=options["form"],
                by=person,
                now=timezone.now(),
                with_names=not options["without_names"],
            )
        except NotAllowed as refusal:
            self._end(REFUSED, str(refusal))
        if options["json"]:
            print(json.dumps({"folder": str(folder), "format": options["form"], "rows": rows}))
            return
        for name, number in rows.items():
            print(f"{name}.{options['form']}: {number:,} rows")

    def _end(self, code: int, sentence: str) -> None:
        print(sentence, file=sys.stderr)
        sys.exit(code)
