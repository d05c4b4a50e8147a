"""Dry run of the field mapping: what iMIS' first pages hold against the names in force. Stores nothing."""

import json
import sys
from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandParser

from imis_ai.imis.errors import ImisError
from imis_ai.imis.mapping import Check, MappingError
from imis_ai.mirror.tasks import check_mapping

BAD_INPUT, UNREACHABLE = 2, 4


class Command(BaseCommand):
    help = "Tries the field mapping on first pages. Exit codes: 0, 2 bad mapping, 4 unreachable."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, **options: object) -> None:
        try:
            checks = check_mapping()
        except (MappingError, ImisError) as problem:
            self.stderr.write(str(problem))
            sys.exit(BAD_INPUT if isinstance(problem, MappingError) else UNREACHABLE)
        if options["json"]:
            self.stdout.write(json.dumps({"feeds": [asdict(check) for check in checks]}, default=str))
        else:
            self.stdout.write("\n".join(line for check in checks for line in _lines(check)))
        if all(check.problem for check in checks):
            self.stderr.write(checks[0].problem)
            sys.exit(UNREACHABLE)


def _lines(check: Check) -> list[str]:
    """One feed in words."""
    lines = [f"{check.resource}: {check.path}, {check.rows:,} rows on the first page"]
    lines += [f"  {ours} has no column {theirs}" for ours, theirs in check.missing.items()]
    lines += [f"  column {name} is not read" for name in check.unused]
    lines += [
        f"  activity type {code} has no meaning yet ({n:,} rows)" for code, n in check.unknown_kinds.items()
    ]
    lines += [f"  refused: {reason}" for reason in check.rejects[:3]]
    return [*lines, f"  {check.problem}"] if check.problem else lines
