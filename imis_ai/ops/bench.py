"""How fast pages are: server time, queries, and what more members cost. A new page is one line of PAGES."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from imis_ai.bench import Figure, Trial
from imis_ai.mirror import actions as mirror
from imis_ai.ops import api_bench, event_bench, population

LIST, FRAGMENT, MEMBER, TODAY, SEARCH = 300, 150, 400, 300, 150  # ms, 95 of 100 requests
MOST_QUERIES = 12
MOST_SLOPE = 1.2  # median with all members, to the median with a few
FEW = 1000
ACTIVITIES = 40  # per member
SETTLING = 2  # requests that are not counted


@dataclass(frozen=True)
class Page:
    """`{member}` in the address is another member each time. `part`: the element that htmx asks for."""

    name: str
    address: str
    role: str
    budget: int
    part: str = ""


PAGES = (
    Page("today", "/", "membership", TODAY),
    Page("today, one chapter", "/", "chapter", TODAY),
    Page("today, totals", "/", "executive", TODAY),
    Page("today, administrator", "/", "admin", TODAY),
    Page("members", "/members/", "membership", LIST),
    Page("members, page 400, by tier", "/members/?sort=tier&page=400", "membership", LIST),
    Page("members, by risk", "/members/?sort=-risk", "membership", LIST),
    Page("members, by last contact", "/members/?sort=-contact", "membership", LIST),
    Page("members, a name as one types", "/members/?q=dana", "membership", LIST, part="list"),
    Page("members, overdue", "/members/?money=overdue", "membership", LIST),
    Page("members, one chapter", "/members/", "chapter", LIST),
    Page("members, mine", "/members/?owner=me", "membership", LIST),
    Page("first-year plan", "/members/new/", "membership", LIST),
    Page("first-year plan, everybody", "/members/new/?tab=all", "membership", LIST),
    Page("member, whole", "/members/{member}/", "membership", MEMBER),
    Page("member, as known on a day", "/members/{member}/?on=2025-11-15", "membership", MEMBER),
    Page("members at risk", "/retention/", "membership", LIST),
    Page("members at risk, all bands", "/retention/?band=hi&band=md&band=lo", "membership", LIST),
    Page("members at risk, page 20", "/retention/?page=20&band=hi&band=md&band=lo", "membership", LIST),
    Page("members at risk, by name", "/retention/?sort=name", "membership", LIST),
    Page("members at risk, tier and reason", "/retention/?tier=T1&reason=mail", "membership", LIST),
    Page("members at risk, high value", "/retention/?view=value", "membership", LIST),
    Page("members at risk, payment trouble", "/retention/?view=payments", "membership", LIST),
    Page("members at risk, mine", "/retention/?view=mine", "membership", LIST),
    Page("members at risk, of nobody", "/retention/?owner=none", "membership", LIST),
    Page("members at risk, in grace", "/retention/?view=grace", "membership", LIST),
    Page("members at risk, not scored", "/retention/?view=unscored", "membership", LIST),
    Page("members at risk, one chapter", "/retention/", "chapter", LIST),
    Page("members at risk, totals", "/retention/", "executive", LIST),
    Page("members at risk, other filters", "/retention/?horizon=60", "membership", LIST, part="list"),
    Page("panel of a member", "/retention/?panel={member}", "membership", FRAGMENT, part="panel"),
    Page("member", "/retention/members/{member}/", "membership", MEMBER),
    Page("member, two years", "/retention/members/{member}/trends/", "membership", FRAGMENT, part="trends"),
    Page("search by name", "/search/?q=Dana", "membership", SEARCH),
    Page("search by number", "/search/?q={member}", "membership", SEARCH),
    Page("search in the dialog", "/palette/?q=da", "membership", SEARCH, part="found"),
    Page("data and sync", "/data/", "admin", LIST),
    Page("features", "/data/features/", "admin", LIST),
)


@dataclass(frozen=True)
class Association:
    """Signed-in browsers by role."""

    members: int
    seed: int
    browsers: dict[str, Client]


@dataclass(frozen=True)
class Seen:
    """Milliseconds of requests that came after a change of the data, and of those that did not."""

    changed: list[float]
    same: list[float]
    queries: int


@contextmanager
def association(*, seed: int, rows: int) -> Iterator[Association]:
    """`rows` members, once they are wanted; nobody is there to take a second step of signing in."""
    with override_settings(MFA_REQUIRED=False):
        yield Association(rows, seed, {})


def measure(asked: Association, runs: int) -> list[Figure]:
    """Per page: time of 95 in 100 with figures made anew and with kept ones, queries, slope."""
    few = _filled(min(FEW, asked.members), asked.seed)
    with_few = {page.name: statistics.median(_look(few, page, runs).same) for page in PAGES}
    population.empty()
    whole = _filled(asked.members, asked.seed)
    found = []
    for page in PAGES:
        seen = _look(whole, page, runs)
        slope = statistics.median(seen.same) / with_few[page.name]
        found += [
            Figure(f"{page.name}, p95 after a change", _p95(seen.changed), "ms", page.budget, runs),
            Figure(f"{page.name}, p95", _p95(seen.same), "ms", page.budget, runs),
            Figure(f"{page.name}, queries", seen.queries, "queries", MOST_QUERIES),
            Figure(f"{page.name}, slope from {few.members:,}", slope, "times", MOST_SLOPE, runs),
        ]
    return found


def _filled(members: int, seed: int) -> Association:
    people = population.fill(members=members, activities=members * ACTIVITIES, seed=seed)
    browsers = {}
    for role, person in people.items():
        browsers[role] = Client(headers={"host": "localhost"})
        browsers[role].force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return Association(members, seed, browsers)


def _look(filled: Association, page: Page, runs: int) -> Seen:
    """Each of `runs` requests once after a member's data changed, and once more without a change."""
    seen = Seen([], [], _queries(filled, page))
    for number in range(-SETTLING, runs):
        mirror.mark_dirty(members={1}, now=population.NOW + number * population.MOMENT)
        member = 1 + (number * 37 + 2) % filled.members
        for times in (seen.changed, seen.same):
            took = _ask(filled, page, member)
            if number >= 0:
                times.append(took)
    return seen


def _queries(filled: Association, page: Page) -> int:
    mirror.mark_dirty(members={1}, now=population.NOW - population.MOMENT)
    with CaptureQueriesContext(connection) as captured:
        _ask(filled, page, 2)
    return len(captured)


def _ask(filled: Association, page: Page, member: int) -> float:
    """Milliseconds in the server, from the request to the whole answer."""
    headers = {"HX-Request": "true", "HX-Target": page.part} if page.part else {}
    begun = time.perf_counter()
    answer = filled.browsers[page.role].get(page.address.format(member=member), headers=headers)
    took = (time.perf_counter() - begun) * 1000
    if answer.status_code != 200:
        raise AssertionError(f"{page.name}: {page.address} answers {answer.status_code}")
    return took


def _p95(times: list[float]) -> float:
    return sorted(times)[max(0, -(-len(times) * 95 // 100) - 1)]


BENCHES = event_bench.BENCHES | {
    "pages": Trial(
        prepare=association, measure=measure, rows=50_000, runs=40,
        what="server time of every page at 50,000 members and 2 million activities",
    ),
    "api": Trial(
        prepare=association, measure=lambda asked, runs: api_bench.measure(asked.members, asked.seed, runs),
        rows=50_000, runs=40, what="lists of 1,000 ids through the API at 50,000 members",
    ),
}  # fmt: skip
