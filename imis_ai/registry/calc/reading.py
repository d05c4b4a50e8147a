"""What a model said beside what happened: by tens, by group of members, by month. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from imis_ai.registry.calc import coverage

Floats = npt.NDArray[np.float64]
SMALLEST_GROUP = 10  # smaller groups are neither compared nor shown
SURE = 3.9  # standard errors from which a gap is not luck, though many groups are compared
SCORES, EVALUATION = "scores", "evaluation"
NOT_KNOWN = "not known"


@dataclass(frozen=True)
class Outcomes:
    """Chances (0 to 1) of members on days, and what became of them; arrays of one length.

    `low` and `high` are the 80 % ranges, NaN where there is none.
    """

    member: npt.NDArray[Any]
    day: npt.NDArray[Any]  # datetime64[D]
    said: Floats
    low: Floats
    high: Floats
    happened: Floats

    def __len__(self) -> int:
        return len(self.said)


class Gap(NamedTuple):
    """A group that fares worse than the others. `value` and `others` are shares."""

    by: str
    group: str
    measure: str
    value: float
    others: float
    n: int
    rates: tuple[float, float] = (0.0, 0.0)  # how often it happened to the group and to the others

    @property
    def size(self) -> float:
        return abs(self.value - self.others)


def read(found: Outcomes, *, source: str, line: float, labels: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """As stored with a version or a check. `line`: from this chance on a member is put before staff;
    `labels`: per kind of group (tier, chapter ...) the group of each row, empty where it is not recorded.
    """
    if not len(found):
        return {}
    return {
        "source": source,
        "from": str(found.day.min()),
        "to": str(found.day.max()),
        "members": len(found),
        "happened": int(found.happened.sum()),
        "line": line,
        "tens": _tens(found),
        "groups": [row for by, own in labels.items() for row in _groups(found, by, np.asarray(own), line)],
        "months": _months(found),
    }


def _tens(found: Outcomes) -> list[dict[str, Any]]:
    ten = np.clip((found.said * 10).astype(np.int64), 0, 9)
    return [
        {
            "low": 10 * t,
            "high": 10 * t + 10,
            "members": int((ten == t).sum()),
            "said": round(float(found.said[ten == t].mean()), 4),
            "happened": int(found.happened[ten == t].sum()),
        }
        for t in range(10)
        if (ten == t).any()
    ]


def _groups(found: Outcomes, by: str, own: npt.NDArray[Any], line: float) -> list[dict[str, Any]]:
    chosen, hit = found.said >= line, found.happened > 0
    rows = []
    for group in sorted(set(own.tolist()) - {""}):
        inside = own == group
        rows.append(
            {
                "by": by,
                "group": group,
                "members": int(inside.sum()),
                "happened": int((inside & hit).sum()),
                "said": round(float(found.said[inside].mean()), 4),
                "chosen": int((inside & chosen).sum()),
                "missed": int((inside & hit & ~chosen).sum()),
                "alarms": int((inside & ~hit & chosen).sum()),
                **_held(found, np.flatnonzero(inside)),
            }
        )
    return rows if len(rows) > 1 else []


def _held(found: Outcomes, rows: npt.NDArray[np.int64]) -> dict[str, int]:
    """Of a group of members: how many ranges of about 50 neighbours there are, and how many held."""
    own = rows[~np.isnan(found.low[rows]) & ~np.isnan(found.high[rows])]
    if len(own) < SMALLEST_GROUP:
        return {"ranges": 0, "held": 0}
    said, happened, low, high = (part[own] for part in (found.said, found.happened, found.low, found.high))
    groups = coverage.neighbours(said, found.day[own].astype("datetime64[Y]"))
    return {
        "ranges": len(groups),
        "held": sum(coverage.holds(said[g], happened[g], low[g], high[g]) for g in groups),
    }


class Slip(NamedTuple):
    """Ranges that held less often than they promise, and by how much luck would not explain."""

    by: str
    group: str
    held: int
    ranges: int


NOMINAL, LUCK, RECENT = 0.8, 0.001, 3


def slips(reading: Mapping[str, Any]) -> list[Slip]:
    """Where coverage slipped: among all in the last months, then by group; the worst first."""
    months = [row for row in reading.get("months", []) if row["groups"]][-RECENT:]
    found = [Slip("", "", sum(row["inside"] for row in months), sum(row["groups"] for row in months))]
    found += [
        Slip(row["by"], row["group"], row["held"], row["ranges"])
        for row in reading.get("groups", [])
        if row.get("ranges")
    ]
    low = [slip for slip in found if slip.ranges and _at_most(slip.held, slip.ranges) < LUCK]
    return sorted(low, key=lambda slip: (slip.by != "", slip.held / slip.ranges))


def _at_most(hits: int, n: int) -> float:
    """The chance that so few of `n` hold, where 8 in 10 do."""
    return sum(math.comb(n, k) * NOMINAL**k * (1 - NOMINAL) ** (n - k) for k in range(hits + 1))


def _months(found: Outcomes) -> list[dict[str, Any]]:
    known = np.flatnonzero(~np.isnan(found.low) & ~np.isnan(found.high))
    month = found.day[known].astype("datetime64[M]")
    said, happened, low, high = (part[known] for part in (found.said, found.happened, found.low, found.high))
    rows = []
    for each in np.unique(month):
        own = np.flatnonzero(month == each)
        groups = coverage.neighbours(said[own], np.zeros(len(own)))
        held = [coverage.holds(*(part[own][g] for part in (said, happened, low, high))) for g in groups]
        rows.append(
            {"month": str(each), "members": len(own), "groups": len(groups), "inside": int(sum(held))}
        )
    return rows


MEASURES = ("level", "missed", "alarms", "chosen")


def gaps(reading: Mapping[str, Any], *, limit: float) -> list[Gap]:
    """Groups that differ from all others of their kind by more than `limit`, and not by luck; worst first.

    `level`: said beside happened; `missed`: of those it happened to, not put before staff; `alarms`: of the
    others, put before staff all the same; `chosen`: put before staff beyond what happened explains.
    """
    found = []
    rows = reading.get("groups", [])
    for row in rows:
        rest = [other for other in rows if other["by"] == row["by"] and other is not row]
        total = {key: sum(other[key] for other in rest) for key in _COUNTS}
        total["said"] = sum(other["said"] * other["members"] for other in rest) / max(total["members"], 1)
        found += [gap for key in MEASURES if (gap := _gap(row, total, key, limit)) is not None]
    return sorted(found, key=lambda gap: -gap.size)


_COUNTS = ("members", "happened", "chosen", "missed", "alarms")


def _gap(row: Mapping[str, Any], rest: Mapping[str, Any], measure: str, limit: float) -> Gap | None:
    if measure == "level":
        return _level_gap(row, limit)
    of, hits = {
        "missed": (lambda r: r["happened"], lambda r: r["missed"]),
        "alarms": (lambda r: r["members"] - r["happened"], lambda r: r["alarms"]),
        "chosen": (lambda r: r["members"], lambda r: r["chosen"]),
    }[measure]
    n, others = of(row), of(rest)
    if min(n, others) < SMALLEST_GROUP:
        return None
    own, plain = hits(row) / n, hits(rest) / others
    rates = row["happened"] / row["members"], rest["happened"] / rest["members"]
    explained = rates[0] - rates[1] if measure == "chosen" else 0.0
    pooled = (hits(row) + hits(rest)) / (n + others)
    spread = max(float(np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / others))), 1e-9)
    beyond = own - plain - explained
    if abs(beyond) <= limit or abs(beyond) < SURE * spread:
        return None
    return Gap(row["by"], row["group"], measure, own, plain, n, rates)


def _level_gap(row: Mapping[str, Any], limit: float) -> Gap | None:
    n = row["members"]
    if n < SMALLEST_GROUP:
        return None
    said, happened = row["said"], row["happened"] / n
    spread = max(float(np.sqrt(said * (1 - said) / n)), 1e-9)
    if abs(said - happened) <= limit or abs(said - happened) < SURE * spread:
        return None
    return Gap(row["by"], row["group"], "level", said, happened, n)
