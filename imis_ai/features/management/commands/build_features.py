"""Computes and stores all features as of a day."""

import json
import sys
from datetime import date

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from imis_ai.features.actions import Empty
from imis_ai.features.models import Snapshot
from imis_ai.jobs import terminal

BAD_INPUT = 2


class Command(BaseCommand):
    help = (
        "Computes features from rows dated before the day. Exit codes: 0 done, 2 bad input (nothing changed)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as-of", metavar="YYYY-MM-DD", help="today when left out")
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, *, as_of: str | None, **options: object) -> None:
        try:
            day = _day(as_of)
            snapshot = terminal.run(
                name="features.build", args={"as_of": day.isoformat()}, now=timezone.now()
            )
        except (ValueError, Empty) as problem:
            self._refuse(str(problem), options)
        else:
            self._report(snapshot, options)

    def _refuse(self, text: str, options: dict) -> None:
        if options["json"]:
            self.stdout.write(json.dumps({"problem": text}))
        self.stderr.write(text)
        sys.exit(BAD_INPUT)

    def _report(self, snapshot: Snapshot, options: dict) -> None:
        covered = dict(snapshot.columns.values_list("name", "covered"))
        empty = sorted(name for name, number in covered.items() if not number)
        if options["json"]:
            figures = {
                "as_of": snapshot.as_of.isoformat(),
                "members": snapshot.members,
                "version": snapshot.version,
            }
            self.stdout.write(json.dumps(figures | {"features": len(covered), "not_available": empty}))
            return
        self.stdout.write(f"{snapshot.as_of}: {snapshot.members:,} members, {len(covered)} features.")
        if empty:
            self.stdout.write(
                f"Not available, since iMIS holds nothing to compute them from: {', '.join(empty)}."
            )


def _day(text: str | None) -> date:
    today = timezone.localdate()
    try:
        day = date.fromisoformat(text) if text else today
    except ValueError:
        raise ValueError(f"--as-of: {text!r} is no date. Write one like {today.isoformat()}.") from None
    if day > today:
        raise ValueError(f"--as-of: {text} is in the future. Use {today.isoformat()} or an earlier day.")
    return day
