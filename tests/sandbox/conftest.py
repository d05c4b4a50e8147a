"""A running sandbox and a caller that speaks to it over loopback HTTP."""

from typing import Any

import httpx2
import pytest

from imis_ai.sandbox.server import Running, start

TODAY = "2026-11-21"


class Caller:
    """One connection under one account.

    `get`, `post`, `put`, `delete` return responses; `items` a whole listing.
    """

    def __init__(self, running: Running, username: str = "imis_ai") -> None:
        self.running = running
        self.http = httpx2.Client(base_url=running.url, timeout=20)
        self.login(username)

    def __enter__(self) -> "Caller":
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def login(self, username: str) -> None:
        form = {"grant_type": "password", "username": username, "password": "sandbox"}
        token = self.http.post("/token", data=form).json()["access_token"]
        self.http.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **params: Any) -> httpx2.Response:
        return self.http.get(path, params=params or None)

    def post(self, path: str, body: Any = None) -> httpx2.Response:
        return self.http.post(path, json=body)

    def put(self, path: str, body: Any) -> httpx2.Response:
        return self.http.put(path, json=body)

    def delete(self, path: str) -> httpx2.Response:
        return self.http.delete(path)

    def items(self, path: str, **params: Any) -> list[Any]:
        found, offset = [], 0
        while True:
            page = self.http.get(path, params={**params, "limit": 500, "offset": offset}).json()
            found += page["Items"]["$values"]
            if not page["HasNext"]:
                return found
            offset = page["NextOffset"]

    def rows(self, query: str, **params: Any) -> list[dict[str, Any]]:
        return self.items("/api/query", QueryName=f"$/imis_ai/{query}", **params)

    def edit(self, **body: Any) -> dict[str, Any]:
        answer = self.http.post("/_sandbox/edit", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def faults(self, *rules: dict[str, Any]) -> None:
        assert self.http.post("/_sandbox/faults", json=list(rules)).status_code == 200

    def truth(self) -> dict[str, Any]:
        return self.http.get("/_sandbox/truth").json()


@pytest.fixture(scope="session")
def shared():
    """A sandbox that tests only read from."""
    with start(members=300, seed=1, today=TODAY) as running:
        yield running


@pytest.fixture(scope="session")
def imis(shared):
    with Caller(shared) as found:
        yield found


@pytest.fixture
def fresh():
    """A sandbox of one's own, to write to."""
    with start(members=120, seed=2, today=TODAY) as running:
        yield running
        assert running.app.failures == []


@pytest.fixture
def caller(fresh):
    with Caller(fresh) as found:
        yield found


@pytest.fixture
def staff(fresh):
    with Caller(fresh, "staff") as found:
        yield found


@pytest.fixture
def someone(caller):
    """The iMIS id of a person who is a member."""
    return next(iter(caller.truth()["members"]))


def bag(row: dict[str, Any], key: str = "Properties") -> dict[str, Any]:
    """A property bag opened, boxes kept."""
    return {p["Name"]: p.get("Value") for p in row[key]["$values"]}
