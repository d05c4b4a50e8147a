"""The churn model: chance to lapse at the next renewal and mid-term, learned on monthly snapshots. Pure.

Order of `learn`: grid and codes, boosted additive model, smooth additive model on the features that matter,
their mean (one part to two), the stated prior for small associations; then the pace of resigning, the
fading with distance from the renewal, the habit of renewing late.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from imis_ai.features import labels
from retention.calc import (
    additive,
    baselines,
    boost,
    calibrate,
    dates,
    leaving,
    prior,
    smooth,
    survival,
    taught,
)
from retention.calc.additive import Additive, Codes, Floats
from retention.calc.leaving import Ahead, Leaving
from retention.calc.rows import NEAR, Rows, weights

KIND = "additive hazard"
Z80 = 1.2816
HIDDEN = 0.335  # log-odds by which members with equal data still differ; tuned on planted data of other seeds
FEATURES_KEPT = 40
DISTANCES = (180, 270)  # days to the renewal that separate "far" classes beyond NEAR
FAR_YEARS = 1.0  # half-life of what a year says about far renewals
FEWEST_FAR = 200  # snapshots from which a class of distances has a fading of its own
TIER = "tier.rank"  # always looked at and settled, so that no tier's chances are off as a whole
PRICE_RISE, SAME_PRICE = "tier.price_rise_ahead", 0.005
SCREENED = 60
KNOWN_SHARE = 0.5
YEARS_TO_LEVEL = 5
RECENT_YEARS = 3.0  # half-life of a year's say about the present level
FORMAT = 3


@dataclass(frozen=True)
class Fading:
    """How the score of a renewal `NEAR` days away or more is corrected, and how far off the truth may lie."""

    level: float = 0.0
    slope: float = 1.0
    down: float = 0.0
    up: float = 0.0


@dataclass(frozen=True)
class Model:
    """Everything needed to score, as plain values."""

    kind: str
    renewal: Additive
    late: Floats
    leaving: Leaving = field(default_factory=Leaving)
    level: float = 0.0
    slope: float = 1.0
    hidden: float = HIDDEN
    fading: tuple[Fading, ...] = field(default_factory=lambda: (Fading(),) * (len(DISTANCES) + 1))
    date_mass: float = dates.MASS


@dataclass(frozen=True)
class Chances:
    """Arrays of length n; `risk`, `low`, `high` by horizon in days; dates as days from the row's day."""

    renewal: Floats
    renewal_low: Floats
    renewal_high: Floats
    risk: dict[int, Floats]
    low: dict[int, Floats]
    high: dict[int, Floats]
    lapse_on: npt.NDArray[np.int64]
    lapse_from: npt.NDArray[np.int64]
    lapse_to: npt.NDArray[np.int64]
    score: Floats  # log-odds of the renewal chance before grace is taken into account


def learn(
    rows: Rows,
    *,
    by: np.datetime64,
    book: labels.Terms,
    grace: int,
    seed: int,
    is_twin: bool = False,
    staff: Rows | None = None,
) -> Model:
    """Fit on labels that are final before or on `by`: rows dated before it, the book as known by then.

    A twin, which only shows what renewals would have looked like, is fitted once and without resignations.
    `staff`: rows of open terms with the outcome that staff foretell.
    """
    part = at_the_final_price(rows)
    part = part.take(learnable(part, by=by, nearest=0, farthest=NEAR))
    y = part.lapsed.astype(np.float64)
    weight = level_years(part.end, y, weights(part))
    part, y, weight = taught.added(part, y, weight, staff)
    grid = additive.grid(part.x, part.names)
    codes = grid.codes(part.x, part.names)
    kept = telling(codes, y, weight, always=[j for j, name in enumerate(grid.names) if name == TIER])
    refits = 1 if is_twin else boost.REFITS
    learned = _renewal_model(grid.take(kept), codes[:, kept], y, weight, part, (refits, seed))
    own = prior.own_weight(float((y * weight).sum()))
    small = learned.grid.codes(part.x, part.names)
    year = part.end.astype("datetime64[Y]").astype(np.int64)
    learned = additive.believe_supported(learned, small, weight, year)
    learned = prior.mix(learned, small, weight, own=own)
    learned = additive.settle(learned, TIER, small, y, weight)
    delays = labels.renewal_delays(book, grace=grace)
    model = Model(kind=KIND, renewal=learned, late=survival.late_curve(delays, grace))
    if is_twin:
        return model
    return replace(model, leaving=leaving.learn(rows, book, learned.grid, by=by, grace=grace, seed=seed))


def plain(kind: str, model: Model, rows: Rows, *, by: np.datetime64) -> Model:
    """The same model with its renewal part replaced by the baseline `kind`.

    What the model tells of members that the baseline does not is hidden from it: its ranges are wider.
    """
    part = rows.take(learnable(rows, by=by, nearest=0, farthest=NEAR))
    grid = additive.grid(part.x, part.names)
    fit = baselines.rule if kind == baselines.RULE else baselines.recency_frequency
    weight = weights(part)
    renewal = fit(grid, grid.codes(part.x, part.names), part.lapsed.astype(np.float64), weight)
    found = replace(model, kind=kind, renewal=renewal, level=0.0, slope=1.0)
    apart = _score(found, part)[0] - _score(model, part)[0]
    found = replace(found, hidden=float(np.sqrt(model.hidden**2 + np.average(apart**2, weights=weight))))
    return faded(found, rows, by=by)


def telling(codes: Codes, y: Floats, weight: Floats, *, always: Sequence[int] = ()) -> list[int]:
    """Columns worth fitting: known for at least half of the decisions, and the strongest by themselves."""
    total = weight.sum()
    mean = float(weight @ y / total)
    gain = np.full(codes.shape[1], -np.inf)
    for j in range(codes.shape[1]):
        size = np.bincount(codes[:, j], weights=weight)
        hits = np.bincount(codes[:, j], weights=weight * y)
        if size[0] > (1 - KNOWN_SHARE) * total:
            continue
        used = size > 0
        gain[j] = ((hits[used] - mean * size[used]) ** 2 / size[used]).sum() / (
            mean * (1 - mean)
        ) - used.sum()
    order = np.argsort(-gain, kind="stable")[:SCREENED]
    return sorted({int(j) for j in order if np.isfinite(gain[j])} | set(always))


def at_the_final_price(rows: Rows) -> Rows:
    """Leave out snapshots taken before a price rise that came into force before their renewal.

    Nobody could see it coming in the data, so they would teach that members lapse for no reason.
    """
    if PRICE_RISE not in rows.names or not len(rows):
        return rows
    rise = np.nan_to_num(rows.x[:, rows.names.index(PRICE_RISE)])
    decision, order = rows.decision, np.argsort(-rows.lead, kind="stable")
    last = np.zeros(int(decision.max()) + 1, np.float32)
    last[decision[order]] = rise[order]
    return rows.take(np.flatnonzero(np.abs(rise - last[decision]) < SAME_PRICE))


def level_years(end: npt.NDArray[Any], y: Floats, weight: Floats) -> Floats:
    """Weights under which each year has the lapse rate of recent years, where there are enough years.

    Otherwise whatever rose or fell with the calendar (the age of the data, say) would be taken for a cause.
    """
    year = end.astype("datetime64[Y]").astype(np.int64)
    found = np.unique(year)
    if len(found) < YEARS_TO_LEVEL:
        return weight
    total = np.array([weight[year == v].sum() for v in found])
    hits = np.array([(weight * y)[year == v].sum() for v in found])
    recent = 0.5 ** ((found.max() - found) / RECENT_YEARS)
    goal = float((recent * hits).sum() / (recent * total).sum())
    rate = np.clip((hits + 5 * goal) / (total + 5), 0.01, 0.99)[np.searchsorted(found, year)]
    return np.asarray(weight * np.where(y > 0, goal / rate, (1 - goal) / (1 - rate)))


def learnable(rows: Rows, *, by: np.datetime64, nearest: int, farthest: int) -> npt.NDArray[np.int64]:
    """Rows whose renewal was decided for certain by `by`, that many days ahead; resigning decides nothing."""
    lead = rows.lead
    decided = (rows.final <= by) & ~rows.resigned
    return np.flatnonzero(decided & (lead >= nearest) & (lead <= farthest))


def predict(model: Model, rows: Rows, *, horizons: Sequence[int] = (30, 60, 90)) -> Chances:
    """Chances and ranges for each row."""
    score, low, high = _score(model, rows)
    ahead = Ahead(rows.lead, rows.length)
    monthly, doubt = model.leaving.rate(rows)
    middle, *ends = [survival.still_open(calibrate.chance(s), ahead, model.late) for s in (score, low, high)]
    risk, lows, highs = {}, {}, {}
    for h in horizons:
        months, when = model.leaving.pace.months(ahead, h)
        lift = np.exp(Z80 * np.hypot(doubt, when))
        paces = (monthly, monthly / lift, np.minimum(monthly * lift, leaving.MOST_MONTHLY))
        leaves, *others = [leaving.chance(m, months) for m in paces]
        risk[h] = survival.within(ahead, middle, leaves, h)
        lows[h], highs[h] = survival.together(
            risk[h],
            [survival.within(ahead, c, leaves, h) for c in ends],
            [survival.within(ahead, middle, c, h) for c in others],
        )
    on, start, end = dates.lapse_dates(ahead, middle, monthly, model.leaving.pace, mass=model.date_mass)
    return Chances(
        renewal=middle, renewal_low=ends[0], renewal_high=ends[1], risk=risk, low=lows, high=highs,
        lapse_on=on, lapse_from=start, lapse_to=end, score=score,
    )  # fmt: skip


def dated(model: Model, rows: Rows) -> Model:
    """The model with ranges of dates that hold as many lapses as they should, among members like these."""
    score, _, _ = _score(model, rows)
    ahead = Ahead(rows.lead, rows.length)
    renewal = survival.still_open(calibrate.chance(score), ahead, model.late)
    monthly, _ = model.leaving.rate(rows)
    found = dates.parts(ahead, renewal, monthly, model.leaving.pace)
    return replace(model, date_mass=dates.fitting_mass(found))


def contributions(model: Model, rows: Rows) -> Floats:
    """(n, features of the renewal model) calibrated log-odds above or below the average member."""
    codes = model.renewal.grid.codes(rows.x, rows.names)
    return model.renewal.contributions(codes) * model.slope


def _score(model: Model, rows: Rows) -> tuple[Floats, Floats, Floats]:
    """Calibrated log-odds at the renewal, and the ends of their range."""
    codes, lead = model.renewal.grid.codes(rows.x, rows.names), rows.lead
    raw = model.renewal.score(codes)
    score = model.level + model.slope * raw
    down = Z80 * np.hypot(model.slope * model.renewal.spread(codes), model.hidden)
    up = down.copy()
    for k, fading in enumerate(model.fading):
        far = (lead > NEAR) & (np.searchsorted(DISTANCES, lead) == k)
        score[far] = fading.level + fading.slope * raw[far]
        down[far], up[far] = np.maximum(down[far], fading.down), np.maximum(up[far], fading.up)
    return score, score - down, score + up


def _renewal_model(
    grid: additive.Grid, codes: Codes, y: Floats, weight: Floats, part: Rows, how: tuple[int, int]
) -> Additive:
    (refits, seed), (_, member) = how, np.unique(part.member, return_inverse=True)
    boosted = boost.fit(grid, codes, y, weight, member, seed=seed, refits=refits)
    power = np.array([np.std(boosted.table[j][codes[:, j]]) for j in range(len(grid.names))])
    kept = np.sort(np.argsort(-power, kind="stable")[:FEATURES_KEPT])
    kept = kept[power[kept] > 0]
    kept = np.union1d(kept, [j for j, name in enumerate(grid.names) if name == TIER]).astype(np.int64)
    small, own = grid.take(kept.tolist()), codes[:, kept]
    dropped = np.setdiff1d(np.arange(len(grid.names)), kept)
    width = int(small.sizes.max(initial=1))
    boosted = replace(
        boosted,
        grid=small,
        base=boosted.base + float(boosted.usual[dropped].sum()),
        table=boosted.table[kept][:, :width],
        usual=boosted.usual[kept],
        draws=boosted.draws[kept][:, :width],
    )
    steady = smooth.fit(small, own, y, weight, seed=seed)
    return additive.average([boosted, steady, steady])


def faded(model: Model, rows: Rows, *, by: np.datetime64) -> Model:
    """The model with what far renewals need, from how the same decisions looked from near and how they ended.

    The ends of the range are those of what the near score turned out to be, with the doubt that score has.
    """
    chosen = at_the_final_price(rows)
    chosen = chosen.take(learnable(chosen, by=by, nearest=0, farthest=10**6))
    codes = model.renewal.grid.codes(chosen.x, chosen.names)
    score, lead, decision = model.renewal.score(codes), chosen.lead, chosen.decision
    closest = np.full(decision.max(initial=0) + 1, np.nan)
    order = np.argsort(-lead, kind="stable")
    closest[decision[order]] = model.level + model.slope * score[order]
    noise = np.random.default_rng(0).normal(size=len(chosen))
    noise *= np.hypot(model.slope * model.renewal.spread(codes), model.hidden)
    found: list[Fading] = []
    for k in range(len(DISTANCES) + 1):
        far = np.flatnonzero((lead > NEAR) & (np.searchsorted(DISTANCES, lead) == k))
        if len(far) < FEWEST_FAR:
            found.append(found[-1] if found else Fading())
            continue
        age = np.asarray(by - chosen.end[far]).astype("timedelta64[D]").astype(np.float64) / 365
        weight = weights(chosen.take(far)) * 0.5 ** (age / FAR_YEARS)
        y = chosen.lapsed[far].astype(np.float64)
        level, slope = calibrate.line(score[far], y, weight)
        off = closest[decision[far]] + noise[far] - (level + slope * score[far])
        low, high = np.quantile(off, [0.1, 0.9])
        found.append(Fading(level, slope, max(-float(low), 0.0), max(float(high), 0.0)))
    return replace(model, fading=tuple(found))


def pack(model: Model) -> dict[str, Any]:
    """Plain dicts, lists, numbers and arrays, for storing."""
    fading = [[f.level, f.slope, f.down, f.up] for f in model.fading]
    return {
        "format": FORMAT, "kind": model.kind, "renewal": additive.pack(model.renewal), "late": model.late,
        "level": model.level, "slope": model.slope, "hidden": model.hidden, "fading": fading,
        "leaving": leaving.pack(model.leaving), "date_mass": model.date_mass,
    }  # fmt: skip


def unpack(stored: dict[str, Any]) -> Model:
    return Model(
        kind=stored["kind"], renewal=additive.unpack(stored["renewal"]), late=stored["late"],
        leaving=leaving.unpack(stored["leaving"]), level=stored["level"], slope=stored["slope"],
        hidden=stored["hidden"], fading=tuple(Fading(*f) for f in stored["fading"]),
        date_mass=stored["date_mass"],
    )  # fmt: skip
