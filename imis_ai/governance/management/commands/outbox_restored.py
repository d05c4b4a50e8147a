"""To be run once after a database backup was restored, before the workers start."""

import json

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from imis_ai.governance.outbox.restored import mark_restored


class Command(BaseCommand):
    help = "Marks everything that waits to be sent as unknown: it is looked for in iMIS first. Exit code 0."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, **options: object) -> None:
        found = mark_restored(now=timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps({"marked": found}))
        else:
            self.stdout.write(f"{found:,} messages are looked for in iMIS before they are sent.")
