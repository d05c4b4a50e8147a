"""From an event in iMIS to a new score on screen, with sandbox, web, workers and dispatcher running."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

import httpx2
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test.utils import override_settings
from django.utils import timezone

from imis_ai.accounts.models import User
from imis_ai.bench import Figure, Trial
from imis_ai.jobs import actions as jobs
from imis_ai.jobs import registry
from imis_ai.jobs.models import JobRun
from imis_ai.jobs.progress import Progress
from imis_ai.ops import demo, launch, processes

SECRET = "a secret of the bench"  # noqa: S105  of this run only
MOST_SECONDS, MOST_WORK = 5.0, 150.0
PATIENCE = 60.0
LOOK = 0.01  # seconds between looks at the database
WARM = 3  # events that are not counted
OF_EVENT = ("mirror.notices", "retention.rescore")
PREPARED_BY = ("mirror.sync", "retention.train", "retention.score")
ZONE = "America/Chicago"  # of the sandbox
REDIS_DATABASE = 5  # not the product's own

# event that iMIS tells of: table of the sandbox, column that becomes now, table of the mirror
KINDS = {
    "MemberLogin": ("WebActivity", "At", "mirror_activity WHERE key LIKE 'web:%%'"),
    "EventRegistration": ("Registrations", "RegisteredOn", "mirror_registration WHERE true"),
    "PaymentPosted": ("Payment", "PaymentDate", "mirror_payment WHERE true"),
}
SIZE = {"PaymentPosted": 10}  # a day; the others are moments
CURRENT_SCORE = """
SELECT s.id FROM retention_riskscore s JOIN retention_scorerun r ON r.id = s.run_id AND r.is_current
JOIN mirror_member m ON m.id = s.member_id WHERE m.imis_id = %s
"""
ROWS_OF_SCORED = """
SELECT DISTINCT ON (m.imis_id) split_part(t.key, ':', -1), m.imis_id FROM (SELECT * FROM {rows}) t
JOIN mirror_member m ON m.id = t.member_id AND m.gone_at IS NULL
JOIN retention_riskscore s ON s.member_id = m.id AND s.abstained = ''
JOIN retention_scorerun r ON r.id = s.run_id AND r.is_current
ORDER BY m.imis_id, t.id DESC LIMIT %s
"""


class Lost(Exception):
    """An event did not reach the score."""


@dataclass(frozen=True)
class Site:
    sandbox: str
    web: str
    browser: httpx2.Client


@dataclass
class Times:
    """Seconds until the new score was on screen, and milliseconds of work in the two jobs."""

    seconds: list[float] = field(default_factory=list)
    work: list[float] = field(default_factory=list)


@contextmanager
def site(*, seed: int, rows: int) -> Iterator[Site]:
    """`rows` members read, trained on and scored, then everything that runs in production."""
    ports = launch.free_port(8300), launch.free_port(8400)
    sandbox, web = (f"http://127.0.0.1:{port}" for port in ports)
    account = {"IMIS_URL": sandbox, "IMIS_USERNAME": "imis_ai", "IMIS_PASSWORD": "sandbox"}
    env = account | _surroundings()
    logs = settings.VAR_DIR / "logs" / "bench"
    with (
        override_settings(**account, TIME_ZONE=ZONE, IMIS_IS_TEST_SYSTEM=True, IMIS_REQUESTS_PER_MINUTE=0),
        processes.Supervisor(logs=logs, say=print) as group,
        httpx2.Client(base_url=web, cookies={settings.SESSION_COOKIE_NAME: _session()}) as browser,
    ):
        _start(group, demo.sandbox(ports[0], rows, seed=seed, keep=False), f"{sandbox}/_sandbox/now", env)
        for name in PREPARED_BY:
            registry.find(name).work(Progress(), **({"full": True} if name == "mirror.sync" else {}))
        _start(group, processes.web(f"127.0.0.1:{ports[1]}"), f"{web}/healthz", env)
        for kind in (processes.worker(1), processes.quick_worker(), processes.dispatcher()):
            group.start(processes.with_env(kind, env))
        yield Site(sandbox, web, browser)


def _surroundings() -> dict[str, str]:
    """Environment of the processes: this run's database, a queue of their own."""
    of = connection.settings_dict
    user = quote(of["USER"]) + (f":{quote(of['PASSWORD'])}" if of["PASSWORD"] else "")
    host = quote(of["HOST"], safe="") + (f":{of['PORT']}" if of["PORT"] else "")
    own_queue = f"?virtual_host={REDIS_DATABASE}" if settings.REDIS_URL.startswith("unix") else ""
    return {
        "DATABASE_URL": f"postgres://{user}@{host}/{of['NAME']}",
        "REDIS_URL": f"{settings.REDIS_URL}{own_queue}",
        "IMIS_AI_VAR": str(settings.VAR_DIR),
        "IMIS_IS_TEST_SYSTEM": "1",
        "IMIS_REQUESTS_PER_MINUTE": "60000",
        "IMIS_QUIET_HOURS": "",
        "MFA_REQUIRED": "0",  # a browser without hands
        "IMIS_WEBHOOK_SECRET": SECRET,
        "SITE_TIME_ZONE": ZONE,
    }


def _session() -> str:
    """A signed-in membership manager."""
    person = User.objects.create(username="bench", role=User.Role.MEMBERSHIP)
    session = SessionStore()
    session.update(
        {
            SESSION_KEY: str(person.pk),
            BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
            HASH_SESSION_KEY: person.get_session_auth_hash(),
        }
    )
    session.save()
    return str(session.session_key)


def _start(group: processes.Supervisor, kind: processes.Kind, url: str, env: dict[str, str]) -> None:
    group.start(processes.with_env(kind, env))
    demo.wait_until_answers(url, is_alive=lambda: group.is_alive(kind.name), log=group.log_of(kind.name))


def measure(running: Site, runs: int) -> list[Figure]:
    """Each kind of event in turn, first with nothing else to do, then while iMIS is read as a whole."""
    told = {event: _keys(event, WARM + 2 * runs) for event in KINDS}
    for event in KINDS:
        for _ in range(WARM):
            _follow(running, event, told[event].pop(), Times())
    quiet = _all(running, told, runs)
    job = jobs.request(name="mirror.sync", args={"full": True}, by=None, now=timezone.now())
    busy = _all(running, told, runs, while_open=job.pk)
    n = len(quiet.seconds)
    return [
        Figure("event to score on screen, p95", _p95(quiet.seconds), "s", MOST_SECONDS, n),
        Figure("event to score on screen, median", statistics.median(quiet.seconds), "s", MOST_SECONDS, n),
        Figure("the work itself, median", statistics.median(quiet.work), "ms", MOST_WORK, n),
        Figure("while a sync runs, p95", _p95(busy.seconds), "s", MOST_SECONDS, len(busy.seconds)),
    ]


def _all(running: Site, told: dict, runs: int, while_open: int | None = None) -> Times:
    """`runs` events of the kinds in turn; fewer when the job they are to meet is over before."""
    times = Times()
    for number in range(runs):
        if while_open and JobRun.objects.get(pk=while_open).is_over:
            break
        event = list(KINDS)[number % len(KINDS)]
        _follow(running, event, told[event].pop(), times)
    return times


def _keys(event: str, number: int) -> list[tuple[str, str]]:
    """(key of a row, iMIS id of its member): of scored members, another one each time."""
    with connection.cursor() as cursor:
        cursor.execute(ROWS_OF_SCORED.format(rows=KINDS[event][2]), [number * len(KINDS)])
        found = cursor.fetchall()
    return found[list(KINDS).index(event) :: len(KINDS)]


def _follow(running: Site, event: str, row: tuple[str, str], times: Times) -> None:
    key, member = row
    table, column, _ = KINDS[event]
    before, newest = _score(member), JobRun.objects.order_by("-pk").first()
    at = httpx2.get(f"{running.sandbox}/_sandbox/now").json()["now"]
    began = time.perf_counter()
    _post(running, "edit", {"op": "update", "table": table, "key": key, column: at[: SIZE.get(event)]})
    _post(running, "notify", {
        "url": f"{running.web}/api/imis/notices/", "handshake": False, "headers": {"X-Imis-Secret": SECRET},
        "events": [{"entity": event, "action": "Created", "subject": key}],
    })  # fmt: skip
    while _score(member) == before:
        if time.perf_counter() - began > PATIENCE:
            ran = [f"{job} {job.message}" for job in JobRun.objects.order_by("-pk")[:5]]
            raise Lost(f"{event} of member {member}: no new score after {PATIENCE:.0f} s. Jobs: {ran}")
        time.sleep(LOOK)
    running.browser.get(f"/retention/members/{member}/").raise_for_status()
    times.seconds.append(time.perf_counter() - began)
    times.work.append(_worked(newest.pk if newest else 0))


def _post(running: Site, what: str, body: dict) -> None:
    httpx2.post(f"{running.sandbox}/_sandbox/{what}", json=body, timeout=30).raise_for_status()


def _score(member: str) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(CURRENT_SCORE, [member])
        found = cursor.fetchone()
    return found[0] if found else None


def _worked(last_job: int) -> float:
    """Milliseconds that the two jobs of the event ran."""
    done = JobRun.objects.filter(pk__gt=last_job, name__in=OF_EVENT, finished_at__isnull=False)
    return sum((job.finished_at - job.started_at).total_seconds() * 1000 for job in done)


def _p95(times: list[float]) -> float:
    return sorted(times)[max(0, -(-len(times) * 95 // 100) - 1)] if times else float("nan")


BENCHES = {
    "event": Trial(
        prepare=site, measure=measure, rows=5_000, runs=30,
        what="from a login, a registration or a payment in iMIS to a new score on screen",
    ),
}  # fmt: skip
