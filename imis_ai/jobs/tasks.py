"""The Celery shells: an id in, one action called."""

from celery import shared_task
from django.utils import timezone

from imis_ai.jobs import actions


@shared_task(name="jobs.run")
def run(job_id: int) -> None:
    actions.run(job_id=job_id, now=timezone.now())


@shared_task(name="jobs.request")
def request(name: str) -> None:
    """What the schedule calls. One run a night, however many beats there are."""
    now = timezone.now()
    actions.request(name=name, by=None, now=now, slot=f"{name}@{timezone.localdate(now)}")
