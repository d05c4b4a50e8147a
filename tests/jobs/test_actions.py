"""Requesting, claiming, finishing, cancelling and resuming jobs."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from imis_ai.jobs import actions, registry
from imis_ai.jobs.models import MAX_CLAIMS, TRANSITIONS, JobPart, JobRun

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def request(**args):
    return actions.request(name="test.count", args=args, by=None, now=NOW)


def fresh(job):
    return JobRun.objects.get(pk=job.pk)


def expire(job):
    JobRun.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(hours=1))


def test_a_requested_job_runs_to_its_end_with_its_numbers():
    job = request(upto=5)

    actions.run(job_id=job.pk, now=NOW)

    done = fresh(job)
    assert (done.state, done.claims, done.message) == ("done", 1, "5 counted.")
    assert [(s["name"], s["done"], s["total"]) for s in done.stages] == [("Read", 5, 5), ("Write", 1, 1)]
    assert done.finished_at is not None


def test_a_request_wakes_whoever_listens_and_only_after_its_transaction():
    listener = connection.copy()
    listener.ensure_connection()
    listener.cursor().execute(f"LISTEN {actions.CHANNEL}")

    with transaction.atomic():
        request()
        before = list(listener.connection.notifies(timeout=0.2, stop_after=1))
    after = list(listener.connection.notifies(timeout=5, stop_after=1))
    listener.close()

    assert before == []
    assert len(after) == 1


def test_the_same_work_waits_once_and_different_work_beside_it():
    first, twin, other = request(upto=1), request(upto=1), request(upto=2)

    assert twin.pk == first.pk
    assert other.pk != first.pk


def test_one_scheduled_run_a_night_even_when_the_first_is_over():
    first = actions.request(name="test.count", by=None, now=NOW, slot="test.count@2026-11-21")
    actions.run(job_id=first.pk, now=NOW)
    second = actions.request(name="test.count", by=None, now=NOW, slot="test.count@2026-11-21")
    tomorrow = actions.request(name="test.count", by=None, now=NOW, slot="test.count@2026-11-22")

    assert second.pk == first.pk
    assert tomorrow.pk != first.pk


def test_an_unknown_job_is_refused_with_the_names_that_exist():
    with pytest.raises(registry.UnknownJob, match=r"no job named 'tset.count'. Use one of: test.count"):
        actions.request(name="tset.count", by=None, now=NOW)


def test_two_workers_claim_a_job_at_once_and_one_does_it():
    started = []
    registry.JOBS["test.slow"] = registry.Job(
        "test.slow", "Slow", lambda progress: (started.append(1), time.sleep(0.3)), (), 60, ()
    )
    job = actions.request(name="test.slow", by=None, now=NOW)

    def work():
        actions.run(job_id=job.pk, now=NOW)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert started == [1]
    assert fresh(job).claims == 1


def test_a_refusal_reaches_staff_word_for_word():
    job = request(problem="refused")

    actions.run(job_id=job.pk, now=NOW)

    assert fresh(job).state == "failed"
    assert fresh(job).message == "iMIS does not answer. Check the address on the connection page."


@pytest.mark.row("GOV-11")
def test_an_unexpected_error_quotes_no_row_on_the_page_and_none_in_the_log(caplog):
    job = request(problem="bug")

    actions.run(job_id=job.pk, now=NOW)

    assert "unexpected error (ValueError)" in fresh(job).message
    assert "conftest.py" in caplog.text  # the place is there
    assert "mary@example.org" not in fresh(job).message + caplog.text


def test_a_waiting_job_is_cancelled_at_once_and_resumed_later():
    job = request(upto=2)

    actions.cancel(job_id=job.pk, now=NOW)
    cancelled = fresh(job).state
    actions.resume(job_id=job.pk, by=None, now=NOW)
    actions.run(job_id=job.pk, now=NOW)

    assert cancelled == "cancelled"
    assert fresh(job).state == "done"


def test_a_running_job_stops_at_its_next_checkpoint_and_goes_on_from_there_when_resumed():
    parts, asked = [], []

    def slow(progress):
        for part in range(4):
            progress.checkpoint()
            actions.once(job_id=progress.job_id, key=str(part), work=lambda part=part: parts.append(part))
            if part == 1 and not asked:
                asked.append(part)
                actions.cancel(job_id=progress.job_id, now=NOW)
                time.sleep(3.5)

    registry.JOBS["test.slow"] = registry.Job("test.slow", "Slow", slow, (), 60, ())
    job = actions.request(name="test.slow", by=None, now=NOW)

    actions.run(job_id=job.pk, now=NOW)
    stopped = fresh(job).state, list(parts)
    actions.resume(job_id=job.pk, by=None, now=NOW)
    actions.run(job_id=job.pk, now=NOW)

    assert stopped == ("cancelled", [0, 1])
    assert fresh(job).state == "done"
    assert parts == [0, 1, 2, 3]


def test_a_finished_job_is_neither_cancelled_nor_resumed():
    job = request()
    actions.run(job_id=job.pk, now=NOW)

    with pytest.raises(actions.NotAllowed, match="already over"):
        actions.cancel(job_id=job.pk, now=NOW)
    with pytest.raises(actions.NotAllowed, match="only a stopped job"):
        actions.resume(job_id=job.pk, by=None, now=NOW)


def test_resuming_beside_the_same_waiting_work_says_so():
    job = request()
    actions.cancel(job_id=job.pk, now=NOW)
    request()

    with pytest.raises(actions.NotAllowed, match="already waiting to run"):
        actions.resume(job_id=job.pk, by=None, now=NOW)


def test_a_silent_worker_is_replaced_and_cannot_finish_the_job_afterwards():
    job = request(upto=1)
    stale = actions._claim(job_id=job.pk, now=NOW)
    refused = actions._claim(job_id=job.pk, now=NOW)
    expire(job)

    due = actions.take_due()
    actions.run(job_id=job.pk, now=NOW)
    late = actions._move(
        JobRun.objects.filter(pk=job.pk, claims=stale.claims), ["running"], "failed", finished_at=NOW
    )

    assert refused is None
    assert due == [(job.pk, "test.count")]
    assert (fresh(job).state, fresh(job).claims, late) == ("done", 2, 0)


@pytest.mark.row("GOV-41")
def test_the_third_lost_worker_is_the_last_and_staff_may_try_again():
    job = request(upto=1)
    for _ in range(MAX_CLAIMS):
        assert actions._claim(job_id=job.pk, now=NOW)
        expire(job)

    buried, due = actions.bury(now=NOW), actions.take_due()
    dead = fresh(job)
    actions.resume(job_id=job.pk, by=None, now=NOW)
    actions.run(job_id=job.pk, now=NOW)

    assert (buried, due) == (1, [])
    assert dead.state == "dead"
    assert "Given up" in dead.message
    assert fresh(job).state == "done"


def test_a_part_is_done_once_and_a_failed_part_not_at_all():
    job = request()
    done = []

    first = actions.once(job_id=job.pk, key="1/2", work=lambda: done.append(1))
    again = actions.once(job_id=job.pk, key="1/2", work=lambda: done.append(1))
    with pytest.raises(ZeroDivisionError):
        actions.once(job_id=job.pk, key="2/2", work=lambda: 1 / 0)

    assert (first, again, done) == (True, False, [1])
    assert list(JobPart.objects.values_list("key", flat=True)) == ["1/2"]


def test_an_inline_run_returns_the_result_leaves_a_row_and_raises_what_was_raised():
    result = actions.run_inline(name="test.count", args={"upto": 4}, now=NOW)
    with pytest.raises(ValueError, match="Key"):
        actions.run_inline(name="test.count", args={"problem": "bug"}, now=NOW)

    assert result == 4
    assert list(JobRun.objects.order_by("pk").values_list("state", flat=True)) == ["done", "failed"]


def test_a_killed_command_is_not_repeated_by_a_worker():
    job = JobRun.objects.create(
        name="test.count", state="running", created_at=NOW, heartbeat_at=NOW, claims=MAX_CLAIMS
    )

    assert actions.take_due() == []
    assert actions.bury(now=NOW) == 1
    assert fresh(job).state == "dead"


def test_every_state_has_its_transitions_and_only_those_are_possible():
    assert set(TRANSITIONS) == set(JobRun.State.values)
    with pytest.raises(actions.NotAllowed, match="cannot go from done to queued"):
        actions._move(JobRun.objects.all(), ["done"], "queued")
