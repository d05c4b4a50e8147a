"""One version in words and drawings for its page. Reads nothing; takes what the queries found."""

from typing import Any, NamedTuple

from imis_ai.features.definitions import FEATURES
from imis_ai.registry.calc import coverage, reading
from imis_ai.registry.cards import Measure
from imis_ai.registry.queries import pages
from imis_ai.ui import charts, words

DRAWN = 12  # features in the chart; the table has all
RIGHT = 0.8


class Figure(NamedTuple):
    """One measure: this version, the live one, the best that needs no model; better, worse or empty."""

    measure: Measure
    own: str
    own_range: str
    live: str
    plain: str
    verdict: str


def of(found: pages.Version) -> dict[str, Any]:
    """Everything the template shows that is not a row of the database."""
    read = found.reading
    return {
        "card": found.card,
        "model": found.model,
        "live": found.live,
        "others": found.others,
        "check": found.check,
        "reading": read,
        "source_words": _source(found),
        "switches": found.switches,
        "decisions": found.decisions,
        "beats": found.card.beats(found.model),
        "figures": [_figure(measure, found) for measure in found.card.measures],
        "groups": {by: [_group(row) for row in rows] for by, rows in pages.groups(read).items()},
        **_calibration(found),
        **_shifts(found),
        **_coverage(found),
    }


def _source(found: pages.Version) -> str:
    """Where said and happened come from."""
    read = found.reading
    if not read:
        return ""
    span = f"{read['from']} to {read['to']}"
    if read["source"] == reading.SCORES:
        whose = "this version" if read.get("version") else "all versions so far"
        return f"Scores as they were stored by {whose}, {span}, against what happened."
    return (
        f"The registered evaluation: decisions of {span}, later than what it had learnt from. "
        "Too few stored scores have a certain outcome yet."
    )


def _figure(measure: Measure, found: pages.Version) -> Figure:
    own = found.model.evaluation.get(measure.key)
    bounds = found.model.evaluation.get(f"{measure.key}_range")
    live = found.live.evaluation.get(measure.key) if found.live else None
    plain = [b[measure.key] for b in found.model.baselines.values() if b.get(measure.key) is not None]
    best = (min(plain) if measure.is_less_better else max(plain)) if plain else None
    shown_range = f"{said(measure, bounds[0])} to {said(measure, bounds[1])}" if bounds else ""
    return Figure(
        measure, said(measure, own), shown_range, said(measure, live), said(measure, best),
        _verdict(measure, own, live, is_same=found.live == found.model),
    )  # fmt: skip


def _verdict(measure: Measure, own: float | None, live: float | None, *, is_same: bool) -> str:
    if is_same or own is None or live is None or own == live:
        return ""
    return "better" if (own < live) == measure.is_less_better else "worse"


def said(measure: Measure, value: float | None) -> str:
    """A figure as its measure is read."""
    if value is None:
        return "not known"
    match measure.shown:
        case "of_100":
            return f"{value * 100:.1f} of 100"
        case "points":
            return f"{value * 100:.1f} points"
        case "times":
            return f"{value:.1f} times"
    return f"{value:.3f}"


def _calibration(found: pages.Version) -> dict[str, Any]:
    rows = [row for row in found.reading.get("tens", []) if row["members"] >= reading.SMALLEST_GROUP]
    points = [_point(row) for row in rows]
    table = [
        {"label": f"{row['low']} to {row['high']}", "members": row["members"]}
        | {key: words.of_100(getattr(point, key)) for key in ("said", "happened", "low", "high")}
        for row, point in zip(rows, points, strict=True)
    ]  # fmt: skip
    return {
        "calibration": charts.calibration(points, happened=found.card.happened) if points else None,
        "calibration_table": table,
        "calibration_sentence": _right(found, rows),
        "ten": pages.ten(found.reading, 20),
    }


def _point(row: dict[str, Any]) -> charts.Said:
    low, high = coverage.share_range(row["happened"], row["members"])
    return charts.Said(row["said"], row["happened"] / row["members"], low, high, row["members"])


def _right(found: pages.Version, rows: list[dict[str, Any]]) -> str:
    """ "Of 312 members given 20 to 30, 26 of 100 lapsed." of the ten around there with most members."""
    if not rows:
        return ""
    twenty = next((row for row in rows if row["low"] == 20), None)
    row = twenty or max(rows, key=lambda each: each["members"])
    share = words.of_100(row["happened"] / row["members"])
    return (
        f"Of {words.count(row['members'])} members given {row['low']} to {row['high']}, "
        f"{share} of 100 {found.card.happened}."
    )


def _shifts(found: pages.Version) -> dict[str, Any]:
    rows = found.check.shifts if found.check else []
    named = [row | {"meaning": _meaning(row["feature"])} for row in rows]
    moved = [row for row in named if row["moved"]]
    drawn = [(row["meaning"], row["shift"], row["limit"], row["moved"]) for row in named[:DRAWN]]
    return {
        "shifts": named,
        "shift_bars": charts.bars(drawn) if drawn else None,
        "shift_sentence": _shift_sentence(moved, len(named)),
        "rate": found.check.rate if found.check else None,
    }


def _shift_sentence(moved: list[dict[str, Any]], number: int) -> str:
    if not number:
        return ""
    if not moved:
        return f"All {number} features are where they usually are."
    names = ", ".join(row["meaning"] for row in moved[:3])
    more = f" and {len(moved) - 3} more" if len(moved) > 3 else ""
    return f"{len(moved)} of {number} features moved: {names}{more}."


def _meaning(name: str) -> str:
    return FEATURES[name].meaning.split(":")[0] if name in FEATURES else name


def _coverage(found: pages.Version) -> dict[str, Any]:
    rows = [row for row in found.reading.get("months", []) if row["groups"]]
    points = []
    for row in rows:
        low, high = coverage.share_range(row["inside"], row["groups"])
        points.append(
            (row["month"], charts.Said(0.0, row["inside"] / row["groups"], low, high, row["groups"]))
        )
    groups, inside = (sum(row[key] for row in rows) for key in ("groups", "inside"))
    said = ""
    if groups:
        said = (
            f"The range held what happened in {inside} of {groups} groups of about 50 members; "
            "8 in 10 are meant to."
        )
    return {
        "coverage": charts.months(points, goal=RIGHT) if points else None,
        "coverage_table": rows,
        "coverage_sentence": said,
    }


def _group(row: dict[str, Any]) -> dict[str, Any]:
    stayed = row["members"] - row["happened"]
    return {
        "group": row["group"],
        "members": row["members"],
        "said": words.of_100(row["said"]),
        "happened": words.of_100(row["happened"] / row["members"]),
        "gap": round((row["said"] - row["happened"] / row["members"]) * 100),
        "missed": _of(row["missed"], row["happened"]),
        "alarms": _of(row["alarms"], stayed),
        "chosen": words.of_100(row["chosen"] / row["members"]),
        "held": f"{row['held']} of {row['ranges']}" if row.get("ranges") else "too few",
    }


def _of(hits: int, n: int) -> str:
    return str(words.of_100(hits / n)) if n >= reading.SMALLEST_GROUP else "too few"
