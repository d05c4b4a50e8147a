"""The nightly look at models: planted shifts and gaps are found, and nothing where nothing moved."""

import datetime as dt
import re
from dataclasses import replace

import numpy as np
import pytest

from imis_ai.features.models import Snapshot
from imis_ai.governance.models import AuditEntry
from imis_ai.governance.refusals import Blocked, Changed
from imis_ai.registry import actions, cards
from imis_ai.registry.actions import findings
from imis_ai.registry.calc import reading, shift
from imis_ai.registry.models import Finding, ModelCheck
from tests.factories.accounts import UserFactory
from tests.factories.registry import NOW, live

TODAY = NOW.date()
NAMES = ["portal.days_since_login", "portal.logins_90", "mail.open_rate_90", "events.attended_365"]
MEMBERS = 800


def month(seed: int, members: int = MEMBERS):
    """What active members looked like on a day; seasons move the events a little."""
    rng = np.random.default_rng(seed)
    opens = rng.random(members)
    opens[rng.random(members) < 0.1] = np.nan
    season = 1 + 0.2 * np.sin(seed)
    return np.column_stack(
        [rng.exponential(30, members), rng.poisson(4, members), opens, rng.poisson(2 * season, members)]
    )


def moved(found) -> list[str]:
    return [row["feature"] for row in found if row["moved"]]


class TestShift:
    months = [month(seed) for seed in range(12)]

    @pytest.mark.row("GOV-25")
    @pytest.mark.parametrize("place", range(len(NAMES)))
    def test_a_planted_shift_is_found_at_once_and_named(self, place):
        now = month(99)
        now[:, place] = now[:, place] * 1.6 + 0.2

        assert moved(shift.shifts(names=NAMES, months=self.months, now=now)) == [NAMES[place]]

    @pytest.mark.row("GOV-25")
    def test_a_feature_that_stops_coming_is_found(self):
        now = month(99)
        now[: MEMBERS // 2, 2] = np.nan

        assert moved(shift.shifts(names=NAMES, months=self.months, now=now)) == ["mail.open_rate_90"]

    @pytest.mark.row("GOV-25")
    def test_unchanged_months_raise_nothing(self):
        alarms = [moved(shift.shifts(names=NAMES, months=self.months, now=month(100 + n))) for n in range(60)]

        assert alarms == [[]] * 60

    def test_few_members_are_not_taken_for_a_shift(self):
        small = [month(seed, members=60) for seed in range(12)]

        alarms = [
            moved(shift.shifts(names=NAMES, months=small, now=month(n, members=60))) for n in range(50, 90)
        ]

        assert sum(map(bool, alarms)) <= 1

    @pytest.mark.row("GOV-25")
    def test_an_outcome_beyond_its_usual_range_is_found_and_a_usual_one_is_not(self):
        usual = [(f"2025-{n:02}", 300, 45 + n % 4) for n in range(1, 13)]

        assert shift.rate_moved([*usual, ("2026-01", 300, 110)])["moved"]
        assert not shift.rate_moved([*usual, ("2026-01", 300, 52)])["moved"]
        assert shift.rate_moved(usual[:2]) is None


def told(*, n=3000, seed=5, unfair="", by=0.0, student=0.0):
    """Calibrated chances of three tiers; those of tier `unfair` are said `by` lower than they are."""
    rng = np.random.default_rng(seed)
    tier = rng.choice(["Fellow", "Associate", "Student"], n)
    true = np.clip(rng.beta(2, 4, n) + student * (tier == "Student"), 0.01, 0.95)
    said = np.where(tier == unfair, np.clip(true - by, 0.01, 1), true)
    day = np.datetime64("2025-11-01") + rng.integers(0, 90, n)
    happened = (rng.random(n) < true).astype(float)
    member = np.array([f"m{i}" for i in range(n)])
    found = reading.Outcomes(member, day, said, said - 0.08, said + 0.08, happened)
    return reading.read(found, source=reading.SCORES, line=0.295, labels={"Tier": tier.tolist()})


class TestGroups:
    @pytest.mark.row("GOV-26")
    def test_a_group_told_too_low_is_found_by_name_and_by_what_it_means(self):
        found = reading.gaps(told(unfair="Fellow", by=0.2), limit=0.1)

        assert {gap.group for gap in found} <= {"Fellow", "Associate", "Student"}
        assert found[0].group == "Fellow"
        assert {gap.measure for gap in found if gap.group == "Fellow"} >= {"level", "missed"}

    @pytest.mark.row("GOV-26")
    def test_fair_chances_raise_nothing(self):
        assert [reading.gaps(told(seed=seed), limit=0.1) for seed in range(30)] == [[]] * 30

    @pytest.mark.row("GOV-26")
    def test_a_tier_that_lapses_more_is_put_to_people_with_both_rates(self):
        found = {
            gap.group: gap for gap in reading.gaps(told(student=0.15), limit=0.1) if gap.measure == "alarms"
        }

        said = findings.gap_sentence(card=cards.find("churn"), gap=found["Student"])

        assert found["Student"].value > found["Student"].others
        assert re.search(r"Of 100 of them and of the others 4\d and 3\d lapsed", said)

    def test_a_group_of_nine_is_never_judged(self):
        read = told(n=3000)
        read["groups"].append(
            {"by": "Tier", "group": "Tiny", "members": 9, "happened": 9, "said": 0.0, "chosen": 0,
             "missed": 9, "alarms": 0}
        )  # fmt: skip

        assert reading.gaps(read, limit=0.1) == []

    def test_ranges_that_are_wide_enough_hold_in_each_month(self):
        months = told()["months"]

        assert sum(row["inside"] for row in months) >= 0.7 * sum(row["groups"] for row in months)


@pytest.fixture
def planted(db, monkeypatch):
    """A live churn model whose domain sees twelve months, and today as the test says."""
    model = live(features=NAMES)
    days = [dt.date(2025, 6 + n, 1) if n < 7 else dt.date(2026, n - 6, 1) for n in range(12)]
    for day in days:
        stored(day)
    seen = {day: cards.Seen(NAMES, month(n)) for n, day in enumerate(days)}
    card = replace(
        cards.find("churn"),
        seen=lambda asked, names: {day: seen[day] for day in asked if day in seen},
        rates=lambda today: [],
        outcomes=lambda version, today: None,
        effect=lambda model, live, today: None,
    )
    monkeypatch.setitem(cards.CARDS, "churn", card)
    return model, seen


def stored(day: dt.date) -> None:
    from imis_ai.features import definitions

    Snapshot.objects.create(
        as_of=day, version=definitions.version(), write=0, built_at=NOW, members=0, pseudonyms=b""
    )


def looked(now=NOW):
    return actions.check(name="churn", today=TODAY + dt.timedelta(days=(now - NOW).days), now=now)


@pytest.mark.row("GOV-25")
def test_a_shift_becomes_one_finding_with_the_feature_named_and_goes_when_it_is_gone(planted):
    _, seen = planted
    seen[TODAY] = cards.Seen(NAMES, month(99))
    looked()
    assert not Finding.objects.exists()
    shifted = month(99)
    shifted[:, 0] += 60
    for later in (1, 2):
        seen[TODAY + dt.timedelta(days=later)] = cards.Seen(NAMES, shifted)
        looked(NOW + dt.timedelta(days=later))

    finding = Finding.objects.get()

    assert (finding.kind, finding.about, finding.gone_at) == ("shift", NAMES[0], None)
    assert "moved: shift" in finding.sentence
    assert AuditEntry.objects.filter(action="model.finding").count() == 1
    assert ModelCheck.objects.filter(on=TODAY + dt.timedelta(days=1)).get().shifts[0]["feature"] == NAMES[0]

    seen[TODAY + dt.timedelta(days=3)] = cards.Seen(NAMES, month(98))
    looked(NOW + dt.timedelta(days=3))

    assert Finding.objects.get().gone_at == NOW + dt.timedelta(days=3)


@pytest.mark.row("GOV-26")
def test_a_gap_is_raised_and_may_be_left_as_it_is_only_with_a_reason(planted, monkeypatch):
    model, _ = planted
    model.reading = told(unfair="Fellow", by=0.2)
    model.save()
    looked()
    finding = Finding.objects.filter(kind="gap", about="Tier: Fellow, level").get()
    marta = UserFactory(role="admin")

    with pytest.raises(Blocked, match="needs a reason"):
        actions.accept(finding=finding, reason=" ", by=marta, now=NOW)
    actions.accept(finding=finding, reason="Fellows renew by committee", by=marta, now=NOW)
    with pytest.raises(Changed):
        actions.accept(finding=finding, reason="Again", by=marta, now=NOW)
    looked(NOW + dt.timedelta(days=1))

    finding.refresh_from_db()
    assert (finding.reason, finding.gone_at) == ("Fellows renew by committee", None)
    assert Finding.objects.filter(about=finding.about).count() == 1
