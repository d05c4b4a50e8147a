"""What a line would have meant: added up by hand beside what the page says."""

import numpy as np
import pytest

from imis_ai.registry.calc.reading import Outcomes
from retention.calc import cuts
from retention.calc.bands import Bands
from retention.queries import policy as policies


def told(n=1000, seed=7):
    rng = np.random.default_rng(seed)
    said = rng.beta(2, 4, n)
    happened = (rng.random(n) < said).astype(float)
    day = np.datetime64("2026-01-01") + rng.integers(0, 210, n).astype("timedelta64[D]")
    nothing = np.full(n, np.nan)
    return Outcomes(np.arange(n).astype(str), day, said, nothing, nothing, happened)


@pytest.mark.row("CHURN-08")
@pytest.mark.parametrize("at", [1, 30, 60, 85, 100])
def test_each_number_of_the_table_can_be_added_up_from_the_decisions(at):
    found = told()
    line = cuts.cut(cuts.counted(found), at)
    called = np.floor(found.said * 100 + 0.5) >= at

    assert line.calls == called.sum()
    assert line.caught == (found.happened[called] == 1).sum()
    assert line.missed == (found.happened[~called] == 1).sum()
    assert line.wasted == (found.happened[called] == 0).sum()
    assert line.caught + line.missed == found.happened.sum()
    weeks = (found.day.max() - found.day.min()) / np.timedelta64(7, "D")
    assert line.calls_a_week == pytest.approx(called.sum() / weeks)


def test_capacity_gives_the_lowest_line_that_so_many_calls_can_serve():
    counts = cuts.counted(told())
    at = cuts.for_capacity(counts, 5)

    assert cuts.cut(counts, at).calls_a_week <= 5 < cuts.cut(counts, at - 1).calls_a_week


def test_a_share_puts_no_more_than_that_over_the_line():
    counts = cuts.counted(told())
    at = cuts.for_share(counts, 0.1)

    assert cuts.cut(counts, at).calls <= 100 < cuts.cut(counts, at - 1).calls


def test_what_was_kept_with_a_model_reads_back():
    counts = cuts.counted(told())

    assert cuts.from_json(counts.as_json()) == counts
    assert cuts.from_json(None) is None


def test_bands_are_compared_on_the_number_that_is_shown():
    bands = Bands(medium=40, high=85)

    assert [bands.band(share) for share in (0.844, 0.846, 0.394, 0.396)] == ["md", "hi", "lo", "md"]
    assert Bands.of(None, 0.8) == Bands(30, 80)


@pytest.mark.row("CHURN-08")
def test_a_policy_by_capacity_or_share_finds_its_line_on_the_past():
    past = cuts.counted(told())
    asked = policies.Policy(mode="capacity", calls_a_week=5, medium_from=0.9)
    found = policies.lines(asked, past)

    assert round(found.high_from * 100) == cuts.for_capacity(past, 5)
    assert found.medium_from < found.high_from  # medium stays under it, whatever was asked
    assert policies.lines(policies.Policy(mode="share"), past).high_from == cuts.for_share(past, 0.1) / 100
    assert policies.lines(asked, None) == asked  # nothing is known of the past
    assert policies.lines(policies.Policy(), past) == policies.Policy()
