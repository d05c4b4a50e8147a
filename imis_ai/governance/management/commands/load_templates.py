"""Puts the texts that come with the product before staff."""

import json

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from imis_ai.governance.messages import defaults


class Command(BaseCommand):
    help = "Adds the shipped texts that are missing. They wait for a person's approval."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, **options: object) -> None:
        waiting = [version.template.name for version in defaults.load(now=timezone.now())]
        if options["json"]:
            self.stdout.write(json.dumps({"added": waiting}))
        else:
            self.stdout.write(f"{len(waiting)} texts wait for approval: {', '.join(waiting) or 'none new'}.")
