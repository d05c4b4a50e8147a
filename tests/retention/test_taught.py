"""What staff say is learnt from where it helps, never in place of an outcome nor where worth is measured."""

from dataclasses import replace

import numpy as np
import pytest
from planted import BEGIN, DAY, GRACE, WINDOWS, association

from imis_ai.features import labels
from retention.calc import churn, proof, rows, taught, training

AS_OF = BEGIN + (3 * 365 - 20) * DAY
CUT = AS_OF - 330 * DAY
SEED = 1
NEWS = "own.noise_0_count_90"  # told nothing until the cut; from then on it decides


@pytest.fixture(scope="module")
def changed():
    """An association in which something new decides, that no finished term shows; and the twin before it."""
    world = association(members=700, years=3, seed=5)
    days = rows.snapshot_days(labels.known(world.book, on=AS_OF), as_of=AS_OF, grace=GRACE)
    known = rows.stack(
        frames={day: world.frame(day) for day in days}, book=world.book, windows=WINDOWS, grace=GRACE
    )
    lapses = known.x[:, known.names.index(NEWS)] > 0.8
    known = replace(known, lapsed=np.where(known.end >= CUT, lapses, known.lapsed))
    book = labels.known(world.book, on=CUT)
    seen = known.take(np.flatnonzero(known.day < CUT))
    model = churn.learn(seen, by=CUT, book=book, grace=GRACE, seed=SEED, is_twin=True)
    later = churn.learnable(known, by=AS_OF, nearest=0, farthest=rows.NEAR)
    later = known.take(later[known.day[later] >= CUT])
    return world, known, proof.Twin(CUT, model, seen, proof.typical(later))


def said_of_open_terms(known, *, wrong=0.0):
    """Staff speak of everybody whose term is open, and are wrong about that share."""
    now = known.take(np.flatnonzero((known.day == AS_OF) & (known.lead >= 0) & (known.lead <= rows.NEAR)))
    slips = np.random.default_rng(2).random(len(now)) < wrong
    return taught.Said(now.member, np.full(len(now), AS_OF), now.lapsed ^ slips)


@pytest.mark.row("GOV-28")
def test_what_staff_know_moves_later_decisions_of_other_members_and_the_figures_are_kept(changed):
    world, known, twin = changed
    said = said_of_open_terms(known)
    staff = taught.open_rows(known, said, by=AS_OF, grace=GRACE)

    found = training.with_staff(known, world.book, twin, staff, grace=GRACE, seed=SEED)
    kept, sentence = taught.stated(len(said), len(np.unique(staff.member)), found)

    assert found.decisions == (~np.isin(twin.later.member, staff.member)).sum()
    assert found.auc[1] > found.auc[0] + 0.02
    assert found.found[1] > found.found[0]
    assert kept["corrections"] == len(said)
    before, after = (round(share * 100) for share in found.found)
    assert sentence.endswith(f"holds {after} of 100, without them {before}.")


@pytest.mark.row("GOV-28")
def test_corrections_that_make_it_worse_are_left_out_and_the_version_says_so(changed):
    world, known, twin = changed
    honest = said_of_open_terms(known)
    hostile = replace(honest, lapses=~twin_says(twin, known, honest))

    staff = taught.open_rows(known, hostile, by=AS_OF, grace=GRACE)
    found = training.with_staff(known, world.book, twin, staff, grace=GRACE, seed=SEED)
    kept, sentence = taught.stated(len(hostile), len(np.unique(staff.member)), found)

    assert found.harms
    assert kept["corrections"] == 0
    assert "left out" in sentence


@pytest.mark.row("GOV-28")
def test_a_few_hostile_labels_among_honest_ones_do_not_undo_what_the_others_teach(changed):
    """Figure L7: 5 of 100 statements are the opposite of what happens."""
    world, known, twin = changed
    said = said_of_open_terms(known, wrong=0.05)

    staff = taught.open_rows(known, said, by=AS_OF, grace=GRACE)
    found = training.with_staff(known, world.book, twin, staff, grace=GRACE, seed=SEED)

    assert not found.harms
    assert found.auc[1] > found.auc[0]


def twin_says(twin, known, said):
    """What the twin thinks likely: above its own median."""
    now = known.take(np.flatnonzero((known.day == AS_OF) & np.isin(known.member, said.member)))
    score = twin.model.renewal.score(twin.model.renewal.grid.codes(now.x, now.names))
    return score > np.median(score)


def test_an_outcome_that_is_known_is_never_replaced_and_nothing_measured_changes(changed):
    _, known, _ = changed
    everybody = np.unique(known.member)
    said = taught.Said(everybody, np.full(len(everybody), AS_OF), np.ones(len(everybody), bool))

    staff = taught.open_rows(known, said, by=AS_OF, grace=GRACE)

    assert len(staff)
    assert (staff.final > AS_OF).all()  # no outcome of these is certain
    assert (staff.lead >= 0).all()
    learnable = churn.learnable(known, by=AS_OF, nearest=0, farthest=rows.NEAR)
    assert not np.isin(staff.final, known.final[learnable]).any()


def test_a_statement_counts_for_the_term_it_was_made_in_and_the_latest_counts():
    now = np.datetime64("2026-06-01")
    known = rows.Rows(
        names=["a"], x=np.zeros((2, 1), np.float32), member=np.array(["m", "m"]), day=np.array([now, now]),
        start=np.array(["2025-07-01", "2026-07-01"], "datetime64[D]"),
        end=np.array(["2026-06-30", "2027-06-30"], "datetime64[D]"), in_grace=np.zeros(2, bool),
        lapsed=np.zeros(2, bool), resigned=np.zeros(2, bool), on=np.array([now, now]),
        final=np.array(["2026-09-01", "2027-09-01"], "datetime64[D]"),
    )  # fmt: skip
    said = taught.Said(np.array(["m", "m"]), np.array([now - 5, now - 1]), np.array([False, True]))

    staff = taught.open_rows(known, said, by=now, grace=GRACE)

    assert (staff.end.astype(str).tolist(), staff.lapsed.tolist()) == (["2026-06-30"], [True])


def test_no_correction_is_learnt_from_unmeasured():
    few = taught.Effect(20, 3, (0.7, 0.9), (0.1, 0.4))

    assert taught.stated(0, 0, None) == ({}, "")
    assert taught.stated(4, 0, None)[0] == {"corrections_made": 4, "corrections": 0}
    assert taught.stated(4, 4, few)[0]["corrections"] == 0
    assert "wait" in taught.stated(4, 4, few)[1]
