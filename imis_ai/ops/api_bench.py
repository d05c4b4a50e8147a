"""How long other systems wait for a thousand members at once."""

import time
from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from imis_ai.accounts.models import User
from imis_ai.bench import Figure
from imis_ai.integrations.actions import clients
from imis_ai.integrations.scopes import SCOPES
from imis_ai.mirror import access
from imis_ai.ops import population

IDS = 1000
LIMIT = 2000  # ms, 95 of 100 calls
MOST_QUERIES = 12
ACTIVITIES = 4  # per member; the answers do not depend on them
LISTS = {"scores": "/api/v1/retention/scores/by-id/", "members": "/api/v1/members/by-id/"}


def measure(members: int, seed: int, runs: int) -> list[Figure]:
    """Per list: time of 95 in 100 calls with 1,000 ids, other ones each time, and queries."""
    owner = population.fill(members=members, activities=members * ACTIVITIES, seed=seed)["membership"]
    client = _client(owner)
    ids = list(access.members(owner).order_by("pk").values_list("imis_id", flat=True))
    found = []
    for name, address in LISTS.items():
        times = [_ask(client, address, _some(ids, run)) for run in range(-1, runs)][1:]
        with CaptureQueriesContext(connection) as captured:
            _ask(client, address, _some(ids, 0))
        p95 = sorted(times)[max(0, -(-len(times) * 95 // 100) - 1)]
        found += [
            Figure(f"{name} of {IDS:,} ids, p95", p95, "ms", LIMIT, runs),
            Figure(f"{name} of {IDS:,} ids, queries", len(captured), "queries", MOST_QUERIES),
        ]
    return found


def _client(owner: User) -> Client:
    now = timezone.now()
    administrator = User.objects.get(username="bench-admin")
    row = clients.register(
        name="bench",
        owner=owner,
        scopes=list(SCOPES),
        expires_at=now + timedelta(days=1),
        per_minute=clients.MOST_PER_MINUTE,
        by=administrator,
        now=now,
    )
    token = clients.make_token(client=row, by=owner, now=now)
    return Client(headers={"host": "localhost", "Authorization": f"Bearer {token}"})


def _some(ids: list[str], run: int) -> list[str]:
    """A thousand ids spread over everybody."""
    step = max(1, len(ids) // IDS)
    return ids[run % step :: step][:IDS]


def _ask(client: Client, address: str, ids: list[str]) -> float:
    begun = time.perf_counter()
    answer = client.post(address, {"imis_ids": ids}, content_type="application/json")
    took = (time.perf_counter() - begun) * 1000
    if answer.status_code != 200 or answer.json()["not_found"]:
        raise AssertionError(f"{address} answers {answer.status_code}: {answer.content[:200]!r}")
    return took
