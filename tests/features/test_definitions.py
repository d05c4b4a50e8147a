"""Every declared feature says what it is, and says it for staff."""

import re

import numpy as np
import pytest

from imis_ai.features import definitions, queries
from imis_ai.features.definitions import FEATURES, PURPOSES
from tests.factories.features import DAY, did, people

ALL = {**FEATURES, **definitions.own_features(["kiosk_tap"])}


@pytest.mark.row("GOV-47")
@pytest.mark.parametrize("feature", ALL.values(), ids=ALL.keys())
def test_a_feature_says_what_it_is(feature):
    assert re.fullmatch(r"[a-z]+\.[a-z0-9_]+", feature.name)
    assert len(feature.meaning) >= 10
    assert feature.meaning[0].isupper() or feature.meaning[0].isdigit() or feature.group == "own"
    assert feature.unit
    assert feature.source
    assert feature.window_text
    assert feature.missing
    assert feature.purposes
    assert feature.purposes <= set(PURPOSES)
    assert feature.sensitivity in {"ordinary", "behaviour", "financial", "personal"}


@pytest.mark.parametrize("feature", ALL.values(), ids=ALL.keys())
def test_a_feature_is_point_in_time_or_says_why_not(feature):
    if not feature.point_in_time:
        assert "no history" in feature.note


def test_names_say_the_windows():
    stated = {name: re.search(r"_(\d+)$", name) for name in FEATURES}

    wrong = [name for name, found in stated.items() if found and FEATURES[name].window != int(found[1])]

    assert wrong == []


@pytest.mark.row("CHURN-01")
@pytest.mark.parametrize("group", ["portal", "events", "committee", "mail", "payments"])
def test_the_five_sources_of_churn_signals_are_covered(group):
    assert len([each for each in FEATURES.values() if each.group == group]) >= 8


NAMED_BY_THE_GUIDES = """
    portal.days_since_login portal.logins_30 portal.logins_90 portal.logins_365 portal.login_trend
    community.posts_365 community.replies_365 events.registrations_730 events.no_show_rate
    tier.changes tier.upgrades tier.downgrades payments.days_late_last payments.days_to_pay_mean
    mail.opens_365 mail.clicks_365 mail.bounces_365 mail.unsubscribes committee.roles_now committee.shifts_365
    content.downloads_30 content.downloads_90 content.downloads_365 content.download_trend
    content.courses_completed_365 giving.donations_365 giving.donated_365 giving.days_since_donation
    giving.purchased_365 giving.days_since_purchase giving.sponsored_730 value.contribution_365
"""


@pytest.mark.row("CHURN-49", "CHURN-12", "SEG-17", "SEG-18")
@pytest.mark.parametrize("name", NAMED_BY_THE_GUIDES.split())
def test_the_inputs_that_the_guides_name_are_in_the_catalogue(name):
    assert name in FEATURES


@pytest.mark.django_db
def test_the_values_are_32_bit_floats_and_finite():
    for member in people(6):
        did(member, "login", -3, -40)
        did(member, "kiosk_tap", -3)

    found = queries.frame(as_of=DAY)

    assert set(found.dtypes) == {np.dtype("float32")}
    assert not np.isinf(found.to_numpy()).any()
    assert set(found.columns) == {name for name in ALL if "retention" in ALL[name].purposes}
