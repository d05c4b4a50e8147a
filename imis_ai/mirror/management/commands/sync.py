"""Reads iMIS into the mirror, like the button on Data and sync."""

import json
import sys
from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from imis_ai.imis.errors import ImisError
from imis_ai.imis.mapping import MappingError
from imis_ai.imis.resources import RESOURCES
from imis_ai.jobs import terminal
from imis_ai.mirror.actions import Busy, LeaseLost, SyncResult, UnknownFeed
from imis_ai.mirror.permission import NotSigned

BAD_INPUT, REFUSED, UNREACHABLE = 2, 3, 4
WEEK = 7 * 24 * 60  # minutes: nobody kills a command after an hour


class Command(BaseCommand):
    help = "Reads what changed in iMIS. Exit codes: 0, 2 bad input, 3 refused by a rule, 4 unreachable."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--full", action="store_true", help="read everything again and compare all ids")
        parser.add_argument("--resource", metavar="R", help=f"one feed only: {', '.join(RESOURCES)}")
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, *, full: bool, resource: str | None, **options: object) -> None:
        args = {"full": full, "most_minutes": WEEK} | ({"resource": resource} if resource else {})
        try:
            result = terminal.run(name="mirror.sync", args=args, now=timezone.now())
        except (UnknownFeed, MappingError) as problem:
            self._end(BAD_INPUT, str(problem), options)
        except (Busy, LeaseLost, NotSigned) as problem:
            self._end(REFUSED, str(problem), options)
        except ImisError as problem:
            self._end(UNREACHABLE, str(problem), options)
        else:
            if result is None:
                self._end(REFUSED, "Another process has taken this run over; follow it on its page.", options)
            self._report(result, options)

    def _report(self, result: SyncResult, options: dict) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(asdict(result)))
        else:
            for feed in result.feeds:
                self.stdout.write(_line(feed))
        if result.problem:
            self.stderr.write(result.problem)
        if result.problem or len(result.failed) == len(result.feeds) > 0:
            sys.exit(UNREACHABLE)

    def _end(self, code: int, text: str, options: dict) -> None:
        if options["json"]:
            self.stdout.write(json.dumps({"problem": text}))
        self.stderr.write(text)
        sys.exit(code)


def _line(feed: object) -> str:
    text = f"{feed.name:18}{feed.rows:>9,} rows {feed.inserted:>9,} new {feed.changed:>7,} changed"
    for count, word in ((feed.refused, "refused"), (feed.gone, "gone")):
        text += f" {count:,} {word}" if count else ""
    return f"{text}  {feed.problem}" if feed.problem else text
