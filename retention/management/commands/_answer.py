"""What the commands of retention share: reading a date, answering in text or JSON, refusing."""

import json
import sys
from datetime import date
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

BAD_INPUT = 2


class ModelCommand(BaseCommand):
    """A command about one model by name, with `--json`. Subclasses answer through `say` and `refuse`."""

    models = ("churn",)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help=f"the model: {', '.join(self.models)}")
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def check_name(self, options: dict[str, Any]) -> None:
        if options["name"] not in self.models:
            self.refuse(
                f"There is no model {options['name']!r}. Use one of: {', '.join(self.models)}.", options
            )

    def day(self, flag: str, text: str | None, options: dict[str, Any]) -> date:
        """The date given, or today. A wrong one ends the command."""
        today = timezone.localdate()
        try:
            found = today if text is None else date.fromisoformat(text)
        except ValueError:
            self.refuse(f"{flag}: {text!r} is no date. Write one like {today.isoformat()}.", options)
        if found > today:
            self.refuse(
                f"{flag}: {text} is in the future. Use {today.isoformat()} or an earlier day.", options
            )
        return found

    def refuse(self, text: str, options: dict[str, Any]) -> NoReturn:
        if options["json"]:
            self.stdout.write(json.dumps({"problem": text}))
        self.stderr.write(text)
        sys.exit(BAD_INPUT)

    def say(self, text: str, figures: dict[str, Any], options: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(figures) if options["json"] else text)
