"""The churn model: chance to lapse at the next renewal and mid-term, learned on monthly snapshots. Pure.

Order of `learn`: grid and codes, boosted additive model, smooth additive model on the features that matter,
their mean (one part to two), the stated prior for small associations; then the hazard of resigning, the
fading with distance from the renewal, the habit of renewing late.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from retention.calc import additive, baselines, boost, calibrate, prior, smooth, survival
from retention.calc.additive import Additive, Codes, Floats
from retention.calc.rows import LEAD, NEAR, Rows, weights

KIND = "additive hazard"
Z80 = 1.2816
HIDDEN = 0.335  # log-odds by which members with equal data still differ; tuned on planted data of other seeds
FAR_STRETCH = 1.25  # scores move less than what they estimate; tuned on the same planted data
FEATURES_KEPT = 40
DISTANCES = (180, 270)  # days to the renewal that separate "far" classes beyond NEAR
FEWEST_RESIGNATIONS = 60
PRICE_RISE, SAME_PRICE = "tier.price_rise_ahead", 0.005
SCREENED = 60
KNOWN_SHARE = 0.5
YEARS_TO_LEVEL = 5
RECENT_YEARS = 3.0  # half-life of a year's say about the present level
FORMAT = 2


@dataclass(frozen=True)
class Fading:
    """How the score of a renewal `NEAR` days away or more is corrected, and how far it can still move."""

    level: float = 0.0
    slope: float = 1.0
    variance: float = 0.0


@dataclass(frozen=True)
class Model:
    """Everything needed to score, as plain values."""

    kind: str
    renewal: Additive
    late: Floats
    leaving: Floats  # rates of resigning per 30 days, by step before the term's end
    leaving_sd: float  # of their logarithm
    resigning: Additive | None = None
    resigning_usual: float = 0.0  # score of somebody who resigns at those rates
    level: float = 0.0
    slope: float = 1.0
    hidden: float = HIDDEN
    fading: tuple[Fading, ...] = field(default_factory=lambda: (Fading(),) * (len(DISTANCES) + 1))


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
    delays: npt.NDArray[np.int64],
    grace: int,
    seed: int,
    is_twin: bool = False,
) -> Model:
    """Fit on labels that are final before or on `by`. The rows must all be dated before `by`.

    A twin, which only shows what renewals would have looked like, is fitted once and without resignations.
    """
    everybody, rows = rows, at_the_final_price(rows)
    part = rows.take(learnable(rows, by=by, nearest=0, farthest=NEAR))
    y = part.lapsed.astype(np.float64)
    weight = level_years(part.end, y, weights(part))
    grid = additive.grid(part.x, part.names)
    codes = grid.codes(part.x, part.names)
    kept = telling(codes, y, weight)
    refits = 1 if is_twin else boost.REFITS
    learned = _renewal_model(grid.take(kept), codes[:, kept], y, weight, part, (refits, seed))
    own = prior.own_weight(float((y * weight).sum()))
    small = learned.grid.codes(part.x, part.names)
    year = part.end.astype("datetime64[Y]").astype(np.int64)
    learned = additive.believe_supported(learned, small, weight, year)
    learned = prior.mix(learned, small, weight, own=own)
    rates, sd, resigning, usual = np.zeros(len(survival.STEPS)), 0.0, None, 0.0
    if not is_twin:
        rates, sd, resigning, usual = _resigning(everybody, learned.grid, by=by, grace=grace, seed=seed)
    model = Model(
        kind=KIND, renewal=learned, late=survival.late_curve(delays, grace), leaving=rates, leaving_sd=sd,
        resigning=resigning, resigning_usual=usual,
    )  # fmt: skip
    return replace(model, fading=_fading(model, rows, by=by))


def plain(kind: str, model: Model, rows: Rows, *, by: np.datetime64) -> Model:
    """The same model with its renewal part replaced by the baseline `kind`."""
    part = rows.take(learnable(rows, by=by, nearest=0, farthest=NEAR))
    grid = additive.grid(part.x, part.names)
    fit = baselines.rule if kind == baselines.RULE else baselines.recency_frequency
    renewal = fit(grid, grid.codes(part.x, part.names), part.lapsed.astype(np.float64), weights(part))
    replaced = replace(model, kind=kind, renewal=renewal, level=0.0, slope=1.0)
    return replace(replaced, fading=_fading(replaced, rows, by=by))


def telling(codes: Codes, y: Floats, weight: Floats) -> list[int]:
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
    return sorted(int(j) for j in order if np.isfinite(gain[j]))


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
    codes = model.renewal.grid.codes(rows.x, rows.names)
    score, variance = _score(model, codes, rows.lead)
    ahead = survival.Ahead(rows.lead, rows.length)
    leaving, doubt = _leaving(model, rows, ahead)
    middle = calibrate.chance(score)
    low, high = calibrate.bounds(score, variance, z=Z80)
    low, high = np.minimum(low, middle), np.maximum(high, middle)
    ends = [survival.still_open(c, ahead, model.late) for c in (middle, low, high)]
    curves = {h: _with_range(ahead, ends, leaving, doubt, h) for h in horizons}
    on, start, end = survival.lapse_dates(ahead, ends[0], leaving)
    return Chances(
        renewal=ends[0], renewal_low=ends[1], renewal_high=ends[2],
        risk={h: c[0] for h, c in curves.items()},
        low={h: c[1] for h, c in curves.items()},
        high={h: c[2] for h, c in curves.items()},
        lapse_on=on, lapse_from=start, lapse_to=end, score=score,
    )  # fmt: skip


def _with_range(
    ahead: survival.Ahead, ends: Sequence[Floats], leaving: survival.Leaving, doubt: Floats, days: int
) -> tuple[Floats, Floats, Floats]:
    """(chance, low, high) within `days`: the doubts about renewing and resigning are of different data, so
    their deviations add as squares.
    """
    middle, low, high = ends
    said = survival.within(ahead, middle, leaving, days)
    slow, fast = (
        survival.within(ahead, middle, leaving.at_pace(np.exp(sign * Z80 * doubt)), days) for sign in (-1, 1)
    )
    bounds = [survival.within(ahead, c, leaving, days) for c in (low, high)]
    down = np.hypot(said - np.minimum.reduce([*bounds, said]), said - np.minimum(slow, said))
    up = np.hypot(np.maximum.reduce([*bounds, said]) - said, np.maximum(fast, said) - said)
    return said, np.maximum(said - down, 0), np.minimum(said + up, 1)


def contributions(model: Model, rows: Rows) -> Floats:
    """(n, features of the renewal model) calibrated log-odds above or below the average member."""
    codes = model.renewal.grid.codes(rows.x, rows.names)
    return model.renewal.contributions(codes) * model.slope


def _score(model: Model, codes: Codes, lead: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Calibrated log-odds at the renewal and the variance around them."""
    raw, own = model.renewal.score(codes), model.renewal.spread(codes) ** 2
    score, variance = model.level + model.slope * raw, model.slope**2 * own + model.hidden**2
    for k, fading in enumerate(model.fading):
        far = (lead > NEAR) & (np.searchsorted(DISTANCES, lead) == k)
        score = np.where(far, fading.level + fading.slope * raw, score)
        variance = np.where(far, fading.slope**2 * own + model.hidden**2 + fading.variance, variance)
    return score, variance


def _renewal_model(
    grid: additive.Grid, codes: Codes, y: Floats, weight: Floats, part: Rows, how: tuple[int, int]
) -> Additive:
    (refits, seed), (_, member) = how, np.unique(part.member, return_inverse=True)
    boosted = boost.fit(grid, codes, y, weight, member, seed=seed, refits=refits)
    power = np.array([np.std(boosted.table[j][codes[:, j]]) for j in range(len(grid.names))])
    kept = np.sort(np.argsort(-power, kind="stable")[:FEATURES_KEPT])
    kept = kept[power[kept] > 0]
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


def _resigning(
    rows: Rows, grid: additive.Grid, *, by: np.datetime64, grace: int, seed: int
) -> tuple[Floats, float, Additive | None, float]:
    """Rates of resigning, the uncertainty of their logarithm, a model of who does, and its usual score.

    The rates say how many resign, the model only who: its usual score is that of the last year's members, or
    whatever rose with the calendar would count twice.
    """
    month = np.timedelta64(30, "D")
    part = rows.take(
        np.flatnonzero(~rows.in_grace & (rows.day + month + np.timedelta64(grace + 1, "D") <= by))
    )
    exposed = np.clip(part.lead, 0, 30)
    left = part.resigned & (part.on < part.day + month)
    left_at = ((part.end - part.on)[left] / np.timedelta64(1, "D")).astype(np.int64)
    rates, doubt = survival.rates_of_leaving(part.lead, exposed, left_at)
    if left.sum() < FEWEST_RESIGNATIONS:
        return rates, doubt, None, 0.0
    own = grid.take([j for j, name in enumerate(grid.names) if name != LEAD])
    codes = own.codes(part.x, part.names)
    model = smooth.fit(own, codes, left.astype(np.float64), exposed / survival.MONTH, seed=seed)
    recent = part.day > part.day.max() - np.timedelta64(survival.YEAR, "D")
    return rates, doubt, model, float(np.log(np.exp(model.score(codes[recent])).mean()))


def _leaving(model: Model, rows: Rows, ahead: survival.Ahead) -> tuple[survival.Leaving, Floats]:
    """How each member resigns, and the standard deviation of the logarithm of that pace."""
    own = model.resigning
    if own is None:
        ones = np.ones(len(rows))
        return survival.Leaving(model.leaving, ones, ahead), model.leaving_sd * ones
    codes = own.grid.codes(rows.x, rows.names)
    pace = np.exp(own.score(codes) - model.resigning_usual)
    return survival.Leaving(model.leaving, pace, ahead), own.spread(codes)


def _fading(model: Model, rows: Rows, *, by: np.datetime64) -> tuple[Fading, ...]:
    """Corrections for far renewals, from what the same decisions looked like from near and how they ended."""
    chosen = rows.take(learnable(rows, by=by, nearest=0, farthest=10**6))
    codes = model.renewal.grid.codes(chosen.x, chosen.names)
    score, lead = model.renewal.score(codes), chosen.lead
    order = np.argsort(lead, kind="stable")
    decision = chosen.decision
    closest = np.full(decision.max(initial=0) + 1, np.nan)
    closest[decision[order[::-1]]] = score[order[::-1]]
    found: list[Fading] = []
    for k in range(len(DISTANCES) + 1):
        far = (lead > NEAR) & (np.searchsorted(DISTANCES, lead) == k)
        if far.sum() < 200:
            found.append(found[-1] if found else Fading())
            continue
        y, weight = chosen.lapsed[far].astype(np.float64), weights(chosen.take(np.flatnonzero(far)))
        level, slope = calibrate.line(score[far], y, weight)
        moved = closest[decision[far]] - (level + slope * score[far])
        found.append(Fading(level, slope, FAR_STRETCH * float(np.var(moved))))
    return tuple(found)


def pack(model: Model) -> dict[str, Any]:
    """Plain dicts, lists, numbers and arrays, for storing."""
    fading = [[f.level, f.slope, f.variance] for f in model.fading]
    return {
        "format": FORMAT, "kind": model.kind, "renewal": additive.pack(model.renewal), "late": model.late,
        "leaving": model.leaving, "leaving_sd": model.leaving_sd, "resigning_usual": model.resigning_usual,
        "level": model.level, "slope": model.slope, "hidden": model.hidden, "fading": fading,
        "resigning": additive.pack(model.resigning) if model.resigning else None,
    }  # fmt: skip


def unpack(stored: dict[str, Any]) -> Model:
    return Model(
        kind=stored["kind"], renewal=additive.unpack(stored["renewal"]), late=stored["late"],
        leaving=stored["leaving"], leaving_sd=stored["leaving_sd"], level=stored["level"],
        slope=stored["slope"], hidden=stored["hidden"], fading=tuple(Fading(*f) for f in stored["fading"]),
        resigning_usual=stored["resigning_usual"],
        resigning=additive.unpack(stored["resigning"]) if stored["resigning"] else None,
    )  # fmt: skip
