"""Loads a folder or zip of CSV files into the mirror, all of it or nothing."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from imis_ai.jobs.progress import SILENT
from imis_ai.mirror.actions import BadArchive, Busy, import_archive

BAD_INPUT, REFUSED = 2, 3


class Command(BaseCommand):
    help = "Loads a CSV archive. Exit codes: 0 done, 2 bad input (nothing changed), 3 iMIS is being read."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dir", metavar="DIR", help="the folder, or the zip file, that holds members.csv")
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, *, dir: str, **options: object) -> None:  # noqa: A002  the word in the command's help
        zone = ZoneInfo(settings.TIME_ZONE)
        try:
            result = import_archive(folder=Path(dir), zone=zone, now=timezone.now(), progress=SILENT)
        except BadArchive as problem:
            self._refuse(BAD_INPUT, problem.sentences, problem.count, options)
        except Busy as problem:
            self._refuse(REFUSED, [str(problem)], 1, options)
        else:
            self._report(asdict(result), options)

    def _refuse(self, code: int, sentences: list[str], count: int, options: dict) -> None:
        if options["json"]:
            self.stdout.write(json.dumps({"problems": sentences, "count": count}, ensure_ascii=False))
        self.stderr.write("\n".join(sentences))
        if code == BAD_INPUT:
            self.stderr.write(f"{count:,} problems. Nothing was changed.")
        sys.exit(code)

    def _report(self, result: dict, options: dict) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(result, ensure_ascii=False))
            return
        for note in result["notes"]:
            self.stderr.write(note)
        for file, counts in result["files"].items():
            self.stdout.write(f"{file:20}" + "  ".join(f"{n:,} {word}" for word, n in counts.items() if n))
