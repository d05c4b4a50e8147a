"""Worker, dispatcher and schedule of one machine, until stopped."""

import sys
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from imis_ai.ops import processes


class Command(BaseCommand):
    help = "Run workers, dispatcher and beat; restart what crashes. Containers run each of them on its own."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concurrency", type=int, default=2)

    def handle(self, *args: Any, **options: Any) -> None:
        def say(line: str) -> None:
            print(line, file=sys.stderr, flush=True)

        logs = settings.VAR_DIR / "logs"
        with (
            suppress(KeyboardInterrupt),
            processes.stoppable(),
            processes.Supervisor(logs=logs, say=say) as group,
        ):
            group.start(processes.worker(options["concurrency"]))
            group.start(processes.quick_worker())
            group.start(processes.dispatcher())
            group.start(processes.beat())
            say("Workers, dispatcher and beat are running. Ctrl-C stops them.")
            group.watch()
