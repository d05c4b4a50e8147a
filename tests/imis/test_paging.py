"""Streams over a table that changes while it is read: nothing missed or torn, never two requests at once."""

import datetime as dt
import random
import threading
import time
from urllib.parse import parse_qs

import pytest

from imis_ai.imis.errors import BadAnswer
from imis_ai.imis.resources import RESOURCES
from tests.imis.fake import TOKEN, FakeImis, page, reply, visits
from tests.imis.recorded import PERSON, RECORDED

WEB = RESOURCES["web_visits"]
QUERY = WEB.path


def parties(count: int) -> list[dict]:
    return [{"$type": PERSON["$type"], "PartyId": f"{n:05}"} for n in range(count)]


def keys(client, resource=WEB, **more) -> list[str]:
    return [record.key for page in client.pages(resource, **more) for record in page.records]


def test_every_row_comes_once_and_in_order():
    imis = FakeImis({QUERY: visits(1234)})

    with imis.client() as client:
        pages = list(client.pages(WEB))

    found = [record.key for page in pages for record in page.records]
    assert found == [f"web:{1000 + n}" for n in range(1234)]
    assert [page.has_next for page in pages] == [True] * (len(pages) - 1) + [False]
    assert {page.total for page in pages} == {1234}
    assert pages[0].server_date == pages[0].started_at == dt.datetime(2026, 3, 2, 15, tzinfo=dt.UTC)


@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 99, 100, 101, 120, 180, 181, 500])
def test_streams_of_every_length_end(count):
    imis = FakeImis({QUERY: visits(count)})

    with imis.client() as client:
        assert len(keys(client)) == count


def test_a_silent_cap_is_followed_by_has_next_and_not_by_the_limit():
    imis = FakeImis({QUERY: visits(1200)})

    with imis.client(page_size=100_000) as client:
        assert len(keys(client)) == 1200

    offsets = [parse_qs(request.url.query.decode())["Offset"][0] for request in imis.reads]
    assert offsets == ["0", "480", "960"]


def test_small_pages_still_overlap():
    imis = FakeImis({QUERY: visits(50)})

    with imis.client(page_size=7) as client:
        assert len(keys(client)) == 50


def test_changes_are_asked_for_in_the_wall_time_of_the_site():
    imis = FakeImis({QUERY: visits(1), "/api/Party": [PERSON], "/api/GroupMember": []})
    since = dt.datetime(2026, 1, 15, 18, 30, tzinfo=dt.UTC)

    with imis.client() as client:
        for name in ("web_visits", "members", "committees"):
            list(client.pages(RESOURCES[name], since))

    asked = [str(request.url.query, "ascii") for request in imis.reads]
    assert asked[0].startswith("QueryName=$/imis_ai/WebActivity&Parameter=ge:2026-01-15T12:30:00&")
    assert asked[1].startswith("UpdatedOn=ge:2026-01-15T12:30:00&")
    assert asked[2].startswith("GroupId=startsWith:COMMITTEE&Offset")


def test_a_prompt_keeps_its_place_in_a_full_read():
    imis = FakeImis({QUERY: visits(1)})

    with imis.client() as client:
        keys(client)

    assert b"&Parameter=&" in imis.reads[0].url.query


def test_an_interrupted_reading_goes_on_at_its_row():
    imis = FakeImis({QUERY: visits(300)})

    with imis.client() as client:
        assert keys(client, offset=180)[0] == "web:1180"


def test_deletions_come_from_two_endpoints_as_one_stream():
    imis = FakeImis({path: RECORDED[path] for path in ("/api/PartyDeleteLog", "/api/ChangeLog")})

    with imis.client() as client:
        pages = list(client.pages(RESOURCES["deletions"]))

    found = [record for page in pages for record in page.records]
    assert [(each.key, each.erased, each.retained) for each in found] == [
        ("301", True, ""),
        ("401", False, "00101"),
    ]
    assert [page.has_next for page in pages] == [True, False]


def test_the_id_sweep_gives_ids_only():
    imis = FakeImis({"$/imis_ai/MemberIds": [{"ID": f"{n:04}"} for n in range(250)]})

    with imis.client() as client:
        found = [key for part in client.ids() for key in part]

    assert set(found) == {f"{n:04}" for n in range(250)}


def survivors_missed(seed: int, mode: str) -> int:
    """One pull of 1,000 rows while rows vanish or move to the end; how many that stayed were missed."""
    chance = random.Random(seed)
    rows = parties(1000)
    imis = FakeImis({"/api/Party": rows})
    gone: set[str] = set()

    def disturb(number, request):
        for _ in range(chance.choice([0, 1, 3, 8, 25] + [75] * (mode == "delete"))):
            victim = chance.randrange(len(rows) + 1)
            if victim == len(rows):
                continue
            if mode == "delete":
                gone.add(rows.pop(victim)["PartyId"])
            else:  # ordered by time of change: an update moves the row to the end
                rows.append(rows.pop(victim))

    imis.before = disturb
    with imis.client(page_size=50) as client:
        found = {record.key for page in client.pages(RESOURCES["members"]) for record in page.records}
    return len({f"{n:05}" for n in range(1000)} - gone - found)


@pytest.mark.parametrize("mode", ["delete", "update"])
def test_nothing_that_lived_throughout_is_missed_s7(mode):
    """500 pulls in all, each with hundreds of deletions or updates between its pages."""
    missed = [survivors_missed(seed, mode) for seed in range(250)]

    assert sum(missed) == 0


def test_a_table_that_moves_faster_than_it_can_be_read_ends():
    rows = parties(2000)
    imis = FakeImis({"/api/Party": rows})
    imis.before = lambda number, request: rows.sort(key=lambda row: hash((number, row["PartyId"])))

    with imis.client(page_size=100) as client, pytest.raises(BadAnswer, match="calmer hour"):
        keys(client, RESOURCES["members"])


def test_more_rows_than_were_seen_are_read_again_s7():
    """A row inserted before the place that was reached shows only in iMIS' count."""
    rows = parties(300)
    imis = FakeImis({"/api/Party": rows})
    imis.before = lambda number, request: rows.insert(0, PERSON | {"PartyId": "new"}) if number == 4 else None

    with imis.client() as client:
        pages = list(client.pages(RESOURCES["members"]))

    found = {record.key for page in pages for record in page.records}
    assert "new" in found
    assert [page.has_next for page in pages].count(False) == 1
    assert not pages[-1].has_next


def test_a_query_that_repeats_rows_is_read_twice_and_then_believed():
    imis = FakeImis({QUERY: visits(250) + visits(50)})

    with imis.client() as client:
        assert set(keys(client)) == {f"web:{1000 + n}" for n in range(250)}

    assert len(imis.reads) <= 8


def damaged_now_and_then(chance):
    def answer(number, request):
        if request.url.path == "/token" or chance.random() > 0.3:
            return None
        body = b'{"$type":"Asi.PagedResult","Items":{"$values":[{"VisitId":'
        elsewhere = page(visits(3), offset=7, total=90)
        return chance.choice(
            [reply(body), reply(b"<html>Sorry</html>", Content_Type="text/html"), reply(elsewhere)]
        )

    return answer


def test_damaged_pages_are_read_again_whole_s4():
    outcomes = {"whole": 0, "stopped": 0}
    for seed in range(60):
        imis = FakeImis({QUERY: visits(800)})
        imis.before = damaged_now_and_then(random.Random(seed))
        found: list[str] = []

        with imis.client() as client:
            try:
                for part in client.pages(WEB):
                    found += [record.key for record in part.records]
            except BadAnswer:
                outcomes["stopped"] += 1
            else:
                outcomes["whole"] += 1
                assert len(set(found)) == 800

        assert found == [f"web:{1000 + n}" for n in range(len(found))]

    assert outcomes["whole"] > 20, outcomes


def test_a_page_that_stays_damaged_stops_the_stream_loudly_s4():
    imis = FakeImis({QUERY: visits(10)})
    imis.before = lambda number, request: None if request.url.path == "/token" else reply(b'{"Items":')

    with imis.client() as client, pytest.raises(BadAnswer, match=r"web_visits, from row 0.*3 times in a row"):
        keys(client)

    assert len(imis.reads) == 3


def test_tokens_that_die_in_mid_stream_lose_no_page_s3():
    """200 pulls, the token killed at random requests."""
    for seed in range(200):
        chance = random.Random(seed)
        imis = FakeImis({QUERY: visits(900)})

        def kill(number, request, chance=chance, imis=imis):
            had_its_life = len(imis.seen) > 1 and imis.seen[-2].url.path != "/token"
            if had_its_life and chance.random() < 0.5:
                imis.live_token = "another"

        imis.before = kill
        with imis.client() as client:
            found = keys(client)

        assert found == [f"web:{1000 + n}" for n in range(900)]
        assert all(TOKEN in request.headers["Authorization"] for request in imis.reads)


def test_the_next_page_is_on_its_way_while_this_one_is_saved_and_never_two():
    imis, second = FakeImis({QUERY: visits(600)}), FakeImis({QUERY: visits(600)})
    flying = 0
    most = 0
    guard = threading.Lock()

    def slow(number, request):
        nonlocal flying, most
        with guard:
            flying += 1
            most = max(most, flying)
        time.sleep(0.1)
        with guard:
            flying -= 1

    imis.before = second.before = slow
    with imis.client() as client, second.client() as other:
        list(client.pages(RESOURCES["web_visits"], offset=580))
        list(other.pages(RESOURCES["web_visits"], offset=580))
        began = time.perf_counter()
        pages = 0
        for _ in client.pages(WEB):
            pages += 1
            time.sleep(0.1)
            if pages == 2:
                list(other.pages(WEB, offset=590))  # a second client of the same process waits its turn
        took = time.perf_counter() - began

    assert most == 1
    assert pages == 8
    assert took < 0.85 * (8 * 0.2 + 0.1)


def test_a_failure_ahead_shows_after_the_page_before_it_was_handed_out():
    imis = FakeImis({QUERY: visits(150)})
    imis.before = lambda number, request: reply({}, 403) if number == 3 else None

    with imis.client() as client:
        stream = client.pages(WEB)
        first = next(stream)
        with pytest.raises(Exception, match="not there for this account"):
            next(stream)

    assert len(first.records) == 100
