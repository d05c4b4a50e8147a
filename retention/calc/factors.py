"""Why a member is at risk: exact contributions of the model, added up by what they speak of. Pure."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from retention.calc import wording

if TYPE_CHECKING:
    import pandas as pd

MOST = 3
LEAST = 0.05  # log-odds below which a reason is not worth a line
PRICE = ("tier.price", "tier.first_term")
KNOWN = {
    "portal": wording.portal,
    "events": wording.events,
    "mail": wording.mail,
    "payments": wording.payments,
    "committee": wording.committee,
    "price": wording.price,
    "tier": wording.tier,
    "membership": wording.membership,
    "community": wording.community,
    "content": wording.content,
    "engagement": wording.engagement,
    "giving": wording.giving,
    "value": wording.value,
    "place": wording.place,
    "profile": wording.profile,
}
OWN = re.compile(
    r"own\.(.+)_(?:count(?:_\d+)?|days_since(?:_first)?|trend|rows_last|quantity_(?:last|change|mean_1095)"
    r"|amount_365|number_(?:last|change)|references|reference(?:_changed)?|detail(?:_changed)?)$"
)
NO_REASON = {  # true, but nobody lapses because of it
    "Pays automatically",
    "Pays on time",
    "On a committee",
    "What the member pays",
    "Price of the tier",
}

Floats = npt.NDArray[np.float64]


def theme(feature: str) -> str:
    """What a feature speaks of: its group, but price apart from tier, and each own kind by itself."""
    if feature.startswith(PRICE):
        return "price"
    if found := OWN.match(feature):
        return f"own.{found.group(1)}"
    return feature.split(".")[0]


def explain(
    contributions: Floats,
    names: Sequence[str],
    values: "pd.DataFrame",
    *,
    money: Callable[[float], str],
) -> list[list[dict[str, Any]]]:
    """Up to three factors per member, strongest first.

    `contributions` is (n, features) log-odds above the average member, columns `names`; `values` holds the
    features of the same n members; `money` writes an amount. What raises comes first; what lowers is named
    only where nothing raises.
    """
    told = _Told(contributions, names)
    columns = _Columns(values)
    found = []
    for i, order in enumerate(told.order()):
        own = wording.Value(columns, i, money)
        factors = (_factor(told, i, k, own) for k in order)
        found.append([factor for factor in factors if factor][:MOST])
    return found


class _Columns(dict[str, list[float] | None]):
    """Features as lists, each made when a reason first reads it; None for one that is not there."""

    def __init__(self, values: "pd.DataFrame") -> None:
        super().__init__()
        self.values_of = values

    def __missing__(self, name: str) -> list[float] | None:
        there = name in self.values_of.columns
        self[name] = self.values_of[name].to_numpy(np.float64).tolist() if there else None
        return self[name]


class _Told:
    """Contributions added up by theme, for all members at once."""

    def __init__(self, contributions: Floats, names: Sequence[str]) -> None:
        self.themes = sorted({theme(name) for name in names})
        place = np.array([self.themes.index(theme(name)) for name in names])
        of = [np.flatnonzero(place == k) for k in range(len(self.themes))]
        self.total = np.stack([contributions[:, columns].sum(axis=1) for columns in of], axis=1)
        self.weight = np.round(1 - np.exp(-np.abs(self.total)), 3).tolist()
        self.raises = (self.total > 0).tolist()
        leading = [
            columns[np.argmax(np.sign(self.total[:, [k]]) * contributions[:, columns], axis=1)]
            for k, columns in enumerate(of)
        ]
        self.leading = [[names[column] for column in theme.tolist()] for theme in leading]

    def order(self) -> Iterator[list[int]]:
        """Per member: themes that raise, strongest first; where none does, the one that lowers most."""
        most = np.argsort(-self.total, axis=1, kind="stable")[:, : 2 * MOST]
        raising = (np.take_along_axis(self.total, most, axis=1) >= LEAST).sum(axis=1).tolist()
        least = np.argmin(self.total, axis=1)
        lowers = (self.total[np.arange(len(least)), least] <= -LEAST).tolist()
        for n, themes, lowest, is_low in zip(raising, most.tolist(), least.tolist(), lowers, strict=True):
            yield themes[:n] or ([lowest] if is_low else [])


def _factor(told: _Told, i: int, k: int, v: wording.Value) -> dict[str, Any] | None:
    """None where the member's own values would speak against the reason."""
    about, raises = told.themes[k], told.raises[i][k]
    say = KNOWN.get(about) or wording.own_kind(about.removeprefix("own."))
    chip, sentence, evidence = say(v)
    if raises and chip in NO_REASON:
        return None
    return {
        "feature": told.leading[k][i],
        "chip": wording.shortened(chip),
        "sentence": sentence,
        "evidence": evidence,
        "weight": told.weight[i][k],
        "direction": "raises" if raises else "lowers",
    }
