"""What a feature is. The group modules beside this one are the only place where features are declared."""

from collections.abc import Callable
from dataclasses import dataclass, field

from imis_ai.features.calc.asof import Formula

PURPOSES = {
    "retention": "who may lapse, when and why",
    "renewals": "invoices, reminders and late payment",
    "tiers": "tiers, prices and benefits",
    "segments": "groups of members for programmes and mailings",
    "similarity": "members like this one",
}
EVERY = frozenset(PURPOSES)
NOT_MARKETING = frozenset({"retention", "renewals", "tiers"})  # money trouble is nobody's segment
NOT_DUNNING = frozenset(
    {"retention", "segments", "tiers"}
)  # what somebody wrote or asked is no matter for dunning

ZERO = "0 when the member has none; not available when iMIS holds no such rows at all"
NEVER = "empty when it never happened"
NONE = "empty when there is nothing to compute it from"
NO_TERM = "empty for contacts who never held a term"

ALL_HISTORY = "all history"
NOW = "as it stands"


@dataclass(frozen=True)
class Feature:
    """One number per member as of a day. `window`: days back, or ALL_HISTORY, or NOW for a state.

    `point_in_time` is False where iMIS keeps no history: the value is today's, whatever the day asked for, so
    no model may be trained on it.
    """

    name: str
    meaning: str
    unit: str
    window: int | str
    missing: str
    how: Formula = field(repr=False, compare=False)
    source: str
    purposes: frozenset[str] = EVERY
    sensitivity: str = "ordinary"
    point_in_time: bool = True
    note: str = ""
    is_category: bool = False
    of_all: bool = False  # depends on other members' rows beyond whether there are any

    @property
    def group(self) -> str:
        return self.name.split(".")[0]

    @property
    def window_text(self) -> str:
        return f"{self.window} days" if isinstance(self.window, int) else self.window


def group(
    *, source: str, purposes: frozenset[str] = EVERY, sensitivity: str = "ordinary", of_all: bool = False
) -> Callable[..., Feature]:
    """A short way to declare features that share source, purposes and sensitivity."""

    def declare(
        name: str, meaning: str, unit: str, window: int | str, missing: str, how: Formula, **other: object
    ) -> Feature:
        shared = {"source": source, "purposes": purposes, "sensitivity": sensitivity, "of_all": of_all}
        shared |= other
        return Feature(name, meaning, unit, window, missing, how, **shared)  # type: ignore[arg-type]

    return declare
