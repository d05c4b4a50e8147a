"""What the churn model learns from and looks at: terms and features, as of days, in the shapes of `calc`."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from django.conf import settings

from imis_ai.features import labels
from imis_ai.features import queries as features
from imis_ai.features.definitions import FEATURES
from imis_ai.governance.guardrails import fields_off
from retention.calc import rows

if TYPE_CHECKING:
    import pandas as pd

NOT_FOR_THE_MODEL = {  # they tell the calendar, or whether the invoice is out, not the member
    "membership.days_into_term",
    "membership.renewal_rate_association",
    "payments.renewal_notice_days",
}
MAY_BE_UNFAIR = {"profile.age_band": "age"} | {
    f"place.{part}": "address"
    for part in ("city", "city_members", "postal_region", "postal_region_members", "state")
}
OF_PLACE_AND_PROFILE = {"place.chapter", "profile.is_organisation"}
NOW = "as it stands"


def book(pseudonyms: Sequence[str] | None = None) -> labels.Terms:
    """The terms of these members or of all, as the label book wants them."""
    return book_of(features.terms(pseudonyms))


def book_of(found: "pd.DataFrame") -> labels.Terms:
    """Rows of `features.terms` as the label book wants them."""
    return labels.terms(
        member=found["pseudonym"].to_numpy(str),
        start=found["start"].to_numpy(),
        end=found["end"].to_numpy(),
        resigned=found["resigned"].to_numpy(),
    )


def prices() -> dict[tuple[str, date], float]:
    """What each term cost, by pseudonym and first day."""
    return {key: price for key, (price, _) in sold().items()}


def sold() -> dict[tuple[str, date], tuple[float, float]]:
    """Price and rank of the tier of each term, by pseudonym and first day."""
    found = features.terms()
    starts = found["start"].to_numpy().astype("datetime64[D]").tolist()
    keys = zip(found["pseudonym"].tolist(), starts, strict=True)
    return dict(
        zip(keys, zip(found["price"].tolist(), found["tier_rank"].tolist(), strict=True), strict=True)
    )


def windows(names: Iterable[str]) -> dict[str, int | None]:
    """The features a model may learn from, with how many days each looks back (None: all history).

    What may be unfair only where the guardrail about such fields lets it in.
    """
    off = fields_off()
    return {name: _window(name) for name in names if _is_allowed(name, off)}


def _is_allowed(name: str, off: frozenset[str]) -> bool:
    if name in NOT_FOR_THE_MODEL:
        return False
    if name in MAY_BE_UNFAIR:
        return MAY_BE_UNFAIR[name] not in off
    if name.split(".")[0] in ("place", "profile") and name not in OF_PLACE_AND_PROFILE:
        return False
    return name not in FEATURES or FEATURES[name].point_in_time


def _window(name: str) -> int | None:
    declared = FEATURES.get(name)
    if declared is None:
        found = re.search(r"_(\d+)$", name)
        return int(found.group(1)) if found else None
    if isinstance(declared.window, int):
        return declared.window
    return 0 if declared.window == NOW else None


def past_rows(*, terms: labels.Terms, days: Iterable[np.datetime64]) -> rows.Rows:
    """One row per active member and day, with what became of them."""
    frames = features.frames(as_ofs=[day.item() for day in days])
    names = next(iter(frames.values())).columns if frames else []
    return rows.stack(frames=frames, book=terms, windows=windows(names), grace=settings.GRACE_DAYS)


def training_days(*, terms: labels.Terms, as_of: date) -> list[np.datetime64]:
    """The days whose snapshots a model of `as_of` learns from."""
    day = np.datetime64(as_of, "D")
    seen = labels.known(terms, on=day)
    return rows.snapshot_days(seen, as_of=day, grace=settings.GRACE_DAYS)


def rows_of(
    *,
    terms: labels.Terms,
    frame: "pd.DataFrame",
    as_of: date,
    names: Iterable[str],
    with_outcome: bool = False,
) -> rows.Rows:
    """One row per member active at `as_of`."""
    return rows.build(
        frame=frame,
        book=terms,
        day=np.datetime64(as_of, "D"),
        names=list(names),
        grace=settings.GRACE_DAYS,
        with_outcome=with_outcome,
    )
