"""Coverage by group and over time: a planted slip is found, luck alone raises none; days of warning."""

import numpy as np
import pytest

from imis_ai.registry.calc import reading
from retention.calc import lead

TIERS = ("Associate", "Professional", "Fellow")


def told(seed, *, width=0.05, months=6, each=600, off=None):
    """Scores of some months with ranges; `off` (tier, log-odds) moves what happens to one tier."""
    rng, n = np.random.default_rng(seed), months * each
    tier = rng.integers(0, 3, n)
    logit = rng.normal(-1.5, 1.0, n)
    shift = np.zeros(n) if off is None else np.where(tier == TIERS.index(off[0]), off[1], 0.0)
    said, true = 1 / (1 + np.exp(-logit)), 1 / (1 + np.exp(-logit - shift))
    found = reading.Outcomes(
        member=np.arange(n).astype(str),
        day=np.repeat(np.datetime64("2025-01", "M") + np.arange(months), each).astype("datetime64[D]"),
        said=said, low=np.clip(said - width, 0, 1), high=np.clip(said + width, 0, 1),
        happened=(rng.random(n) < true).astype(float),
    )  # fmt: skip
    labels = {"Tier": [TIERS[k] for k in tier]}
    return reading.read(found, source=reading.SCORES, line=0.3, labels=labels)


@pytest.mark.row("U7")
def test_coverage_is_told_by_tier_and_is_near_eight_in_ten_or_above():
    rows = [row for seed in range(6) for row in told(seed, width=0.0)["groups"]]

    assert {row["group"] for row in rows} == set(TIERS)
    held, ranges = (sum(row[key] for row in rows) for key in ("held", "ranges"))
    assert 0.77 <= held / ranges <= 0.87
    assert not [slip for seed in range(40) for slip in reading.slips(told(seed, width=0.01))]


@pytest.mark.row("U7")
def test_a_planted_slip_of_one_tier_is_found_and_named_and_no_other():
    found = [reading.slips(told(seed, width=0.01, off=("Fellow", 1.2))) for seed in range(10)]

    assert all("Fellow" in {slip.group for slip in slips} for slips in found)
    assert not {slip.group for slips in found for slip in slips} & {"Associate", "Professional"}
    everybody = reading.slips(told(1, width=0.01, off=("Fellow", 0.0)) | {"groups": []})
    assert everybody == []


@pytest.mark.row("CHURN-51")
def test_days_of_warning_count_those_never_flagged_too():
    found = lead.lead([95, 61, 40, 12, None, None, 0, 130, 33, 88])

    assert (found.lapsed, found.caught.hits) == (10, 7)
    assert found.quartiles == (33, 61, 95)
    assert {days: share.hits for days, share in found.at_least.items()} == {30: 6, 60: 4, 90: 2}
    assert found.by_month == [(0, 1), (1, 2), (2, 2), (3, 1), (4, 1)]
    assert lead.lead([None]).caught.value == 0.0
