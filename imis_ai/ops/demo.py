"""The demo: a synthetic association in a sandbox iMIS, read, learnt from, scored; one login per role."""

import hashlib
import json
import secrets
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from imis_ai.accounts.models import User
from imis_ai.governance import guardrails, rollout
from imis_ai.governance import tasks as governance
from imis_ai.governance.experiments import listing, plan, start
from imis_ai.governance.guardrails import defaults as lists
from imis_ai.governance.messages import defaults
from imis_ai.governance.refusals import Changed
from imis_ai.jobs import queries as jobs
from imis_ai.mirror import access
from imis_ai.mirror import queries as mirror
from imis_ai.ops import launch, people
from imis_ai.ops.processes import Kind
from retention.actions import promises
from retention.queries import calls
from retention.queries import list as risk
from retention.queries import promises as promised

MEMBERS = 5000
PATIENCE = 180.0  # seconds for a program of ours to answer; the first start makes the association


@dataclass(frozen=True)
class Step:
    """One job of the first start. Done once, it is skipped from then on."""

    job: str
    args: dict


@dataclass(frozen=True)
class Login:
    username: str
    name: str
    role: str
    sees: str
    chapters: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()


STEPS = (
    Step("mirror.sync", {"full": True}),
    Step("mirror.quality", {}),
    Step("features.snapshots", {}),
    Step("retention.train", {}),
    Step("retention.backfill", {}),
    Step("retention.score", {}),
    Step("retention.lapses", {}),
    Step("reviews.night", {}),
    Step("registry.check", {}),
    Step("retention.propose", {}),
    Step("retention.calls", {}),
)
LAST = (Step("retention.chapters", {}), Step("retention.alerts", {}))  # once a competitor is named
COMPETITOR = "Meridian Guild of Engineers"  # as the sandbox plants it
DRAFTS = (Step("retention.draft", {}),)  # after there are people, approved texts and something to offer
SEATS, WEBINARS, PEERS = 25, 2, 60
AHEAD = timedelta(days=90)  # terms that end so soon are compared
LOGINS = (
    Login("priya", "Priya Raman", "membership", "all members", extras=("guardrail_owner",)),
    Login("frank", "Frank Osei", "finance", "all members, for their money", extras=("guardrail_owner",)),
    Login("marta", "Marta Silva", "admin", "data, jobs and settings; names hidden until revealed"),
    Login("cole", "Cole Becker", "chapter", "members of the Texas chapter", ("Texas",)),
    Login("erin", "Erin Walsh", "executive", "totals, no names"),
)


class Stuck(Exception):
    """A program of the demo did not start; the text names its log."""


class NotOurs(Exception):
    """The database holds somebody's real members."""


def sandbox(port: int, members: int, *, seed: int = 1, keep: bool = True) -> Kind:
    """`keep`: what is written there is there again at the next start."""
    command = [sys.executable, "-m", "imis_ai.sandbox", "--port", str(port), "--members", str(members)]
    store = ["--store", str(settings.VAR_DIR / "sandbox")] if keep else []
    return Kind("sandbox", [*command, "--seed", str(seed), *store])


def wait_until_answers(url: str, *, is_alive: object, log: Path) -> None:
    """Return when `url` answers 200. Raises Stuck when its program ends or takes too long."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310  our own address
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
        if not is_alive():
            break
    raise Stuck(f"{url} does not answer. The reason is at the end of {log}.")


def prepare_imis() -> int:
    """What an administrator of iMIS does once: our objects, ticked as available. Returns how many are new."""
    staff = {"username": "staff", "password": "sandbox"}  # of the sandbox, known to everybody
    found = governance.set_up(is_applied=True, **staff)["targets"]
    made = [each for each in found if each["exists"] and not each["is_available"]]
    for each in made:
        body = json.dumps({"op": "flag_panel", "name": each["object"]}).encode()
        url = f"{settings.IMIS_URL}/_sandbox/edit"
        with urllib.request.urlopen(url, data=body, timeout=20):  # noqa: S310  our own address
            pass
    return len(made)


def refuse_real_data() -> None:
    """Raises NotOurs when members are here that no demo has put there."""
    ours = _database()
    if mirror.has_members() and launch.remembered(settings.VAR_DIR).get("demo_database") != ours:
        raise NotOurs(
            "This database holds members of somebody else. Point DATABASE_URL or IMIS_AI_VAR elsewhere."
        )
    launch.remember(settings.VAR_DIR, is_demo=True, demo_database=ours)


def _database() -> str:
    """Which database this is, without its password."""
    return hashlib.sha256(settings.DATABASE_URL.encode()).hexdigest()


def to_do(steps: Sequence[Step] = STEPS) -> list[Step]:
    """Steps that have never ended well, and all that come after one of them."""
    for number, step in enumerate(steps):
        if jobs.last_done(step.job) is None:
            return list(steps[number:])
    return []


def is_behind(today: date) -> bool:
    """Whether the last scores are of an earlier day."""
    done = [jobs.last_done(name) for name in (STEPS[-1].job, "ops.nightly")]
    return not any(last and timezone.localdate(last.finished_at) >= today for last in done)


def password() -> str:
    """The one password of the demo's logins, made up at the first start."""
    path = settings.VAR_DIR / "secrets" / "demo_password"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text(f"alder-{secrets.token_hex(4)}")
    return path.read_text()


def make_logins() -> None:
    there = set(User.objects.values_list("username", flat=True))
    for login in LOGINS:
        if login.username not in there:
            people.create(
                username=login.username,
                full_name=login.name,
                role=login.role,
                password=password(),
                chapters=list(login.chapters),
                extras=login.extras,
            )


def approve_texts(now: datetime) -> None:
    """Shipped texts and offers nobody decided on, by the demo's membership manager; the log names her."""
    defaults.load(now=now)
    defaults.approve_waiting(by=_manager(), now=now)


def name_competitor(now: datetime) -> None:
    """The competitor of the made-up association, entered by one person and agreed to by another: once."""
    if not guardrails.entries("competitors"):
        marta = User.objects.get(username=LOGINS[2].username)
        lists.enter(kind="competitors", entries=[COMPETITOR], by=marta, agreed_by=_manager(), now=now)


def plan_gifts(now: datetime) -> None:
    """Seats at the next webinars, and members who agree to be introduced: once, as staff would enter them."""
    run, by = risk.current_run(), _manager()
    if run is None or promised.introducers():
        return
    for webinar in promised.webinars(now=now)[:WEBINARS]:
        promises.set_aside(event=webinar.event.key, seats=SEATS, by=by, now=now)
    steady = risk.listed(seen=access.members(by), run=run, filters=risk.Filters(bands=("lo",), sort="-value"))
    for score in steady[:PEERS]:
        promises.agree(imis_id=score.member.imis_id, by=by, now=now)


def plan_campaign(now: datetime) -> None:
    """One comparison that runs, so that there is a campaign to look at; a fifth is left alone.

    Whoever is on the call list already is not drawn.
    """
    if listing.listed(listing.Chosen(area="retention")).exists():
        return
    made = plan.write(
        plan=plan.Plan(
            name="Messages before renewal, with and without",
            area="retention",
            arms=(plan.ArmPlan("Message"),),
            outcome_by=timezone.localdate(now) + AHEAD + timedelta(days=settings.GRACE_DAYS),
            window_days=settings.GRACE_DAYS,
            control_share=0.2,
        ),
        by=None,
        now=now,
    )
    seen = access.members(_manager())
    called = calls.on_the_list(seen=seen, today=timezone.localdate(now)).values("member")
    free = set(seen.exclude(pk__in=called).values_list("imis_id", flat=True))
    with suppress(Changed):  # a very small demo has too few to compare; then it stays a plan
        start.begin(experiment=made, now=now, imis_ids=free)


def _manager() -> User:
    return User.objects.get(username=LOGINS[0].username)


def open_areas(now: datetime) -> None:
    """Assisted from the start, so that there is something to approve; it says so in the history."""
    for area in rollout.AREAS:
        rollout.set_for_demo(area=area, level=rollout.ASSISTED, now=now)
