"""Prints the card of the live model in Markdown, for the documentation."""

from typing import Any

from imis_ai.registry import queries as registry
from retention.management.commands._answer import ModelCommand
from retention.queries import model_card


class Command(ModelCommand):
    help = "Prints the live model's card in Markdown. Exit codes: 0 done, 2 no live model."

    def handle(self, **options: Any) -> None:
        self.check_name(options)
        try:
            model = registry.live(options["name"])
        except registry.NoModel as problem:
            self.refuse(str(problem), options)
        said = model_card.text(model)
        self.say(said, {"name": model.name, "version": model.version, "card": said}, options)
