"""A week's calls in a real browser, with the keyboard alone."""

import time

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from retention.models import Call, RiskScore
from retention.queries.policy import Policy
from tests import pace
from tests.browser.plant import association
from tests.factories.retention import CallFactory

MOST = 20.0  # seconds of machine and keyboard for one decision


@pytest.mark.row("CHURN-27", "CHURN-37")
def test_ten_calls_are_worked_through_with_one_key_each(desk, person):
    association(10)
    period = Policy().period(timezone.localdate())
    scores = RiskScore.objects.filter(run__is_current=True, abstained="").order_by("-risk_90")
    for place, score in enumerate(scores[:10], 1):
        CallFactory(member=score.member, period=period, place=place)
    seat = desk(person())
    page, keys = seat.page, seat.page.keyboard
    seat.open("/retention/calls/")
    expect(page.locator(".sumline")).to_contain_text("0 of 10 done")

    slowest = 0.0
    for number, key in enumerate("1234561", 1):
        began = time.monotonic()
        keys.press(key)
        expect(page.locator(".sumline")).to_contain_text(f"{number} of 10 done")
        slowest = max(slowest, time.monotonic() - began)
    keys.press("z")
    expect(page.locator(".sumline")).to_contain_text("6 of 10 done")
    keys.press("2")
    expect(page.locator(".sumline")).to_contain_text("7 of 10 done")
    keys.press("r")
    keys.press("3")
    expect(page.locator(".sumline")).to_contain_text("8 of 10 done")
    keys.press("h")
    keys.press("3")
    expect(page.locator(".toasts")).to_contain_text("Later")

    assert slowest < MOST * pace.slowness()
    states = sorted(Call.objects.values_list("state", flat=True))
    assert states == ["done"] * 7 + ["later", "open", "skipped"]
