"""One conversation with iMIS: signed in, one request at a time, within the budget, one layer of retries.

Only readings are repeated here. A write is sent once and judged (`outcome.py`).
"""

import datetime as dt
import email.utils
import itertools
import logging
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import httpx2
import msgspec

from imis_ai.imis import guard, outcome
from imis_ai.imis.budget import Budget
from imis_ai.imis.errors import (
    AuthFailed,
    BadAnswer,
    Denied,
    ImisError,
    NotApplied,
    TooManyRequests,
    Unreachable,
)
from imis_ai.imis.route import PUBLIC, Route

CONNECT, READ, TOTAL = 5.0, 60.0, 120.0  # seconds
LARGEST = 20 * 1024 * 1024  # bytes of one answer, unpacked
PATIENCE = 600.0  # seconds of waiting within one request, retries together
TRIES, TRIES_500, TRIES_429 = 5, 3, 10
LONGEST_PAUSE = 60.0
RENEW_AT = 0.8  # of a token's life; for the usual 20 minutes that is four minutes early
_LINE = threading.Lock()  # one request in flight, however many clients the process makes
_JITTER = secrets.SystemRandom()

# both log addresses with their filters, and members' ids stand in those
for _name in ("httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True)
class Answer:
    body: bytes
    server_date: dt.datetime | None


class _Again(Exception):
    """Worth another try: at most `tries` in all, after `pause` seconds if iMIS said so."""

    def __init__(self, error: ImisError, *, tries: int = TRIES, pause: float | None = None) -> None:
        super().__init__()
        self.error = error
        self.tries = tries
        self.pause = pause


class _Token(msgspec.Struct):
    access_token: str
    expires_in: float = 1199.0
    user_name: str = msgspec.field(name="userName", default="")


class Session:
    """Requests under `base_url`.

    `password` may be a function, asked at each sign-in, so that a new one needs no restart.
    """

    def __init__(
        self,
        *,
        base_url: str,
        username: str,
        password: str | Callable[[], str],
        is_test_system: bool,
        budget: Budget,
        clock: Callable[[], float],
        transport: httpx2.BaseTransport | None = None,
        route: Route = PUBLIC,
    ) -> None:
        self.url = guard.checked_url(base_url, is_test_system=is_test_system)
        self.requests = 0
        self.token_seconds: float | None = None  # how long iMIS lets one sign-in last
        self._username = username
        self._password = password if callable(password) else lambda: password
        self._budget = budget
        self._clock = clock
        self._network = guard.Network(may_be_inner=is_test_system, route=route)
        self._http = httpx2.Client(
            transport=transport or guard.Transport(self._network),
            timeout=httpx2.Timeout(READ, connect=CONNECT),
            headers={"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "imis_ai"},
            trust_env=False,
            follow_redirects=False,
        )
        self._bearer = ""
        self._renew_at = 0.0
        self._refused = False
        self._is_down = False

    def __repr__(self) -> str:
        return f"<Session {self.url.host}>"

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Answer:
        """One answer, after as many tries as are allowed. Raises a child of `ImisError`."""
        with _LINE:
            started = self._clock()
            for attempt in itertools.count(1):
                try:
                    answer = self._once(path, params)
                except _Again as again:
                    self._pause(again, attempt, started)
                else:
                    self._is_down = False
                    return answer
        raise AssertionError  # count() never ends

    def write(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        gate: Callable[[], None],
        params: Sequence[tuple[str, str]] = (),
    ) -> bytes:
        """One POST, PUT or DELETE, sent once: the stored object as iMIS answers it.

        `gate` is called last of all before the request leaves; what it raises keeps the request here.
        Raises `NotApplied` or `Ambiguous`, or AuthFailed and QuietHours, after which nothing was sent.
        """
        content = None if body is None else msgspec.json.encode(body)
        with _LINE:
            for attempt in (1, 2):
                self._sign_in_to_write()
                try:
                    response, answer = self._exchange(
                        method, path, params=params, content=content, bearer=self._bearer, gate=gate
                    )
                except (httpx2.HTTPError, BadAnswer, Unreachable) as error:
                    raise outcome.broken(error, path) from None
                if response.status_code == 401 and attempt == 1:
                    self._bearer = ""  # certainly not applied: once more with a new token
                    continue
                outcome.judge(response, answer, path, method, retry_at=self._retry_at(response))
                return answer
        raise AssertionError  # the second attempt returns or raises

    def _sign_in_to_write(self) -> None:
        try:
            if not self._bearer or self._clock() >= self._renew_at:
                self._sign_in()
        except _Again as again:
            raise NotApplied(str(again.error)) from None

    def _retry_at(self, response: httpx2.Response) -> dt.datetime | None:
        told = self._told(response)
        return None if told is None else dt.datetime.fromtimestamp(self._clock() + told, dt.UTC)

    def _pause(self, again: _Again, attempt: int, started: float) -> None:
        """Set the pause before the next try, or raise. A system that was down before gets one try."""
        is_pointless = attempt >= again.tries or (self._is_down and again.pause is None)
        pause = again.pause if again.pause is not None else self._back_off(attempt, again)
        if is_pointless or self._clock() - started + pause > PATIENCE:
            self._is_down = isinstance(again.error, Unreachable)
            if again.pause is not None:
                self._budget.hold(self._clock() + again.pause)
            raise again.error from None
        self._budget.hold(self._clock() + pause)

    def _back_off(self, attempt: int, again: _Again) -> float:
        least = 1.0 if isinstance(again.error, TooManyRequests) else 0.0
        return _JITTER.uniform(least, min(LONGEST_PAUSE, 2.0**attempt))

    def _once(self, path: str, params: Sequence[tuple[str, str]]) -> Answer:
        if not self._bearer or self._clock() >= self._renew_at:
            self._sign_in()
        response, body = self._send("GET", path, params=params, bearer=self._bearer)
        if response.status_code == 401:
            self._sign_in()
            response, body = self._send("GET", path, params=params, bearer=self._bearer)
        self._judge(response, path)
        return Answer(body=body, server_date=_http_date(response.headers.get("Date")))

    def _sign_in(self) -> None:
        """A new token. Wrong credentials are tried once by a client: five failures lock the account."""
        if self._refused:
            raise AuthFailed(_REFUSED)
        self._bearer = ""
        form = {"grant_type": "password", "username": self._username, "password": self._password()}
        response, body = self._send("POST", "/token", form=form)
        if response.status_code in {400, 401, 403}:
            self._refused = True
            raise AuthFailed(_REFUSED)
        self._judge(response, "/token")
        try:
            token = msgspec.json.decode(body, type=_Token, strict=False)
        except ValueError:
            raise _Again(
                BadAnswer("iMIS' sign-in answered with something that holds no token. Check IMIS_URL."),
                tries=3,
            ) from None
        if token.user_name.upper() == "GUEST" or not token.access_token:
            self._refused = True
            raise AuthFailed(
                "iMIS signed us in as a guest. Give the account its own user name in IMIS_USERNAME."
            )
        self._bearer = token.access_token
        self.token_seconds = token.expires_in
        self._renew_at = self._clock() + RENEW_AT * token.expires_in

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        form: dict[str, str] | None = None,
        bearer: str = "",
    ) -> tuple[httpx2.Response, bytes]:
        try:
            return self._exchange(method, path, params=params, form=form, bearer=bearer)
        except httpx2.HTTPError as error:
            raise _failure(error, path, self._network.deadline) from None

    def _exchange(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        form: dict[str, str] | None = None,
        content: bytes | None = None,
        bearer: str = "",
        gate: Callable[[], None] | None = None,
    ) -> tuple[httpx2.Response, bytes]:
        """One request and its whole answer, whatever the status. Raises what httpx2 raises."""
        self._budget.take()
        if gate is not None:
            gate()
        self.requests += 1
        self._network.deadline = deadline = time.monotonic() + TOTAL
        url = self.url.copy_with(raw_path=_target(self.url.path.rstrip("/") + path, params))
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        if content is not None:
            headers["Content-Type"] = "application/json"
        request = self._http.build_request(method, url, data=form, content=content, headers=headers)
        response = self._http.send(request, stream=True)
        try:
            return response, _read(response.iter_bytes(), deadline, path)
        finally:
            response.close()

    def _judge(self, response: httpx2.Response, path: str) -> None:
        """Raise unless the answer is a success in JSON."""
        status = response.status_code
        if 200 <= status < 300:
            if "json" not in response.headers.get("Content-Type", ""):
                raise _Again(
                    BadAnswer(
                        f"{path}: iMIS answered with a page that is no data. Check IMIS_URL, or "
                        "whether iMIS is under maintenance."
                    ),
                    tries=3,
                )
            return
        if status == 401:
            self._bearer = ""
            raise AuthFailed(
                f"{path}: iMIS refuses a token it has just given. Check the roles of the account in iMIS."
            )
        if status == 429:
            raise self._too_many(response, path)
        if status in {408, 500, 502, 503, 504}:
            error = Unreachable(
                f"{path}: iMIS cannot answer now (status {status}). The next run tries again."
            )
            raise _Again(error, tries=TRIES_500 if status == 500 else TRIES, pause=self._told(response))
        if 300 <= status < 400:
            raise BadAnswer(
                f"{path}: iMIS sends us to another address, which is not followed. Set IMIS_URL to the "
                "final address."
            )
        if status in {403, 404, 405, 501}:
            raise Denied(
                f"{path}: not there for this account (status {status}). Give the account the right in iMIS, "
                "or tick 'Available via the REST API'.",
                status=status,
            )
        raise BadAnswer(
            f"{path}: iMIS refuses the request (status {status}). Check the names in the mapping file."
        )

    def _too_many(self, response: httpx2.Response, path: str) -> _Again:
        told = self._told(response)
        at = dt.datetime.fromtimestamp(self._clock() + (told or LONGEST_PAUSE), dt.UTC)
        message = (
            f"{path}: iMIS asks for a pause. Sync goes on at {at:%H:%M} UTC or later; "
            "lower IMIS_REQUESTS_PER_MINUTE if it happens often."
        )
        return _Again(TooManyRequests(message, retry_at=at), tries=TRIES_429, pause=told)

    def _told(self, response: httpx2.Response) -> float | None:
        """Seconds that Retry-After asks for, as a number or as a date."""
        text = response.headers.get("Retry-After", "").strip()
        if text.isdecimal():
            return float(text[:9])
        at = _http_date(text)
        if at is None:
            return None
        here = _http_date(response.headers.get("Date")) or dt.datetime.fromtimestamp(self._clock(), dt.UTC)
        return max((at - here).total_seconds(), 0.0)


_REFUSED = (
    "iMIS does not accept the user name and password. Correct IMIS_USERNAME and IMIS_PASSWORD; "
    "after five failures iMIS locks the account."
)


def _target(path: str, params: Sequence[tuple[str, str]]) -> bytes:
    """Path and query as iMIS reads them: `$`, `/`, `:` and `|` need no escape and its examples have none."""
    query = urlencode(params, quote_via=quote, safe="$/:")
    return (quote(path, safe="/~%") + ("?" + query if query else "")).encode("ascii")


def _read(chunks: Iterable[bytes], deadline: float, path: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        size += len(chunk)
        parts.append(chunk)
        if size > LARGEST:
            raise BadAnswer(
                f"{path}: the answer is larger than {LARGEST // 2**20} MiB. Lower IMIS_PAGE_SIZE."
            )
        if time.monotonic() >= deadline:
            raise _too_slow(path)
    return b"".join(parts)


def _too_slow(path: str) -> Unreachable:
    """Not tried again: the time for the whole request is used up."""
    return Unreachable(
        f"{path}: iMIS took more than {TOTAL:.0f} seconds for one answer. Lower IMIS_PAGE_SIZE."
    )


def _failure(error: httpx2.HTTPError, path: str, deadline: float) -> Exception:
    """What went wrong below HTTP, as a sentence; a certificate that does not hold is not tried again."""
    if isinstance(error, httpx2.ConnectError) and _is_tls(error):
        return Unreachable(
            "iMIS' certificate cannot be verified, so nothing was sent. Have it renewed, or add your "
            "authority to the system's trust store."
        )
    if time.monotonic() >= deadline:
        return _too_slow(path)
    if isinstance(error, httpx2.TimeoutException):
        return _Again(Unreachable(f"{path}: iMIS did not answer in time. The next run tries again."))
    return _Again(
        Unreachable(
            f"{path}: the connection to iMIS failed ({type(error).__name__}). Check IMIS_URL and the network."
        )
    )


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _http_date(text: str | None) -> dt.datetime | None:
    if not text:
        return None
    try:
        found: Any = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)  # type: ignore[no-any-return]
