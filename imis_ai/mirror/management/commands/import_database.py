"""Reads the database of iMIS into the mirror, all of it or nothing, and never writes to it."""

import json
import sys
from dataclasses import asdict
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from imis_ai.imis.errors import ImisError, NotConfigured, Unreachable
from imis_ai.jobs.progress import SILENT
from imis_ai.mirror.actions import BadArchive, Busy, import_database

BAD_INPUT, REFUSED, UNREACHABLE = 2, 3, 4


class Command(BaseCommand):
    help = (
        "Reads the tables of IMIS_DATABASE_URL. Exit codes: 0 done, 2 bad input (nothing changed), 3 "
        "refused, 4 the database does not answer."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, **options: object) -> None:
        try:
            result = import_database(
                url=settings.IMIS_DATABASE_URL,
                names=settings.IMIS_DATABASE_FILE,
                zone=ZoneInfo(settings.TIME_ZONE),
                now=timezone.now(),
                progress=SILENT,
            )
        except (BadArchive, NotConfigured) as problem:
            self._refuse(BAD_INPUT, problem)
        except Unreachable as problem:
            self._refuse(UNREACHABLE, problem)
        except (Busy, ImisError) as problem:
            self._refuse(REFUSED, problem)
        else:
            self._report(asdict(result), options)

    def _refuse(self, code: int, problem: Exception) -> None:
        self.stderr.write(str(problem))
        sys.exit(code)

    def _report(self, result: dict, options: dict) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(result, ensure_ascii=False))
            return
        for note in result["notes"]:
            self.stderr.write(note)
        for file, counts in result["files"].items():
            self.stdout.write(f"{file:20}" + "  ".join(f"{n:,} {word}" for word, n in counts.items() if n))
