"""What is assumed before an association's own history speaks: the stated prior for small associations. Pure.

The effects are round log-odds from what membership managers know; they are listed in every model's manifest.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from retention.calc.additive import Additive, Codes, Floats, usual
from retention.calc.rows import RUN

OWN_HISTORY = 250  # lapses from which only the association's own history counts

_Effect = Callable[[Floats], Floats]


def _above(limit: float, effect: float) -> _Effect:
    return lambda v: np.where(v > limit, effect, 0.0)


EFFECTS: dict[str, tuple[str, _Effect]] = {
    RUN: ("-0.5 for each doubling of the terms in a row", lambda v: -0.5 * np.log2(np.maximum(v, 1.0))),
    "payments.autopay": ("-0.6 with automatic payment", _above(0.5, -0.6)),
    "payments.failed_attempts_120": ("+0.8 after a failed payment", _above(0.5, 0.8)),
    "portal.login_gap_ratio": ("+0.6 when silent for four usual gaps", _above(4.0, 0.6)),
    "events.missed_in_a_row": ("+0.5 after two missed events in a row", _above(1.5, 0.5)),
    "mail.days_since_open": ("+0.4 when no e-mail was opened for 90 days", _above(90.0, 0.4)),
    "committee.left_within_180": ("+0.6 after leaving a committee", _above(0.5, 0.6)),
    "tier.price_rise_ahead": ("+0.4 at the first renewal after a price rise", _above(0.005, 0.4)),
}


def own_weight(lapses: float) -> float:
    """Share of what was learned in the mixture: 0 without a single lapse, 1 from `OWN_HISTORY` on."""
    return float(min(lapses / OWN_HISTORY, 1.0))


def mix(learned: Additive, codes: Codes, weight: Floats, *, own: float) -> Additive:
    """Draw every effect towards the prior's; the average row keeps the learned level."""
    if own >= 1:
        return learned
    table = np.zeros_like(learned.table)
    for j, (name, middles) in enumerate(zip(learned.grid.names, learned.grid.middles(), strict=True)):
        if name in EFFECTS:
            table[j, : len(middles)] = np.nan_to_num(EFFECTS[name][1](middles))
            table[j, 0] = 0.0
    mixed = own * learned.table + (1 - own) * table
    level = usual(mixed, codes, weight)
    base = learned.usual_score - float(level.sum())
    return replace(learned, table=mixed, usual=level, base=base)


def stated(own: float) -> dict[str, Any]:
    """For the manifest: how much the prior counts and what it says."""
    effects = {name: text for name, (text, _) in EFFECTS.items()}
    return {"weight_of_own_history": round(own, 3), "lapses_for_full_weight": OWN_HISTORY, "effects": effects}
