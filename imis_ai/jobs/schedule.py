"""The nightly schedule: rows that staff can edit in the admin, and a beat that needs no broker."""

import json
import logging
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django_celery_beat.models import CrontabSchedule, PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from imis_ai.jobs import registry, tasks

log = logging.getLogger(__name__)


def ensure() -> None:
    """Create the missing rows of settings.NIGHTLY (job name -> "HH:MM"); edited rows stay as they are."""
    for name, at in settings.NIGHTLY.items():
        if PeriodicTask.objects.filter(name=f"Nightly: {name}").exists():
            continue
        hour, minute = at.split(":")
        crontab, _ = CrontabSchedule.objects.get_or_create(
            minute=str(int(minute)),
            hour=str(int(hour)),
            day_of_week="*",
            day_of_month="*",
            month_of_year="*",
            timezone=settings.TIME_ZONE,
        )
        PeriodicTask.objects.create(
            name=f"Nightly: {name}", task="jobs.request", args=json.dumps([name]), crontab=crontab
        )


class Scheduler(DatabaseScheduler):
    """Beat that inserts the row itself, without a message: the schedule survives a night without Redis."""

    producer = None  # the parent would connect to the broker

    def apply_async(self, entry: Any, producer: Any = None, advance: bool = True, **options: Any) -> None:
        entry = self.reserve(entry) if advance else entry
        try:
            tasks.request(*entry.args)
        except (registry.UnknownJob, DatabaseError) as problem:
            log.error("schedule %s: %s", entry.name, type(problem).__name__)  # noqa: TRY400  no row in the log
