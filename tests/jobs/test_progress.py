"""Counts, time left, chunks and the terminal's bars."""

import io
import time
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from imis_ai.jobs import actions, chunks, queries, registry, terminal
from imis_ai.jobs.models import JobRun
from imis_ai.jobs.progress import SILENT, Progress

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def stage(name, done=0, total=None, seconds=0.0):
    return {"name": name, "done": done, "total": total, "seconds": seconds}


def test_time_left_is_the_pace_of_this_stage_plus_the_last_duration_of_the_later_ones():
    stages = [stage("Read", 25, 100, 10.0), stage("Write")]

    assert queries.seconds_left(stages, {"Read": 99.0, "Write": 7.0}) == 30.0 + 7.0


def test_time_left_is_not_guessed_without_a_basis():
    assert queries.seconds_left([stage("Read"), stage("Write")], {}) is None
    assert queries.seconds_left([stage("Read", 25, 100, 10.0), stage("Write")], {}) is None
    assert queries.seconds_left([stage("Read", 25, None, 10.0)], {}) is None


def test_a_stage_without_a_total_takes_as_long_as_last_time():
    assert queries.seconds_left([stage("Read", 0, None, 4.0)], {"Read": 10.0}) == 6.0


def test_stages_count_and_their_clocks_do_not_run_together():
    progress = Progress(["Read", "Write"])

    progress.stage("Read", total=2)
    progress.advance(2)
    time.sleep(0.2)
    progress.stage("Write")
    progress.finish()
    read, write = progress.stages()

    assert (read["done"], read["total"]) == (2, 2)
    assert 0.2 <= read["seconds"] < 5
    assert write["seconds"] < 0.2


def test_silence_keeps_nothing():
    SILENT.stage("Read", total=3)
    SILENT.advance()
    SILENT.note("text")
    SILENT.checkpoint()

    assert (SILENT.stages(), SILENT.text) == ([], "")


@pytest.mark.django_db(transaction=True)
def test_progress_is_stored_while_the_work_holds_its_own_transaction_open():
    seen = []

    def work(progress):
        from django.db import transaction

        with transaction.atomic():
            progress.stage("Read", total=10)
            progress.advance(4)
            progress.note("reading")
            time.sleep(1.2)
            seen.append(JobRun.objects.get(pk=progress.job_id))

    registry.JOBS["test.slow"] = registry.Job("test.slow", "Slow work", work, ("Read", "Write"), 60, ())
    job = actions.request(name="test.slow", by=None, now=NOW)

    actions.run(job_id=job.pk, now=NOW)
    view = queries.view(seen[0])

    assert (seen[0].message, seen[0].stages[0]["done"]) == ("reading", 4)
    assert [(s.name, s.state) for s in view.stages] == [("Read", "now"), ("Write", "next")]
    assert view.title == "Slow work"


@pytest.mark.django_db(transaction=True)
def test_progress_is_stored_at_most_twice_a_second(django_assert_max_num_queries):
    writes = []

    def work(progress):
        progress.stage("Read", total=100_000)
        end = time.monotonic() + 2.2
        while time.monotonic() < end:
            progress.advance()
            time.sleep(0.001)
        writes.append(progress.stages()[0]["done"])

    from imis_ai.jobs import pulse

    beats = []
    original = pulse.Pulse._beat
    registry.JOBS["test.slow"] = registry.Job("test.slow", "Slow", work, ("Read",), 60, ())
    job = actions.request(name="test.slow", by=None, now=NOW)
    try:
        pulse.Pulse._beat = lambda self: (beats.append(time.monotonic()), original(self))
        actions.run(job_id=job.pk, now=NOW)
    finally:
        pulse.Pulse._beat = original

    assert 3 <= len(beats) <= 5
    assert JobRun.objects.get(pk=job.pk).stages[0]["done"] == writes[0]


@pytest.mark.django_db(transaction=True)
def test_a_log_gets_one_line_a_stage_with_the_numbers_of_the_row():
    stream = io.StringIO()

    terminal.run(name="test.count", args={"upto": 1200}, now=NOW, stream=stream)

    assert "Read: 1,200 in " in stream.getvalue()
    assert "Write: 1 in " in stream.getvalue()


@pytest.mark.parametrize("n", [1, 2, 7, 16, 1000])
def test_chunks_cover_every_pseudonym_exactly_once(n):
    parts = chunks.by_member_hash(n)
    everybody = [uuid4() for _ in range(200)] + [UUID(int=0), UUID(int=(1 << 128) - 1)]
    everybody += [edge for part in parts for edge in (part.low, part.high)]

    assert [sum(part.holds(who) for part in parts) for who in everybody] == [1] * len(everybody)


def test_chunks_are_of_about_the_same_size():
    import hashlib

    who = [UUID(bytes=hashlib.sha256(str(i).encode()).digest()[:16]) for i in range(8000)]

    sizes = [sum(part.holds(w) for w in who) for part in chunks.by_member_hash(8)]

    assert min(sizes) > 850
    assert max(sizes) < 1150
