"""What the model says about every active member as of a day. Read only; nothing is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from django.conf import settings

from imis_ai.features import labels
from imis_ai.features import queries as features
from imis_ai.registry import queries as registry
from imis_ai.registry.models import TrainedModel
from imis_ai.ui import words
from retention.calc import abstain, churn, factors
from retention.calc.rows import Rows
from retention.queries import learning

if TYPE_CHECKING:
    import pandas as pd

NAME = "churn"
HORIZONS = (30, 60, 90)
OF_MEMBERSHIP = {"membership", "tier", "place", "profile", "value"}


@dataclass(frozen=True)
class Predicted:
    """Arrays and lists of one length, a place per active member; `abstained` is empty for the scored."""

    model: TrainedModel
    rows: Rows
    chances: churn.Chances
    factors: list[list[dict[str, Any]]]
    abstained: list[str]
    dues: npt.NDArray[np.float64]
    value: npt.NDArray[np.float64]

    def days(self, offsets: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Dates from days counted from the row's day."""
        return self.rows.day + offsets.astype("timedelta64[D]")


def model_for(as_of: date, *, today: date) -> tuple[TrainedModel, bool]:
    """(model, is younger than the day): the live one for today, for the past one that knew no more than then.

    Without such a model the live one is used and the flag is set. Raises registry.NoModel.
    """
    live = registry.live(NAME)
    if as_of >= today or live.as_of <= as_of:
        return live, False
    then = registry.known_by(NAME, as_of)
    return (then, False) if then else (live, True)


def predict(
    *,
    as_of: date,
    model: TrainedModel,
    horizons: Sequence[int] = HORIZONS,
    pseudonyms: Sequence[str] | None = None,
    seen_until: date | None = None,
) -> Predicted:
    """Chances, ranges, dates and factors of everybody active at `as_of`, or of the members named.

    Features look at what was before `seen_until`, which is `as_of` when left out.
    """
    loaded = churn.unpack(registry.load(model))
    periods = features.terms(pseudonyms)
    terms = learning.book_of(periods)
    frame = features.frame(as_of=seen_until or as_of, pseudonyms=pseudonyms)
    rows = learning.rows_of(terms=terms, frame=frame, as_of=as_of, names=_names(loaded))
    if pseudonyms is not None:
        rows = rows.take(np.flatnonzero(np.isin(rows.member, list(pseudonyms))))
    values = frame.reindex(index=rows.member)
    since = _member_since(terms, rows)
    return Predicted(
        model=model,
        rows=rows,
        chances=churn.predict(loaded, rows, horizons=horizons),
        factors=factors.explain(
            churn.contributions(loaded, rows),
            loaded.renewal.grid.names,
            values,
            money=lambda amount: words.money(amount, settings.CURRENCY),
        ),
        abstained=abstain.reasons(rows, since=since, has_features=_is_known(values)),
        dues=_dues(rows, periods),
        value=_column(values, "value.contribution_365"),
    )


def _names(model: churn.Model) -> list[str]:
    grids = [part.grid.names for part in (model.renewal, model.leaving.who) if part is not None]
    return sorted({name for names in grids for name in names})


def _member_since(terms: labels.Terms, rows: Rows) -> npt.NDArray[Any]:
    day = rows.day[0] if len(rows) else np.datetime64("NaT", "D")
    now = labels.standing(terms, on=day, grace=settings.GRACE_DAYS)
    joined = dict(zip(terms.names[now.member].tolist(), now.joined.tolist(), strict=True))
    return np.array([joined[member] for member in rows.member.tolist()], "datetime64[D]")


def _dues(rows: Rows, periods: "pd.DataFrame") -> npt.NDArray[np.float64]:
    """Price of each row's present term; NaN where it is not known."""
    import pandas as pd

    kept = periods.drop_duplicates(["pseudonym", "start"], keep="last")
    prices = kept.set_index(["pseudonym", "start"])["price"].astype(np.float64)
    own = pd.MultiIndex.from_arrays([rows.member, rows.start.astype("datetime64[s]")])
    return np.asarray(prices.reindex(own).to_numpy())


def _is_known(values: "pd.DataFrame") -> npt.NDArray[np.bool_]:
    """Whether anything but the membership itself is known of each member."""
    told = [name for name in values.columns if name.split(".")[0] not in OF_MEMBERSHIP]
    numbers = values[told].to_numpy(np.float64)
    return np.asarray((np.nan_to_num(numbers) != 0).any(axis=1))


def _column(values: "pd.DataFrame", name: str) -> npt.NDArray[np.float64]:
    if name not in values.columns:
        return np.full(len(values), np.nan)
    return np.asarray(values[name].to_numpy(np.float64))
