"""Scores every active member as of a day, stores the scores and publishes them."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from imis_ai.jobs import terminal
from imis_ai.registry.artefact import Refused
from imis_ai.registry.queries import NoModel
from retention.management.commands._answer import ModelCommand


class Command(ModelCommand):
    help = "Scores active members as of the day. Exit codes: 0 done, 2 bad input (nothing changed)."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--as-of", metavar="YYYY-MM-DD", help="today when left out; shown on the pages then"
        )

    def handle(self, **options: Any) -> None:
        self.check_name(options)
        day = self.day("--as-of", options["as_of"], options)
        try:
            run = terminal.run(
                name="retention.score",
                args={"as_of": day.isoformat(), "backfill": day != timezone.localdate()},
                now=timezone.now(),
            )
        except (NoModel, Refused) as problem:
            self.refuse(str(problem), options)
        figures = {
            "as_of": run.as_of.isoformat(),
            "model": f"{run.model_name} {run.model_version}",
            "scored": run.scored,
            "abstained": run.abstained,
            "is_current": run.is_current,
        }
        text = f"{run.as_of}: {run.scored:,} members scored by {figures['model']}, {run.abstained:,} not."
        self.say(text, figures, options)
