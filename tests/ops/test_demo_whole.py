"""The demo as a newcomer starts it: a list of members at risk, a quick second start, nothing left behind."""

import contextlib
import http.cookiejar
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

import psutil
import pytest

from imis_ai import embedded
from imis_ai.ops.launch import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
ROOT = Path(__file__).resolve().parents[2]
MEMBERS = "1000"


class Demo:
    """One run of the command, from start to stop; `said` is its whole output."""

    def __init__(self, var, port):
        self.log = var.parent / f"demo-{time.monotonic_ns()}.log"
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith(("DATABASE_", "REDIS_"))
        }
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "imis_ai.ops.launch", "--members", MEMBERS, "--port", str(port)],
                cwd=ROOT,
                env=environment | {"IMIS_AI_VAR": str(var)},
                stdout=log,
                stderr=log,
            )

    @property
    def said(self):
        return self.log.read_text()

    def wait(self):
        """Seconds until it says that it runs."""
        began = time.monotonic()
        while "imis_ai is running at" not in self.said:
            assert self.process.poll() is None, self.said
            time.sleep(0.1)
        return time.monotonic() - began

    def family(self):
        return [self.process, *psutil.Process(self.process.pid).children(recursive=True)]

    def stop(self, how=signal.SIGINT):
        self.process.send_signal(how)
        return self.process.wait(30)

    def found(self, pattern):
        return re.search(pattern, self.said)[1]


class Browser:
    def __init__(self, url):
        self.url, self.jar = url, http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def get(self, path):
        return self.opener.open(self.url + path, timeout=30).read().decode()

    def sign_in(self, username, password):
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', self.get("login/"))[1]
        form = {"csrfmiddlewaretoken": token, "username": username, "password": password}
        request = urllib.request.Request(
            self.url + "login/", urllib.parse.urlencode(form).encode(), {"Referer": self.url}
        )
        return self.opener.open(request, timeout=30).read().decode()


@contextlib.contextmanager
def taken_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def left_of(var):
    """Processes that work in the folder, whosever children they are by now."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd"]):
        if str(var) in f"{process.info['cmdline']} {process.info['cwd']}":
            found.append(process)
    return found


@pytest.fixture(scope="module")
def var(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "var"
    yield folder
    embedded.stop(folder)


@pytest.fixture(scope="module")
def first(var):
    """What the first start showed, and what was left after Ctrl-C."""
    demo = Demo(var, free_port(18000))
    demo.wait()
    family = [psutil.Process(process.pid) for process in demo.family()]
    url, password = demo.found(r"running at (\S+/)"), demo.found(r"password (\S+) as")
    pages = {}
    for name in ("priya", "frank", "marta", "cole", "erin"):
        browser = Browser(url)
        browser.sign_in(name, password)
        pages[name] = browser.get("retention/")
    code = demo.stop()
    return {
        "said": demo.said,
        "pages": pages,
        "code": code,
        "alive": psutil.wait_procs(family, timeout=10)[1],
        "left": left_of(var),
        "password": password,
    }


def test_the_first_start_shows_each_step_and_five_logins(first):
    for step in (
        "Database",
        "Sandbox iMIS with 1,000 members",
        "Read iMIS",
        "Train the churn model",
        "Score members",
    ):
        assert f"✓ {step}" in first["said"]
    for login in ("priya", "frank", "marta", "cole", "erin"):
        assert re.search(rf"^  {login} ", first["said"], re.MULTILINE)


def shown(page):
    """Ids of the members on a page of the list."""
    return set(re.findall(r"\?panel=(\w+)", page))


def test_each_role_reaches_its_page_and_only_those_who_may_see_members(first):
    lists = {name: shown(page) for name, page in first["pages"].items()}

    assert len(lists["priya"]) >= 5
    assert lists["priya"] == lists["frank"]
    assert lists["cole"] < lists["priya"]
    assert lists["erin"] == set()


def test_ctrl_c_leaves_no_process_behind(first):
    assert (first["code"], first["alive"], first["left"]) == (0, [], [])
    assert "Stopping" in first["said"]


def test_the_second_start_is_quick_keeps_the_data_and_minds_ports_and_twins(first, var):
    with taken_port() as taken:
        demo = Demo(var, taken)
        took = demo.wait()
        url = demo.found(r"running at (\S+/)")
        browser = Browser(url)
        browser.sign_in("priya", first["password"])
        page = browser.get("retention/")
        twin = Demo(var, taken)
        twin_code = twin.process.wait(60)
        code = demo.stop(signal.SIGTERM)

    assert took < 60  # 6 s on an idle machine; the tests run several things at once
    assert "Read iMIS" not in demo.said
    assert f"Port {taken} is in use; taking " in demo.said
    assert shown(page) == shown(first["pages"]["priya"])
    assert (twin_code, code) == (3, 0)
    assert "The demo runs already." in twin.said
