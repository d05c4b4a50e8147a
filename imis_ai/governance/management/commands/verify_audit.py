"""Checks that the audit log is whole."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from imis_ai.jobs import terminal

BROKEN = 3


class Command(BaseCommand):
    help = "Checks every entry, detail and seal of the audit log. Exit codes: 0 whole, 3 broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = terminal.run(name="audit.verify", now=timezone.now())
        self.stdout.write(json.dumps(verdict.as_json()) if options["json"] else verdict.sentence)
        if not verdict.is_whole:
            sys.exit(BROKEN)
