"""The churn model on planted associations whose chances are known."""

import numpy as np
import pytest
from planted import BEGIN, DAY, GRACE, WINDOWS, association

from imis_ai.features import labels
from imis_ai.registry import artefact
from retention.calc import baselines, churn, evaluate, prior, rows, training

AS_OF = BEGIN + (4 * 365 - 20) * DAY
SEED = 1


def seen(world, as_of=AS_OF):
    days = rows.snapshot_days(labels.known(world.book, on=as_of), as_of=as_of, grace=GRACE)
    frames = {day: world.frame(day) for day in days}
    return rows.stack(frames=frames, book=world.book, windows=WINDOWS, grace=GRACE)


def trained(world, as_of=AS_OF, seed=SEED):
    return training.train(seen(world, as_of), world.book, as_of=as_of, grace=GRACE, seed=seed)


def today(world, as_of=AS_OF, within=90):
    now = rows.build(frame=world.frame(as_of), book=world.book, day=as_of, names=list(WINDOWS), grace=GRACE)
    return now.take(np.flatnonzero((now.lead > 0) & (now.lead <= within)))


@pytest.fixture(scope="module")
def world():
    return association(members=2500, years=4, seed=7, resigns=0.04, late=0.1)


@pytest.fixture(scope="module")
def model(world):
    return trained(world)


@pytest.mark.row("CHURN-29")
def test_the_model_beats_both_baselines_on_later_time_and_all_are_shown(model):
    own = model.evaluation

    assert model.chosen == churn.KIND
    assert set(model.baselines) == {baselines.RECENCY, baselines.RULE, "with interactions"}
    assert own["auc"] > max(model.baselines[kind]["auc"] for kind in (baselines.RECENCY, baselines.RULE))
    assert own["members"] == model.baselines[baselines.RULE]["members"] > 200


def test_every_label_was_final_and_every_measured_decision_later_than_its_training(world, model):
    cut = np.datetime64(model.manifest["cuts"][-1], "D")

    assert np.datetime64(model.manifest["labels_final_by"], "D") == AS_OF
    assert np.datetime64(model.manifest["snapshots_to"], "D") < AS_OF - GRACE * DAY
    assert cut < AS_OF - GRACE * DAY


@pytest.mark.row("CHURN-30")
def test_the_ranking_comes_close_to_that_of_the_planted_chances(world, model):
    now = today(world)
    planted = world.probability_at(now.member, now.end)
    said = churn.predict(model.model, now).renewal
    coins = np.random.default_rng(3).random((100, len(now))) < planted

    gaps = [evaluate.auc(planted, y.astype(float)) - evaluate.auc(said, y.astype(float)) for y in coins]

    assert np.mean(gaps) < 0.03


def test_contributions_add_up_to_the_score(world, model):
    now = today(world)
    renewal = model.model.renewal

    total = churn.contributions(model.model, now).sum(axis=1)
    score = churn.predict(model.model, now).score

    average = model.model.level + model.model.slope * renewal.usual_score
    assert total + average == pytest.approx(score)


@pytest.mark.row("CHURN-32")
def test_the_silent_are_told_of_their_silence(world, model):
    now = today(world)
    last = {member: i for i, member in enumerate(world.name.tolist())}
    silent = np.array([now.day[0] - world.silent_from[last[m]] > 60 * DAY for m in now.member])

    names = np.array([name.split(".")[0] for name in model.model.renewal.grid.names])
    portal = churn.contributions(model.model, now)[:, names == "portal"].sum(axis=1)

    assert portal[silent].min() > 0.3
    assert portal[~silent].mean() < 0


@pytest.mark.row("CHURN-02")
def test_chances_never_fall_with_the_horizon_and_lie_in_their_ranges(world, model):
    now = rows.build(frame=world.frame(AS_OF), book=world.book, day=AS_OF, names=list(WINDOWS), grace=GRACE)

    said = churn.predict(model.model, now)

    assert (said.risk[30] <= said.risk[60] + 1e-12).all()
    assert (said.risk[60] <= said.risk[90] + 1e-12).all()
    for h in (30, 60, 90):
        assert (said.low[h] <= said.risk[h] + 1e-9).all()
        assert (said.risk[h] <= said.high[h] + 1e-9).all()


def test_what_happens_after_the_day_changes_no_score(world, model):
    before = np.flatnonzero(world.start < AS_OF)
    gone = world.book.resigned < AS_OF
    left = dict(zip(world.book.names[world.book.member[gone]], world.book.resigned[gone], strict=True))
    resigned = [
        left.get(n, labels.NEVER) if s <= left.get(n, labels.NEVER) <= e else labels.NEVER
        for n, s, e in zip(world.name[before], world.start[before], world.end[before], strict=True)
    ]
    past = labels.terms(
        member=world.name[before],
        start=world.start[before],
        end=world.end[before],
        resigned=np.array(resigned),
    )
    days = rows.snapshot_days(past, as_of=AS_OF, grace=GRACE)
    frames = {day: world.frame(day) for day in days}
    cut = rows.stack(frames=frames, book=past, windows=WINDOWS, grace=GRACE)

    again = training.train(cut, past, as_of=AS_OF, grace=GRACE, seed=SEED)

    now = today(world)
    assert np.array_equal(churn.predict(again.model, now).score, churn.predict(model.model, now).score)


@pytest.mark.row("GOV-21")
def test_a_model_packed_signed_and_loaded_says_the_same(world, model, settings):
    settings.ARTEFACT_KEY = "k" * 40
    data = artefact.pack(churn.pack(model.model))
    now = today(world)

    again = churn.unpack(_loaded(data))

    first, second = churn.predict(model.model, now), churn.predict(again, now)
    assert np.array_equal(first.renewal, second.renewal)
    assert np.array_equal(first.renewal_low, second.renewal_low)


def _loaded(data):
    import hashlib

    digest = hashlib.sha256(data).hexdigest()
    seal = artefact.sign(name="churn", version="2026.1.1", digest=digest)
    return artefact.unpack(data, name="churn", version="2026.1.1", digest=digest, signature=seal)


def test_where_nothing_tells_who_lapses_a_baseline_ships_and_says_so():
    world = association(members=900, years=4, seed=3, telling=0.0)

    found = trained(world)

    now = today(world)
    spread = np.ptp(churn.predict(found.model, now).renewal)
    if found.chosen == churn.KIND:
        assert found.evaluation["log_loss"] <= 1.02 * min(
            found.baselines[kind]["log_loss"] for kind in (baselines.RECENCY, baselines.RULE)
        )
    else:
        assert any("did not beat" in note for note in found.notes)
    assert spread < 0.25


def test_too_little_history_is_refused_with_what_is_there_and_what_is_needed():
    world = association(members=120, years=3, seed=2)

    with pytest.raises(training.TooLittle, match="At least 300 members and 30 lapses are needed"):
        trained(world, as_of=BEGIN + 900 * DAY)


@pytest.mark.row("CHURN-13")
def test_a_small_association_is_drawn_to_the_stated_prior_and_a_large_one_is_not(model):
    small = trained(association(members=420, years=3, seed=5), as_of=BEGIN + 1000 * DAY)

    assert 0 < small.manifest["prior"]["weight_of_own_history"] < 1
    assert model.manifest["prior"]["weight_of_own_history"] == 1
    assert "portal.login_gap_ratio" in small.manifest["prior"]["effects"]


@pytest.mark.row("U9")
def test_three_hundred_members_are_enough_for_calibrated_chances_or_the_word_that_the_rule_is_as_good():
    said, planted = [], []
    for seed in (21, 22):
        world, as_of = association(members=330, years=4, seed=seed), BEGIN + 1300 * DAY
        found = trained(world, as_of=as_of)
        now = today(world, as_of, within=365)
        said.append(churn.predict(found.model, now).renewal)
        planted.append(world.probability_at(now.member, now.end))
        rule = found.baselines[baselines.RULE]["auc"]
        says_so = any("is used instead" in note or "No later time" in note for note in found.notes)
        assert says_so or found.evaluation["auc"] >= rule

    errors = [float(s.mean() - p.mean()) for s, p in zip(said, planted, strict=True)]
    assert abs(np.mean(errors)) < 0.05
    assert max(map(abs, errors)) < 0.1
    assert np.corrcoef(np.concatenate(said), np.concatenate(planted))[0, 1] > 0.3


@pytest.mark.row("CHURN-13")
def test_two_associations_get_weights_of_their_own():
    strong = trained(association(members=1500, years=3, seed=8), as_of=BEGIN + 1000 * DAY)
    weak = trained(association(members=1500, years=3, seed=8, telling=0.4), as_of=BEGIN + 1000 * DAY)

    assert _reach(strong, "portal") > 1.5 * _reach(weak, "portal")


def _reach(found, group):
    """How far the contributions of a group of features move a score."""
    renewal = found.model.renewal
    chosen = [j for j, name in enumerate(renewal.grid.names) if name.startswith(group)]
    return float(sum(np.ptp(renewal.table[j][: renewal.grid.sizes[j]]) for j in chosen))


def test_monthly_terms_are_learned_and_their_ninety_days_are_calibrated():
    world = association(members=800, years=2, seed=4, term_days=30, telling=0.5)
    as_of = BEGIN + 500 * DAY
    found = trained(world, as_of=as_of)
    now = rows.build(frame=world.frame(as_of), book=world.book, day=as_of, names=list(WINDOWS), grace=GRACE)

    said = churn.predict(found.model, now).risk[90]

    standing = labels.standing(world.book, on=as_of, grace=GRACE)
    happened = labels.lapses_within(world.book, standing, on=as_of, horizon=90, grace=GRACE)
    assert said.mean() == pytest.approx(happened.mean(), abs=0.08)


def test_the_prior_moves_effects_and_leaves_the_level():
    stated = prior.own_weight(0), prior.own_weight(125), prior.own_weight(1000)

    assert stated == (0.0, 0.5, 1.0)
