"""kill -9 at random points: the mirror afterwards equals the one of a run that was left in peace."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from urllib.parse import quote

import pytest
from django.db import connection

from imis_ai.mirror import models
from tests.mirror.conftest import contents, differences, empty_mirror

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reader():
    """A process that reads iMIS once for every line it gets."""
    told = connection.settings_dict
    login = f"{told['USER']}:{quote(told['PASSWORD'] or '')}"
    url = f"postgres://{login}@{quote(told['HOST'], safe='')}:{told['PORT'] or 5432}/{told['NAME']}"
    env = os.environ | {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "imis_ai.settings",
        "PYTHONPATH": os.getcwd(),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "tests.mirror.sync_until_killed"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=env,
    ) as process:
        yield process
        process.stdin.close()


def start(reader, site) -> int:
    reader.stdin.write(site.running.url + "\n")
    reader.stdin.flush()
    return int(reader.stdout.readline())


def finish(reader, site) -> float:
    """A run in peace; returns its seconds."""
    started = time.monotonic()
    start(reader, site)
    assert reader.stdout.readline().strip() == "0"
    return time.monotonic() - started


def is_over() -> bool:
    feeds = models.Feed.objects.filter(name="relationships", last_success_at__isnull=False)
    return feeds.exists()


def kill_often(reader, site, times: int) -> int:
    """Start and kill until `times` runs died at work; an empty mirror again whenever one got through."""
    chance = random.Random(times)
    seconds = finish(reader, site)
    whole = contents()
    empty_mirror()
    killed = rounds = 0
    while killed < times:
        child = start(reader, site)
        time.sleep(chance.uniform(0, seconds / 3))
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        killed += reader.stdout.readline().strip() == "killed"
        if is_over() or killed == times:
            finish(reader, site)
            assert differences(whole, contents()) == {}, f"after {killed} deaths"
            rounds += 1
            empty_mirror()
    return rounds


@pytest.mark.row("GOV-36", "GOV-41")
def test_ten_deaths_change_nothing(reader, site):
    assert kill_often(reader, site, 10) >= 1


@pytest.mark.long
@pytest.mark.row("GOV-36")
def test_a_hundred_deaths_change_nothing(reader, site):
    assert kill_often(reader, site, 100) >= 1
