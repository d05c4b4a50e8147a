"""Processes are restarted on a crash and leave nothing behind, however their supervisor ends."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
FAMILY = (
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
)


@pytest.fixture
def supervisor(tmp_path):
    """A supervisor with one child that has a child of its own."""
    program = textwrap.dedent(f"""
        import os, sys
        os.environ["DJANGO_SETTINGS_MODULE"] = "imis_ai.settings"
        from contextlib import suppress
        from pathlib import Path
        from imis_ai.ops import processes
        with suppress(KeyboardInterrupt), processes.stoppable():
            with processes.Supervisor(logs=Path({str(tmp_path)!r}), say=print) as group:
                group.start(processes.Kind("family", [sys.executable, "-c", {FAMILY + "time.sleep(600)"!r}]))
                group.watch()
    """)
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.DEVNULL)
    yield process
    process.kill()
    process.wait()


def family(process, size=2, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = psutil.Process(process.pid).children(recursive=True)
        if len(found) == size:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{len(found)} processes instead of {size}")


def survivors(processes, seconds=8):
    return psutil.wait_procs(processes, timeout=seconds)[1]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopping_the_supervisor_leaves_no_orphan(supervisor, how):
    started = family(supervisor)

    supervisor.send_signal(how)
    code = supervisor.wait(15)

    assert code == 0
    assert survivors(started) == []


def test_killing_the_supervisor_ends_its_children(supervisor):
    started = family(supervisor)
    child = next(p for p in started if p.ppid() == supervisor.pid)

    supervisor.kill()
    supervisor.wait()

    assert survivors([child]) == []
    for left in survivors(started, seconds=0):
        os.kill(left.pid, signal.SIGKILL)


def test_a_crashed_process_is_started_again_and_its_own_children_are_not_left(supervisor):
    first = family(supervisor)
    leader = next(p for p in first if p.ppid() == supervisor.pid)

    leader.kill()
    gone = survivors(first)
    second = family(supervisor)

    assert gone == []
    assert {p.pid for p in first} & {p.pid for p in second} == set()
