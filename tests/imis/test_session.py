"""Sign-in, retries, budget and quiet hours, and that no secret gets anywhere."""

import datetime as dt
import io
import logging
import random
import traceback

import httpx2
import pytest

from imis_ai.imis import budget
from imis_ai.imis.client import Client, Page
from imis_ai.imis.errors import (
    AuthFailed,
    BadAnswer,
    Denied,
    ImisError,
    QuietHours,
    TooManyRequests,
    Unreachable,
)
from imis_ai.imis.resources import RESOURCES
from tests.imis.fake import CHICAGO, PASSWORD, TOKEN, Clock, FakeImis, reply, visits

WEB = RESOURCES["web_visits"]


def count(imis: FakeImis, rows: int = 300, **changes) -> int:
    imis.lists.setdefault(WEB.path, visits(rows))
    with imis.client(**changes) as client:
        return sum(len(page.records) for page in client.pages(WEB))


def not_token(request: httpx2.Request) -> bool:
    return request.url.path != "/token"


@pytest.mark.row("GOV-10")
def test_the_token_is_fetched_once_and_renewed_before_it_ends():
    imis = FakeImis({WEB.path: visits(1500)}, token_seconds=1000)
    imis.before = lambda number, request: imis.clock.sleep(100)

    count(imis)

    issued = [at + 100 for request, at in zip(imis.seen, imis.times, strict=True) if not not_token(request)]
    reads = [at for request, at in zip(imis.seen, imis.times, strict=True) if not_token(request)]
    ages = [at - max(token for token in issued if token <= at) for at in reads]
    assert len(issued) == imis.tokens == 3
    assert max(ages) <= 1000 - 60


@pytest.mark.row("GOV-10")
def test_a_401_renews_the_token_once_and_a_second_one_is_final_s3():
    imis = FakeImis()
    imis.before = lambda number, request: reply({}, 401) if not_token(request) else None

    with pytest.raises(AuthFailed, match="token it has just given"):
        count(imis)

    assert [request.url.path for request in imis.seen] == ["/token", "/api/query", "/token", "/api/query"]


@pytest.mark.row("GOV-10")
def test_wrong_credentials_are_tried_once_because_five_lock_the_account():
    imis = FakeImis({WEB.path: visits(1)})
    refusal = {"error": "invalid_grant", "error_description": f"{PASSWORD} is wrong"}
    imis.before = lambda number, request: reply(refusal, 400)

    with imis.client() as client:
        for _ in range(8):
            with pytest.raises(AuthFailed) as caught:
                list(client.pages(WEB))

    assert len(imis.seen) == 1
    assert PASSWORD not in str(caught.value)


def test_a_guest_is_not_signed_in():
    imis = FakeImis()
    imis.before = lambda number, request: reply({"access_token": "x", "expires_in": 10, "userName": "GUEST"})

    with pytest.raises(AuthFailed, match="guest"):
        count(imis)


@pytest.mark.row("GOV-11")
def test_a_new_password_needs_no_restart():
    imis = FakeImis({WEB.path: visits(1)}, token_seconds=100)
    passwords = iter(["first", "second"])

    with imis.client(password=lambda: next(passwords)) as client:
        list(client.pages(WEB))
        imis.clock.sleep(200)
        list(client.pages(WEB))

    forms = [request.content for request in imis.seen if not not_token(request)]
    assert [b"password=first" in forms[0], b"password=second" in forms[1]] == [True, True]


@pytest.mark.parametrize("header", ["7", "Mon, 02 Mar 2026 15:00:07 GMT", None])
def test_pauses_are_kept_to_the_second_and_the_run_completes_s1(header):
    for seed in range(10):
        chance = random.Random(seed)
        imis = FakeImis()
        not_before = 0.0

        def busy(number, request, imis=imis, chance=chance):
            nonlocal not_before
            assert imis.clock.now >= not_before
            if chance.random() < 0.3:
                not_before = imis.clock.now + 7 if header else 0
                return reply({}, 429, **({"Retry_After": header} if header else {}))
            return None

        imis.before = busy

        assert count(imis, 900) == 900


def test_a_pause_longer_than_a_run_is_reported_and_kept_s1():
    imis = FakeImis({WEB.path: visits(5)})
    imis.before = lambda number, request: reply({}, 429, Retry_After="3600") if number == 2 else None

    with imis.client() as client:
        with pytest.raises(TooManyRequests) as caught:
            list(client.pages(WEB))
        began = imis.clock.now
        list(client.pages(WEB))

    assert caught.value.retry_at == dt.datetime(2026, 3, 2, 16, tzinfo=dt.UTC)
    assert imis.times[-1] - began >= 3600


def test_an_endless_stream_of_429_ends():
    imis = FakeImis()
    imis.before = lambda number, request: reply({}, 429) if not_token(request) else None

    with pytest.raises(TooManyRequests):
        count(imis)

    assert len(imis.reads) <= 10
    assert sum(imis.clock.slept) <= 600


def test_an_answer_that_is_no_token_is_asked_for_again():
    imis = FakeImis()
    imis.before = lambda number, request: reply({"hello": 1}) if number == 1 else None

    assert count(imis) == 300


@pytest.mark.parametrize(("status", "tries"), [(500, 3), (502, 5), (503, 5), (504, 5), (408, 5)])
def test_failing_servers_are_asked_again_a_few_times_s2(status, tries):
    imis = FakeImis()
    imis.before = lambda number, request: reply({}, status) if not_token(request) else None

    with pytest.raises(Unreachable, match=str(status)):
        count(imis)

    assert len(imis.reads) == tries


def test_a_generic_500_is_survived_twice_s2():
    imis = FakeImis()
    imis.before = lambda number, request: reply({}, 500) if number in (2, 3) else None

    assert count(imis) == 300


@pytest.mark.parametrize(
    "failure", [httpx2.ConnectError, httpx2.ReadTimeout, httpx2.RemoteProtocolError, httpx2.ReadError]
)
def test_broken_connections_are_tried_again_s2(failure):
    imis = FakeImis()

    def cut(number, request):
        if number % 3 == 0:
            raise failure("cut", request=request)

    imis.before = cut

    assert count(imis, 900) == 900


def test_a_system_that_is_down_is_not_asked_five_times_for_every_resource_s2():
    imis = FakeImis({path: [] for path in ("/api/Party", "/api/Event", "/api/Payment")})

    def down(number, request):
        raise httpx2.ConnectError("down", request=request)

    imis.before = down
    with imis.client() as client:
        for name in ("members", "events", "payments"):
            with pytest.raises(Unreachable):
                list(client.pages(RESOURCES[name]))
        assert len(imis.seen) == 5 + 1 + 1
        imis.before = lambda number, request: None
        assert next(client.pages(RESOURCES["events"])).records == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (403, Denied),
        (404, Denied),
        (405, Denied),
        (501, Denied),
        (400, BadAnswer),
        (302, BadAnswer),
        (418, BadAnswer),
    ],
)
def test_refusals_are_final(status, kind):
    imis = FakeImis()
    imis.before = lambda number, request: (
        reply({}, status, Location="http://127.0.0.1/") if not_token(request) else None
    )

    with pytest.raises(kind, match="/api/query"):
        count(imis)

    assert len(imis.reads) == 1


def test_a_web_page_is_no_data():
    imis = FakeImis()
    imis.before = lambda number, request: (
        reply(b"<html>", Content_Type="text/html") if not_token(request) else None
    )

    with pytest.raises(BadAnswer, match="no data"):
        count(imis)

    assert len(imis.reads) == 3


@pytest.mark.row("GOV-49")
@pytest.mark.parametrize("ceiling", [1, 10, 60])
def test_no_minute_holds_more_requests_than_the_ceiling(ceiling):
    imis = FakeImis({WEB.path: visits(40 * ceiling)})

    count(imis, requests_per_minute=ceiling, page_size=20)

    times = imis.times
    assert len(times) > 2 * ceiling
    assert all(late - early >= 60 for early, late in zip(times, times[ceiling:], strict=False))


@pytest.mark.row("GOV-49")
def test_quiet_hours_stop_the_run_where_it_is_and_say_when_it_goes_on():
    imis = FakeImis({WEB.path: visits(1000)})  # it is 09:00 in Chicago
    imis.before = lambda number, request: imis.clock.sleep(5 * 60)
    found: list[Page] = []

    client = imis.client(quiet_hours="10:00-18:00")
    with client, pytest.raises(QuietHours, match="until 18:00") as caught:
        found.extend(client.pages(WEB))

    assert len(found) > 2
    assert all(at < dt.datetime(2026, 3, 2, 16, tzinfo=dt.UTC).timestamp() for at in imis.times)
    assert caught.value.until == dt.datetime(2026, 3, 3, tzinfo=dt.UTC)


@pytest.mark.row("GOV-49")
@pytest.mark.parametrize(
    ("clock", "spans", "until"),
    [
        ("08:00", "08:00-18:00", "18:00"),
        ("18:00", "08:00-18:00", None),
        ("23:00", "22:00-06:00", "06:00"),
        ("05:59", "22:00-06:00", "06:00"),
        ("12:00", "22:00-06:00", None),
        ("12:00", "07:00-09:00, 11:30-13:00", "13:00"),
        ("12:00", "00:00-24:00", "00:00"),
        ("12:00", "", None),
    ],
)
def test_quiet_spans(clock, spans, until):
    now = dt.datetime.combine(dt.date(2026, 3, 2), dt.time.fromisoformat(clock), CHICAGO.context.zone)

    found = budget.quiet_until(now, budget.quiet_spans(spans))

    assert (found and f"{found:%H:%M}") == until


@pytest.mark.parametrize("text", ["8-18", "25:00-26:00", "08:00", "morning"])
def test_quiet_hours_that_are_none_are_refused(text):
    with pytest.raises(ValueError, match="Write it like 08:00-18:00"):
        budget.quiet_spans(text)


@pytest.fixture
def everything_logged():
    """Every logger at its most talkative, into one text."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.mark.row("GOV-11")
def test_no_secret_is_logged_or_raised_or_shown(everything_logged):
    """iMIS fails in every way and echoes our secrets in its answers; the words we keep never hold them."""
    said: list[str] = []
    for status in (200, 302, 400, 401, 403, 404, 408, 429, 500, 503):
        for at in (1, 2, 3):
            imis = FakeImis({WEB.path: visits(300)})
            echo = {"error_description": f"{PASSWORD} {TOKEN}", "Message": f"{PASSWORD} {TOKEN}"}
            imis.before = lambda number, request, at=at, status=status, echo=echo: (
                reply(echo, status) if number >= at else None
            )
            with imis.client() as client:
                said += [repr(client), repr(client._session), str(client), repr(vars(client))]
                try:
                    list(client.pages(WEB))
                except ImisError as error:
                    said += [str(error), repr(error), "".join(traceback.format_exception(error))]

    everything = everything_logged.getvalue() + "".join(said)
    assert len(said) > 100
    assert PASSWORD not in everything
    assert TOKEN not in everything


def test_clients_can_be_made_from_the_settings(settings, tmp_path, monkeypatch):
    settings.IMIS_URL, settings.IMIS_USERNAME, settings.IMIS_PASSWORD = (
        "https://imis.example.org",
        "imis_ai",
        "old",
    )
    settings.TIME_ZONE = "America/Denver"
    secret = tmp_path / "password"
    secret.write_text("rotated\n")
    monkeypatch.setenv("IMIS_PASSWORD_FILE", str(secret))
    imis = FakeImis({WEB.path: visits(1)})

    with Client.from_settings(
        transport=httpx2.MockTransport(imis.handle), clock=Clock(), sleep=Clock().sleep
    ) as client:
        (only,) = client.pages(WEB)

    assert b"password=rotated" in imis.seen[0].content
    assert only.records[0].at == dt.datetime(2026, 1, 5, 16, tzinfo=dt.UTC)
