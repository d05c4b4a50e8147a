"""What a row costs from bytes to records: the first pull of an association is a million rows."""

import json
import sys
import time

import pytest

from imis_ai.imis.parse import page as paging
from imis_ai.imis.resources import RESOURCES
from tests.imis.fake import CHICAGO, page, visits
from tests.imis.recorded import ACTIVITY, ORGANISATION, PERSON, RECORDED
from tests.pace import slowness

ROWS = 500
CASES = {
    "web_visits": (visits(ROWS), 12.0),
    "terms": ([RECORDED["$/imis_ai/Terms"][0] | {"TermId": n} for n in range(ROWS)], 12.0),
    "invoices": ([RECORDED["$/imis_ai/Invoices"][0] | {"InvoiceId": n} for n in range(ROWS)], 12.0),
    "activities": ([ACTIVITY] * ROWS, 20.0),
    "members": ([PERSON | {"PartyId": f"{n}"} if n % 20 else ORGANISATION for n in range(ROWS)], 60.0),
}


def microseconds(name: str, rows: list[dict]) -> float:
    """Best of several runs of CPU time for a row, decoding and conversion together, as on a quiet machine."""
    shape, context = RESOURCES[name].shape, CHICAGO.context
    body = json.dumps(page(rows), separators=(",", ":")).encode()
    best, slow = float("inf"), slowness()
    for _ in range(12):
        began = time.process_time()
        decoded = paging.decode(body, shape, context, 0)
        found, rejects = paging.convert(decoded, shape, context, off=frozenset(), known=frozenset())
        best = min(best, time.process_time() - began)
    assert len(found) >= ROWS
    assert rejects == []
    return best / ROWS * 1e6 / max(slow, slowness())


@pytest.mark.parametrize("name", CASES)
@pytest.mark.skipif(sys.gettrace() is not None, reason="tracing for coverage makes every line slow")
def test_a_row_costs_little(name, record_property):
    rows, target = CASES[name]

    cost = microseconds(name, rows)

    record_property("microseconds_per_row", round(cost, 2))
    assert cost <= target
