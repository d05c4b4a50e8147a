"""The catalogue tells what is there, what is missing, and who uses it."""

import json

import pytest
from django.core.management import call_command

from imis_ai.features import actions, queries
from imis_ai.features.queries import listing
from tests.factories.features import DAY, NOW, did, people

pytestmark = pytest.mark.django_db


@pytest.fixture
def built():
    members = people(6)
    for member in members[:3]:
        did(member, "login", -5)
    for member in members:
        did(member, "kiosk_tap", -5)
    actions.build(as_of=DAY, now=NOW)


def entries() -> dict[str, queries.Entry]:
    return {entry.name: entry for entry in queries.catalogue()}


@pytest.mark.row("CHURN-49", "CHURN-01")
def test_coverage_is_the_share_of_members_with_a_value(built):
    found = entries()

    assert (found["portal.logins_90"].status, found["portal.logins_90"].coverage) == ("available", 1)
    assert found["portal.days_since_login"].coverage == 0.5
    assert found["own.kiosk_tap_count_365"].coverage == 1


@pytest.mark.row("CHURN-49", "CHURN-09")
def test_what_imis_lacks_is_said(built):
    found = entries()

    assert found["portal.minutes_per_visit_90"].status == "not available"
    assert found["mail.open_rate_90"].status == "not available"
    missing = listing.missing_sources()
    assert "content.downloads_90" in missing["activities: download"]
    assert "activities: page_view" in missing


def test_without_a_snapshot_nothing_is_claimed():
    assert {entry.status for entry in queries.catalogue()} == {"not built yet"}


@pytest.mark.row("GOV-47")
def test_where_a_feature_is_used(built, monkeypatch):
    monkeypatch.setattr(listing, "_uses", {})
    queries.register_use("Churn model 3", lambda: {"portal.logins_90": 0.02, "tier.rank": None})

    found = entries()

    assert found["portal.logins_90"].used_in == {"Churn model 3": 0.02}
    assert found["tier.rank"].used_in == {"Churn model 3": None}
    assert found["mail.opens_30"].used_in == {}


@pytest.mark.row("GOV-47")
def test_the_command_lists_all(built, capsys):
    call_command("features", "--json")

    listed = json.loads(capsys.readouterr().out)["features"]

    assert {each["name"] for each in listed} == set(entries())
    assert {"meaning", "source", "window", "missing", "purposes", "coverage", "used_in"} <= set(listed[0])
