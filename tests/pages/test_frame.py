"""The frame of every page: how many items wait for this person at each place, asked for in one query."""

import re

from django.db import connection
from django.test.utils import CaptureQueriesContext

from imis_ai.governance.models import StaffItem
from tests.factories.accounts import UserFactory
from tests.factories.governance import OutboxMessageFactory, ProposalFactory
from tests.factories.mirror import NOW
from tests.reading import html_of

SCORES = {"as_of": "2026-06-01", "model": "churn 2026.6.1", "rows": []}


def counted(client) -> dict[str, int]:
    side = html_of(client.get("/help/shortcuts/")).split('aria-label="Main"')[1].split("</nav>")[0]
    found = re.findall(r"</svg> ?([^<]+?) ?<span class=\"n\">([\d,]+)<span", side)
    return {label: int(number.replace(",", "")) for label, number in found}


def test_each_place_shows_what_waits_for_this_person_in_the_same_number_of_queries(run, signed_in):
    author, reader = UserFactory(role="membership"), UserFactory(role="membership")
    hers, others = signed_in(author), signed_in(reader)
    with CaptureQueriesContext(connection) as before:
        assert counted(others) == {}
    mine = ProposalFactory(kind="retention.scores", payload=SCORES, proposed_by=author)
    StaffItem.objects.create(imis_id="1", why="asked", key="1", opened_at=NOW)
    StaffItem.objects.create(imis_id="2", why="asked", key="2", opened_at=NOW)
    OutboxMessageFactory(proposal=mine, state="dead")

    with CaptureQueriesContext(connection) as after:
        shown = counted(others)

    assert shown == {"Approvals": 1, "Waiting for a person": 2, "Write-back queue": 1}
    assert counted(hers) == {"Waiting for a person": 2, "Write-back queue": 1}  # her own needs another's yes
    assert counted(signed_in(UserFactory(role="admin"))) == {"Write-back queue": 1}
    assert counted(signed_in(UserFactory(role="executive"))) == {}
    assert len(after) == len(before)
