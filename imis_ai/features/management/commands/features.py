"""Lists every feature in plain words."""

import json
from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandParser

from imis_ai.features.queries import Entry, catalogue


class Command(BaseCommand):
    help = "The catalogue: meaning, unit, source, window, missing values, coverage, and where it is used."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, **options: object) -> None:
        entries = catalogue()
        if options["json"]:
            self.stdout.write(
                json.dumps({"features": [asdict(entry) for entry in entries]}, ensure_ascii=False)
            )
            return
        for entry in entries:
            self.stdout.write(f"{entry.name:45} {_coverage(entry):>13}  {entry.meaning} ({entry.unit})")


def _coverage(entry: Entry) -> str:
    return f"{entry.coverage:.0%}" if entry.coverage else entry.status
