"""Drafts the messages of a night; nothing leaves before somebody approves it."""

import json
from collections import Counter

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from retention import actions


class Command(BaseCommand):
    help = "Drafts messages for members above the line, once for each occasion."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, **options: object) -> None:
        made = actions.draft_night(now=timezone.now())
        left_out = dict(Counter(why.rule for why in made.left_out.values()))
        if options["json"]:
            self.stdout.write(json.dumps({"drafted": len(made.drafts), "left_out": left_out}))
            return
        said = ", ".join(f"{n} by {rule}" for rule, n in left_out.items()) or "none"
        self.stdout.write(f"{len(made.drafts)} drafted; left out: {said}.")
