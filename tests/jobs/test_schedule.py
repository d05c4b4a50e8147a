"""The nightly schedule inserts rows and nothing else."""

import json

import pytest
from django_celery_beat.models import PeriodicTask

from imis_ai.celery import app
from imis_ai.jobs import schedule
from imis_ai.jobs.models import JobRun

pytestmark = pytest.mark.django_db(transaction=True)  # beat closes and opens its connection


@pytest.fixture(autouse=True)
def no_broker(settings, monkeypatch):
    monkeypatch.setattr(app.conf, "broker_url", "redis+socket:///nowhere/redis.sock")


@pytest.fixture
def nightly(settings):
    PeriodicTask.objects.all().delete()
    settings.NIGHTLY = {"test.count": "02:05"}
    settings.TIME_ZONE = "America/Chicago"
    schedule.ensure()
    return PeriodicTask.objects.get()


def test_missing_rows_are_created_in_the_associations_time_zone(nightly):
    assert (nightly.name, nightly.task, json.loads(nightly.args)) == (
        "Nightly: test.count",
        "jobs.request",
        ["test.count"],
    )
    assert (nightly.crontab.hour, nightly.crontab.minute) == ("2", "5")
    assert str(nightly.crontab.timezone) == "America/Chicago"


def test_what_staff_changed_stays(nightly):
    nightly.enabled = False
    nightly.save()

    schedule.ensure()

    assert PeriodicTask.objects.get().enabled is False


def test_beat_queues_one_run_a_night_without_a_broker_however_many_beats_there_are(nightly):
    beats = [schedule.Scheduler(app=app, lazy=True) for _ in range(2)]

    for beat in beats:
        beat.apply_entry(beat.Entry(nightly, app=app), producer=beat.producer)

    run = JobRun.objects.get()
    assert (run.name, run.state) == ("test.count", "queued")
    assert run.slot.startswith("test.count@20")


def test_a_job_that_is_gone_stops_neither_the_beat_nor_the_others(nightly, jobs, caplog):
    jobs.clear()
    beat = schedule.Scheduler(app=app, lazy=True)

    beat.apply_entry(beat.Entry(nightly, app=app), producer=beat.producer)

    assert not JobRun.objects.exists()
    assert "UnknownJob" in caplog.text
