"""Publishes the call list of the period, as the night does, and says how it stands."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from retention import actions
from retention.management.commands._answer import ModelCommand
from retention.queries import calls


class Command(ModelCommand):
    help = "Publishes the call list of the period if it is not there yet. Exit codes: 0 done."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, **options: Any) -> None:
        now = timezone.now()
        new = actions.plan_calls(now=now)
        figures = {"new": new} | calls.standing(today=timezone.localdate(now))
        text = (
            f"{new} calls published. Since {figures['period'] or 'never'}: {figures['done']} of "
            f"{figures['total']} done, the list holds {figures['capacity']}."
        )
        self.say(text, figures, options)
