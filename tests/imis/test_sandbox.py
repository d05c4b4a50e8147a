"""The client against the sandbox iMIS over real HTTP: everything is read, whatever goes wrong on the way."""

from collections import Counter
from typing import Any

import httpx2
import pytest

from imis_ai.imis import records
from imis_ai.imis.client import Client
from imis_ai.imis.errors import AuthFailed, BadAnswer, Denied, Unreachable
from imis_ai.imis.resources import RESOURCES
from imis_ai.sandbox import server
from tests.imis.fake import CHICAGO, Clock

MEMBERS = 120


@pytest.fixture(scope="module")
def site():
    with server.start(members=MEMBERS) as running:
        yield running


@pytest.fixture
def calm(site):
    """The site without faults and with its counters at zero; what was planned is withdrawn afterwards."""
    for what in ("faults", "log", "usage"):
        httpx2.delete(f"{site.url}/_sandbox/{what}")
    yield site
    httpx2.delete(f"{site.url}/_sandbox/faults")


def client(site, **changes: Any) -> Client:
    made = {
        "base_url": site.url,
        "username": "imis_ai",
        "password": "sandbox",
        "is_test_system": True,
        "requests_per_minute": 0,
        "names": CHICAGO,
    }
    return Client(**(made | changes))


def asked(site, what: str) -> Any:
    return httpx2.get(f"{site.url}/_sandbox/{what}").json()


def plan(site, *rules: dict[str, Any]) -> None:
    httpx2.post(f"{site.url}/_sandbox/faults", json=list(rules)).raise_for_status()


def everything(made: Client, *names: str) -> dict[str, dict[str, records.Record]]:
    """All records by resource and key; a key that came twice fails here."""
    found: dict[str, dict[str, records.Record]] = {}
    for name in names or RESOURCES:
        seen = [record for page in made.pages(RESOURCES[name]) for record in page.records]
        twice = [key for key, times in Counter((type(each), each.key) for each in seen).items() if times > 1]
        assert twice == []
        found[name] = {f"{type(each).__name__}:{each.key}": each for each in seen}
    return found


@pytest.fixture(scope="module")
def truth(site):
    with client(site) as made:
        return everything(made)


@pytest.mark.parametrize("name", RESOURCES)
def test_every_resource_parses_without_a_reject(calm, name):
    with client(calm) as made:
        pages = list(made.pages(RESOURCES[name]))

    assert [reject for page in pages for reject in page.rejects] == []
    assert sum(len(page.records) for page in pages) > 0
    assert pages[0].server_date is not None


def test_the_association_is_all_there(truth):
    people = [each for each in truth["members"].values() if isinstance(each, records.Member)]

    assert len(people) >= MEMBERS
    assert {each.kind for each in people} == {"person", "organisation"}
    assert {each.tier for each in people} >= {"ASC", "PRO"}
    assert all(each.name for each in people)
    owners = {each.member for each in truth["terms"].values()}
    gone = {each.key for each in truth["deletions"].values()}
    assert owners <= {each.key for each in people} | gone


def test_one_request_at_a_time_and_no_second_unfiltered_reading(calm):
    with client(calm) as made:
        everything(made)

    usage = asked(calm, "usage")
    assert usage["parallel"] == 0
    assert usage["most_at_once"] == 1
    assert usage["unfiltered_party_reads"] == 1


@pytest.mark.row("GOV-08")
def test_a_read_only_account_reads_everything_and_sends_nothing_but_reads(calm, truth):
    with client(calm, username="reader") as made:
        found = everything(made)
        assert made.one(RESOURCES["members"], next(iter(made.ids()))[0])
        probes = made.probe()
        made.check()

    assert {name: set(rows) for name, rows in found.items()} == {
        name: set(rows) for name, rows in truth.items()
    }
    assert all(probe.readable for probe in probes if not probe.resource.startswith("write:"))
    assert set(asked(calm, "usage")["methods"]) == {"GET", "POST"}
    posts = {entry["path"] for entry in asked(calm, "log") if entry["method"] != "GET"}
    assert posts <= {"/token"}


@pytest.mark.row("GOV-09")
def test_the_probe_tells_readable_writable_and_denied_before_the_first_sync(calm):
    with client(calm) as made, client(calm, username="reader") as reading:
        full = {probe.path: probe for probe in made.probe()}
        narrow = {probe.path: probe for probe in reading.probe() if probe.resource.startswith("write:")}

    assert {path: probe.state for path, probe in full.items() if probe.state != "readable"} == {
        "/api/Activity": "writable",
        "/api/GroupMember": "writable",
        "/api/PartyNote": "writable",
        "/api/AI_MemberInsight": "denied",
    }
    assert {"/api/Party", "$/imis_ai/Terms", "/api/ChangeLog", "$/imis_ai/MemberIds"} <= set(full)
    assert all(probe.detail for probe in full.values())
    assert "needs write scope" in narrow["/api/GroupMember"].detail
    assert not any(probe.writable for probe in narrow.values())


@pytest.mark.row("GOV-09")
def test_a_refused_endpoint_shows_as_denied_and_the_others_are_still_listed(calm):
    plan(calm, {"fault": "403", "path": "/api/payment", "times": 0})

    with client(calm) as made:
        probes = {probe.path: probe for probe in made.probe()}
        with pytest.raises(Denied, match="/api/Payment"):
            everything(made, "payments")

    assert probes["/api/Payment"].state == "denied"
    assert "Give the account the right" in probes["/api/Payment"].detail
    assert probes["/api/Party"].state == "readable"


@pytest.mark.row("GOV-10")
def test_a_token_that_really_expires_is_renewed(calm):
    with server.start(members=30, token_seconds=1) as short, client(short) as made:
        found = everything(made)
        httpx2.post(f"{short.url}/_sandbox/edit", json={"op": "advance", "seconds": 5})
        again = everything(made, "terms")

    assert again["terms"] == found["terms"]


def test_wrong_credentials_do_not_lock_the_account(calm):
    with client(calm, password="wrong") as made:
        for _ in range(6):
            with pytest.raises(AuthFailed):
                everything(made, "chapters")

    with client(calm) as made:
        assert everything(made, "chapters")


READ = ("members", "activities", "web_visits", "terms", "payments", "committees")
FAULTS = {
    "s1 told": [{"fault": "429", "retry_after": 0.01, "enforce": 0.01, "rate": 0.3}],
    "s1 not told": [{"fault": "429", "rate": 0.3}],
    "s2 failing": [{"fault": "503", "rate": 0.2}, {"fault": "408", "rate": 0.1, "seed": 2}],
    "s2 generic": [{"fault": "500", "every": 5}],
    "s2 cut": [{"fault": "cut_before", "every": 3}, {"fault": "cut_after", "every": 5}],
    "s2 cut in the middle": [{"fault": "cut_middle", "path": "/api", "every": 4}],
    "s3 token": [{"fault": "expired_token", "path": "/api", "every": 4}],
    "s4 html": [{"fault": "html", "path": "/api", "every": 4}],
    "s4 truncated": [{"fault": "truncated", "path": "/api", "every": 4}],
    "s6 wrong page": [{"fault": "wrong_page", "path": "/api", "every": 4}],
    "s6 wrong page that says so": [{"fault": "wrong_page", "path": "/api", "every": 4, "says": 0}],
    "s7 empty page": [{"fault": "empty_page", "path": "/api", "every": 4}],
    "s16 slow": [{"fault": "slow", "path": "/api", "seconds": 0.2, "every": 9}],
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_on_the_way_lose_and_double_nothing(calm, truth, name):
    clock = Clock()
    plan(calm, *FAULTS[name])

    with client(calm, page_size=100, clock=clock, sleep=clock.sleep) as made:
        found = everything(made, *READ)

    acted = sum(rule["acted"] for rule in asked(calm, "faults")["rules"])
    assert acted >= 3
    assert found == {each: truth[each] for each in READ}


def test_retry_after_is_kept_in_real_time_s1(calm):
    plan(calm, {"fault": "429", "path": "terms", "retry_after": 1, "times": 2})

    with client(calm, page_size=200) as made:
        everything(made, "terms", "events")

    report = asked(calm, "faults")
    assert report["rules"][0]["acted"] == 2
    assert report["too_early"] == 0


def test_an_answer_of_gigabytes_is_refused_s16(calm):
    plan(calm, {"fault": "huge", "path": "/api/event", "bytes": 60_000_000, "times": 0})

    with client(calm) as made, pytest.raises(BadAnswer, match="larger than 20 MiB"):
        everything(made, "events")


def test_a_site_that_is_gone_is_unreachable_s2():
    with server.start(members=30) as gone:
        clock = Clock()
        made = client(gone, clock=clock, sleep=clock.sleep)
    with made, pytest.raises(Unreachable, match="connection to iMIS failed"):
        everything(made, "chapters")


def test_members_deleted_between_pages_make_nobody_else_go_missing_s7():
    with server.start(members=MEMBERS, seed=3) as changing, client(changing, page_size=40) as made:
        before = {key for part in made.ids() for key in part}
        victims = sorted(before)[5:35]
        plan(
            changing,
            *(
                {
                    "fault": "edit",
                    "path": "/api/party",
                    "after": 1 + n // 10,
                    "edit": {"op": "delete", "id": victim},
                }
                for n, victim in enumerate(victims)
            ),
        )

        found = everything(made, "members")["members"]

        alive = {key for part in made.ids() for key in part}
    assert len(alive) < len(before)
    assert alive - {each.key for each in found.values()} == set()


def test_changes_are_read_alone(calm, truth):
    newest = max(each.updated_on for each in truth["terms"].values() if each.updated_on)

    with client(calm) as made:
        changed = [record for page in made.pages(RESOURCES["terms"], newest) for record in page.records]

    assert 0 < len(changed) < len(truth["terms"]) / 10
    assert all(record.updated_on >= newest for record in changed)


def test_times_follow_the_clock_changes_of_the_site(truth):
    visits = [each.at.astimezone(CHICAGO.context.zone) for each in truth["web_visits"].values()]

    assert len({visit.utcoffset() for visit in visits}) == 2
    assert {visit.hour for visit in visits if visit.month == 1} & {
        visit.hour for visit in visits if visit.month == 7
    }


def test_the_old_query_route_gives_the_same(calm, truth):
    old = type(CHICAGO)(context=CHICAGO.context, query_route="/api/iqa")

    with client(calm, names=old) as made:
        found = everything(made, "terms", "texts", "web_visits")

    assert found == {name: truth[name] for name in found}


def test_the_dry_run_of_the_mapping_fits(calm):
    with client(calm) as made:
        checks = {check.resource: check for check in made.check()}

    assert set(checks) == set(RESOURCES)
    assert {name: check.missing for name, check in checks.items() if check.missing} == {}
    assert {name: check.problem for name, check in checks.items() if check.problem} == {}
    assert checks["activities"].unknown_kinds
    assert checks["terms"].found["price"] == "Price"
