"""The nightly run by hand: read iMIS, build features, score."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from imis_ai.jobs import terminal
from imis_ai.ops import tasks

REFUSED, UNREACHABLE = 3, 4


class Command(BaseCommand):
    help = "Read iMIS, build features, score: what the schedule does each night."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            terminal.run(name="ops.nightly", now=timezone.now())
        except tasks.Incomplete as problem:
            print(problem, file=sys.stderr)
            sys.exit(UNREACHABLE if tasks.READING in problem.parts else REFUSED)
