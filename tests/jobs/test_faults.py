"""Faults of workers and the broker, with real processes: nothing is lost, nothing is done twice."""

import collections
import importlib
import signal
import statistics
import time

import pytest
from django.db import connection
from django.utils import timezone

from imis_ai.jobs import actions
from imis_ai.jobs.models import JobRun
from tests.jobs import work
from tests.jobs.plant import LEASE, Plant, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture(autouse=True)
def real_jobs(jobs):
    importlib.reload(work)


@pytest.fixture(scope="module")
def plant(tmp_path_factory, django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE test_effect (what text, job text)")
        plant = Plant(tmp_path_factory.mktemp("plant"))
        plant.start("redis", "worker", "dispatcher")
        yield plant
        plant.stop()
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE test_effect")
        connection.close()


@pytest.fixture(autouse=True)
def no_effects(plant):
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE test_effect")


def request(name, **args):
    return actions.request(name=name, args=args, by=None, now=timezone.now())


def effects(column="what"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM test_effect")
        return collections.Counter(value for (value,) in cursor.fetchall())


def state(job):
    return JobRun.objects.values_list("state", flat=True).get(pk=job.pk)


def done(jobs):
    return JobRun.objects.filter(pk__in=[job.pk for job in jobs], state="done").count()


def request_latencies(first, n=40):
    """Seconds per request, and the jobs."""
    jobs, seconds = [], []
    for number in range(first, first + n):
        begun = time.perf_counter()
        jobs.append(request("test.effect", number=number))
        seconds.append(time.perf_counter() - begun)
    return jobs, seconds


@pytest.mark.row("GOV-41")
def test_w1_a_worker_killed_in_mid_job_every_chunk_is_done_exactly_once(plant):
    job = request("test.chunks", seconds=0.1)
    wait_for(lambda: len(effects()) >= 5, "the job did not start")

    plant.worker_children()[0].kill()
    wait_for(lambda: state(job) == "done", "the job was not taken over")

    assert sorted(effects().values()) == [1] * 20
    assert len(effects("job")) == 2  # two processes shared the work
    assert JobRun.objects.get(pk=job.pk).claims == 2


def test_w2_the_whole_worker_host_is_lost_and_another_goes_on(plant):
    job = request("test.chunks", seconds=0.1)
    wait_for(lambda: len(effects()) >= 5, "the job did not start")

    plant.kill_group("worker")
    plant.start("worker")
    took = wait_for(lambda: state(job) == "done", "the job was not taken over")

    assert sorted(effects().values()) == [1] * 20
    assert took <= LEASE + 10


def test_w3_a_message_delivered_again_and_again_has_no_effect_twice(plant):
    from imis_ai.celery import app

    job = request("test.chunks", seconds=0.05)
    with app.connection_for_write(plant.env["REDIS_URL"].replace("unix://", "redis+socket://")) as link:
        for _ in range(5):
            app.send_task("jobs.run", args=[job.pk], connection=link, retry=False)
    wait_for(lambda: state(job) == "done", "the job did not finish")
    time.sleep(1)

    assert sorted(effects().values()) == [1] * 20
    assert JobRun.objects.get(pk=job.pk).claims == 1


@pytest.mark.row("GOV-41")
def test_w4_a_poison_job_is_given_up_after_three_workers_and_others_go_on(plant):
    poison = request("test.poison")
    wait_for(lambda: state(poison) == "dead", "the poison job was not given up", 60)
    harmless = request("test.effect", number=1)
    wait_for(lambda: state(harmless) == "done", "the worker did not survive")

    assert effects()["death"] == 3
    assert "Given up" in JobRun.objects.get(pk=poison.pk).message


def test_w6_every_connection_to_the_database_is_cut_and_the_work_goes_on(plant):
    job = request("test.chunks", seconds=0.1)
    wait_for(lambda: len(effects()) >= 5, "the job did not start")

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    wait_for(lambda: state(job) == "done", "the job was not taken over")

    assert sorted(effects().values()) == [1] * 20
    assert JobRun.objects.get(pk=job.pk).claims == 2


def test_w5_redis_flushed_frozen_killed_loses_no_job_and_slows_no_request(plant):
    jobs, calm = request_latencies(0)
    plant.redis().flushall()
    wait_for(lambda: done(jobs) == 40, "lost with the flushed Redis", 60)

    plant.redis_process().suspend()
    more, frozen = request_latencies(100)
    time.sleep(4)
    plant.redis_process().resume()
    wait_for(lambda: done(more) == 40, "lost with the frozen Redis", 60)

    plant.stop_redis(signal.SIGKILL)
    last, gone = request_latencies(200)
    time.sleep(2)
    plant.start("redis")
    wait_for(lambda: done(last) == 40, "lost with the killed Redis", 60)

    assert set(effects("job").values()) == {1}
    assert len(effects("job")) == 120
    for hurt in (frozen, gone):
        assert statistics.median(hurt) < max(2 * statistics.median(calm), 0.02)
        assert max(hurt) < 1
