"""An iMIS of a few lists behind httpx2's MockTransport, with faults on order."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx2

from imis_ai.imis import mapping
from imis_ai.imis.client import Client

CORE = "Asi.Soa.Core.DataContracts"
NOW = dt.datetime(2026, 3, 2, 15, 0, tzinfo=dt.UTC)
PASSWORD = "canary-pass-7731"
TOKEN = "canary-token-5512"
CHICAGO = mapping.load(time_zone="America/Chicago")

Row = dict[str, Any]
Answer = httpx2.Response


def box(value: Any) -> Any:
    names = {bool: "System.Boolean", int: "System.Int32", float: "System.Decimal"}
    return {"$type": names[type(value)], "$value": value} if type(value) in names else value


def bag(entity: str, identity: list[str], properties: Row, *, plain: bool = False) -> Row:
    """A GenericEntityData row; None leaves the Value out; `plain` lists without `$values`."""
    items = [
        {"$type": f"{CORE}.GenericPropertyData, Asi.Contracts", "Name": name}
        | ({} if value is None else {"Value": box(value)})
        for name, value in properties.items()
    ]
    return {
        "$type": f"{CORE}.GenericEntityData, Asi.Contracts",
        "EntityTypeName": entity,
        "Identity": {
            "$type": f"{CORE}.IdentityData, Asi.Contracts",
            "EntityTypeName": entity,
            "IdentityElements": {"$type": "System.Collections", "$values": identity},
        },
        "Properties": items if plain else {"$type": "…Collection", "$values": items},
    }


def money(amount: float) -> Row:
    return {"$type": f"{CORE}.MonetaryAmountData, Asi.Contracts"} | ({"Amount": amount} if amount else {})


def values(*items: Any) -> Row:
    return {"$type": "System.Collections.Generic.List", "$values": list(items)}


def page(
    items: list[Any], *, offset: int = 0, total: int | None = None, kind: str = "", plain: bool = False
) -> Row:
    total = len(items) if total is None else total
    following = offset + len(items) if offset + len(items) < total else 0
    return {
        "$type": f"{CORE}.PagedResult`1[[{kind or 'System.Object, mscorlib'}]], Asi.Contracts",
        "Items": items if plain else values(*items),
        "Offset": offset,
        "Limit": 500,
        "Count": len(items),
        "TotalCount": total,
        "NextPageLink": None,
        "HasNext": following > 0,
        "NextOffset": following,
    }


def reply(body: Any, status: int = 200, **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    base = {"Content-Type": "application/json; charset=utf-8", "Date": "Mon, 02 Mar 2026 15:00:00 GMT"}
    return Answer(
        status, content=content, headers=base | {k.replace("_", "-"): v for k, v in headers.items()}
    )


class Clock:
    """Seconds since 1970 that pass only when somebody sleeps."""

    def __init__(self, now: dt.datetime = NOW) -> None:
        self.now = now.timestamp()
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class FakeImis:
    """`lists` are rows by path or query name.

    `before` runs with the number of each request; what it answers replaces our answer.
    """

    def __init__(self, lists: dict[str, list[Row]] | None = None, *, token_seconds: float = 1199) -> None:
        self.lists = lists or {}
        self.clock = Clock()
        self.token_seconds = token_seconds
        self.seen: list[httpx2.Request] = []
        self.times: list[float] = []
        self.tokens = 0
        self.live_token = ""
        self.before: Callable[[int, httpx2.Request], Answer | None] = lambda number, request: None

    def client(self, **changes: Any) -> Client:
        made = {
            "base_url": "https://imis.example.org",
            "username": "imis_ai",
            "password": PASSWORD,
            "requests_per_minute": 0,
            "page_size": 100,
            "names": CHICAGO,
            "clock": self.clock,
            "sleep": self.clock.sleep,
            "transport": httpx2.MockTransport(self.handle),
        } | changes
        return Client(**made)

    def handle(self, request: httpx2.Request) -> Answer:
        self.seen.append(request)
        self.times.append(self.clock.now)
        if (instead := self.before(len(self.seen), request)) is not None:
            return instead
        if request.url.path.lower().endswith("/token"):
            return self._token()
        if request.headers.get("Authorization") != f"Bearer {self.live_token}":
            return reply({"Message": "Authorization has been denied for this request."}, 401)
        return self._list(request)

    def _token(self) -> Answer:
        self.tokens += 1
        self.live_token = f"{TOKEN}-{self.tokens}"
        return reply(
            {
                "access_token": self.live_token,
                "token_type": "bearer",
                "expires_in": self.token_seconds,
                "userName": "imis_ai",
            }
        )

    def _list(self, request: httpx2.Request) -> Answer:
        query = dict(parse_qsl(request.url.query.decode()))
        rows = self.lists.get(query.get("QueryName") or request.url.path)
        if rows is None:
            return reply({"Message": "No such thing."}, 404)
        offset, limit = int(query.get("Offset", 0)), min(int(query.get("Limit", 100)), 500)
        return reply(page(rows[offset : offset + limit], offset=offset, total=len(rows)))

    @property
    def reads(self) -> list[httpx2.Request]:
        return [request for request in self.seen if not request.url.path.lower().endswith("/token")]


def visits(count: int) -> list[Row]:
    """Rows of the web activity query."""
    start = dt.datetime(2026, 1, 5, 9, 0)
    return [
        {
            "$type": "System.Dynamic.ExpandoObject, System.Core",
            "VisitId": 1000 + n,
            "ID": str(100 + n % 7),
            "Kind": "login",
            "At": (start + dt.timedelta(minutes=n)).isoformat(),
            "Reference": f"/page/{n % 9}",
            "Minutes": 3.5,
        }
        for n in range(count)
    ]
