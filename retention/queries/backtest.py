"""What the model would have said in the past, trained with what was known then. Nothing is stored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings

from imis_ai.features import labels
from retention.calc import baselines, churn, evaluate, training
from retention.calc.rows import Rows
from retention.queries import learning

SEED = 20_261
PLAIN = (baselines.RECENCY, baselines.RULE)
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Origin:
    """One day of the past: chances of every model for the members active then, and what happened."""

    day: date
    lapsed: Floats
    said: dict[str, Floats]
    low: Floats
    high: Floats
    shipped: str
    date_hits: npt.NDArray[np.bool_]  # of those who lapsed: did the range of the date hold it


def run(
    *,
    days: Sequence[date],
    horizon: int,
    step: Callable[[date], None] = lambda _: None,
) -> dict[str, Any]:
    """Rolling origins: figures of the model and its baselines, pooled and per day, each with n.

    Each day's model has seen only labels final by that day. Raises training.TooLittle for the first day that
    has too little before it.
    """
    terms = learning.book()
    known = _days_of_all(terms, days)
    frames = learning.past_rows(terms=terms, days=known)
    origins = []
    for day in days:
        step(day)
        origins.append(_origin(frames, terms, day, horizon))
    return {
        "horizon": horizon,
        "days": [_figures([origin]) | {"day": origin.day.isoformat()} for origin in origins],
        "pooled": _figures(origins),
    }


def last_known(terms: labels.Terms, *, horizon: int, today: date) -> date:
    """The last day whose outcome within `horizon` days is certain today."""
    return (np.datetime64(today, "D") - np.timedelta64(horizon + settings.GRACE_DAYS + 1, "D")).item()


def _days_of_all(terms: labels.Terms, days: Sequence[date]) -> list[np.datetime64]:
    found: set[np.datetime64] = set()
    for day in days:
        found |= set(learning.training_days(terms=terms, as_of=day)) | {np.datetime64(day, "D")}
    return sorted(found)


def _origin(rows: Rows, terms: labels.Terms, day: date, horizon: int) -> Origin:
    at, grace = np.datetime64(day, "D"), settings.GRACE_DAYS
    own = np.isin(rows.day, learning.training_days(terms=terms, as_of=day))
    before = rows.take(np.flatnonzero(own))
    trained = training.train(before, terms, as_of=at, grace=grace, seed=SEED)
    now = rows.take(np.flatnonzero(rows.day == at))
    standing = labels.standing(terms, on=at, grace=grace)
    lapsed = labels.lapses_within(terms, standing, on=at, horizon=horizon, grace=grace).astype(np.float64)
    chances = churn.predict(trained.model, now, horizons=(horizon,))
    said = {"model": chances.risk[horizon]}
    for kind in PLAIN:
        plain = churn.plain(kind, trained.model, before, by=at)
        said[kind] = churn.predict(plain, now, horizons=(horizon,)).risk[horizon]
    gone = (lapsed == 1) & (now.on != labels.NEVER)
    ahead = ((now.on - at) / np.timedelta64(1, "D")).astype(np.int64)
    hits = (ahead >= chances.lapse_from) & (ahead <= chances.lapse_to)
    return Origin(day, lapsed, said, chances.low[horizon], chances.high[horizon], trained.chosen, hits[gone])


def _figures(origins: Sequence[Origin]) -> dict[str, Any]:
    lapsed = np.concatenate([origin.lapsed for origin in origins])
    low = np.concatenate([origin.low for origin in origins])
    high = np.concatenate([origin.high for origin in origins])
    block = np.repeat(np.arange(len(origins)), [len(origin.lapsed) for origin in origins])
    found: dict[str, Any] = {"shipped": sorted({origin.shipped for origin in origins})}
    for name in origins[0].said:
        chance = np.concatenate([origin.said[name] for origin in origins])
        ranges = (low, high) if name == "model" else (None, None)
        found[name] = evaluate.measures(evaluate.Measured(chance, lapsed, *ranges, block), seed=SEED)
    hits = np.concatenate([origin.date_hits for origin in origins])
    found["lapse_date"] = {
        "lapsed": len(hits),
        "in_range": round(float(hits.mean()), 4) if len(hits) else None,
    }
    return found
