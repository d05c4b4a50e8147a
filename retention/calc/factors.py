"""Why a member is at risk: exact contributions of the model, added up by what they speak of. Pure."""

import re
from collections.abc import Callable, Sequence
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
    themes = sorted({theme(name) for name in names})
    place = np.array([themes.index(theme(name)) for name in names])
    total = np.stack([contributions[:, place == k].sum(axis=1) for k in range(len(themes))], axis=1)
    leading = [np.flatnonzero(place == k) for k in range(len(themes))]
    columns = {name: values[name].to_numpy(np.float64) for name in values.columns}
    found = []
    for i in range(len(contributions)):
        own = wording.Value(_reader(columns, i), money)
        told = (
            _factor(themes[k], contributions[i], leading[k], names, total[i, k], own)
            for k in _strongest(total[i])
        )
        found.append([factor for factor in told if factor][:MOST])
    return found


def _strongest(total: Floats) -> list[int]:
    """Themes that raise, strongest first; where none does, the one that lowers most."""
    raising = [int(k) for k in np.argsort(-total, kind="stable")[: 2 * MOST] if total[k] >= LEAST]
    return raising or [int(k) for k in np.argsort(total, kind="stable")[:1] if total[k] <= -LEAST]


def _factor(
    about: str,
    own: Floats,
    columns: npt.NDArray[np.int64],
    names: Sequence[str],
    total: float,
    v: wording.Value,
) -> dict[str, Any] | None:
    """None where the member's own values would speak against the reason."""
    say = KNOWN.get(about) or wording.own_kind(about.removeprefix("own."))
    chip, sentence, evidence = say(v)
    if total > 0 and chip in NO_REASON:
        return None
    strongest = columns[np.argmax(np.sign(total) * own[columns])]
    return {
        "feature": names[strongest],
        "chip": wording.shortened(chip),
        "sentence": sentence,
        "evidence": evidence,
        "weight": round(float(1 - np.exp(-abs(total))), 3),
        "direction": "raises" if total > 0 else "lowers",
    }


def _reader(columns: dict[str, Floats], row: int) -> Callable[[str], float]:
    def read(name: str) -> float:
        found = columns.get(name)
        return float("nan") if found is None else float(found[row])

    return read
