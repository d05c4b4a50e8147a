"""Hands due jobs to the workers, until stopped."""

import signal
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from imis_ai.jobs.dispatcher import Dispatcher


class Command(BaseCommand):
    help = "Hand due jobs to the workers, until stopped. Any number may run beside each other."

    def handle(self, *args: Any, **options: Any) -> None:
        dispatcher = Dispatcher(clock=timezone.now)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: dispatcher.stop())
        dispatcher.run()
