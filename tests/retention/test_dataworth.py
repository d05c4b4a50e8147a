"""What a source of data is worth equals what a training without it finds; unfair fields are measured too."""

import dataclasses

import numpy as np
import pytest
from planted import BEGIN, DAY, GRACE, WINDOWS, association

from imis_ai.features import labels
from retention.calc import ablation, rows
from retention.calc.ablation import Seen
from retention.queries import dataworth

AS_OF = BEGIN + (4 * 365 - 20) * DAY
TELLING = {"portal.days_since_login", "portal.logins_90"}
NOISE = {name for name in WINDOWS if "noise" in name}


@pytest.fixture(scope="module")
def world():
    return association(members=1000, years=4, seed=7)


@pytest.fixture(scope="module")
def seen(world):
    days = rows.snapshot_days(labels.known(world.book, on=AS_OF), as_of=AS_OF, grace=GRACE)
    frames = {day: world.frame(day) for day in days}
    return rows.stack(frames=frames, book=world.book, windows=WINDOWS, grace=GRACE)


def look(found, world) -> Seen:
    return ablation.look(found, world.book, as_of=AS_OF, grace=GRACE, seed=1)


@pytest.fixture(scope="module")
def whole(world, seen):
    return look(seen, world)


@pytest.mark.row("U19", "CHURN-49")
def test_the_worth_of_a_source_is_what_a_training_without_it_misses(world, seen, whole):
    rest = [i for i, name in enumerate(seen.names) if name not in TELLING]
    by_hand = dataclasses.replace(seen, names=[seen.names[i] for i in rest], x=seen.x[:, rest])
    measured = look(by_hand, world)

    left = ablation.without(seen, TELLING)
    worth = ablation.compare(whole, measured, seed=1)

    assert left.names == by_hand.names
    np.testing.assert_array_equal(left.x, by_hand.x)
    first = np.argsort(-measured.chance, kind="stable")[: round(len(measured.lapsed) * 0.2)]
    assert worth.found_without == pytest.approx(
        measured.lapsed[first].sum() / measured.lapsed.sum(), abs=0.03
    )
    assert worth.gain > 0.1
    assert 0 < worth.low <= worth.gain <= worth.high

    noise = ablation.compare(whole, look(ablation.without(seen, NOISE), world), seed=1)
    assert abs(noise.gain) < 0.06
    assert noise.gain < worth.gain / 2


@pytest.mark.row("U19")
def test_nothing_of_the_future_is_in_it(world, seen, whole):
    """Rows whose outcome was not final by the day, and what became of them, are as if they were not there."""
    known = seen.take(np.flatnonzero(seen.final <= AS_OF))

    assert len(known) < len(seen)
    assert ablation.found(look(known, world)) == ablation.found(whole)


@pytest.mark.row("U17")
def test_a_planted_proxy_opens_a_gap_that_is_named():
    """200 members of each group, none of the old ones lapses more; a proxy puts the old ones first."""
    group = ["old"] * 200 + ["young"] * 200
    member = np.array([f"m{i}" for i in range(400)])
    lapsed = np.tile([1.0] * 20 + [0.0] * 180, 2)
    rng = np.random.default_rng(1)
    fair = Seen(member, rng.random(400), lapsed)
    proxied = Seen(member, rng.random(400) + np.array([1.0] * 200 + [0.0] * 200), lapsed)

    before, after = (ablation.widest_gap(each, {"Age band": group}) for each in (fair, proxied))

    assert before.size < 0.15
    assert (after.most, after.least) == ("old", "young")
    assert after.size > 0.3
    assert ablation.widest_gap(fair, {"Age band": ["old"] * 390 + ["young"] * 10}).size == 0, (
        "too few to tell"
    )


@pytest.mark.parametrize(
    ("feature", "part"),
    [
        ("mail.clicks_90", "clicks"),
        ("mail.open_rate_90", "opens"),
        ("portal.minutes_trend", "minutes"),
        ("portal.logins_90", "portal"),
        ("payments.failed_attempts_120", "charges"),
        ("payments.late_share", "payments"),
        ("membership.tenure_days", ""),
        ("place.chapter", ""),
    ],
)
def test_each_feature_belongs_to_the_source_somebody_would_connect(feature, part):
    assert dataworth.part_of(feature) == part


def test_what_is_made_of_several_sources_goes_with_any_of_them():
    names = ["portal.logins_90", "engagement.score", "events.attended_365"]

    assert dataworth.names_of("portal", names) == {"portal.logins_90", "engagement.score"}
    assert dataworth.names_of("clicks", names) == set()
