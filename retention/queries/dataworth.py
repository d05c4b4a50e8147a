"""What sources of data are worth, in sentences: measured on the association's own past, or said not to be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localdate

from imis_ai.governance import guardrails
from imis_ai.governance.data.worth import Line
from imis_ai.governance.guardrails.vocabulary import FIELDS, SIGNALS
from imis_ai.ui import words
from retention.models import Ablation
from retention.queries import learning, signals

PARTS = {
    "portal": "Portal visits",
    "minutes": "Session length",
    "events": "Events and attendance",
    "opens": "E-mail opens",
    "clicks": "E-mail clicks",
    "charges": "Card charges",
    "payments": "Invoices and payments",
    "committee": "Committees and volunteering",
    "community": "Community and cases",
    "content": "Downloads, courses and benefits",
    "giving": "Donations and purchases",
}
COMPOSED = ("engagement", "value")  # made of several sources, so they go with any of them
NAME = "churn"


def part_of(name: str) -> str:
    """The source that a feature comes from, as somebody would connect it; empty for the membership itself."""
    group, _, rest = name.partition(".")
    if group == "portal":
        return "minutes" if rest.startswith("minutes") else "portal"
    if group == "mail":
        return "clicks" if "click" in rest else "opens"
    if group == "payments":
        return "charges" if "failed" in rest else "payments"
    return group if group in PARTS else ""


def names_of(part: str, names: Sequence[str]) -> set[str]:
    """What disappears from these features when the source does."""
    own = {name for name in names if part_of(name) == part}
    return own | {name for name in names if own and name.split(".")[0] in COMPOSED}


def unfair(names: Sequence[str]) -> dict[str, dict[str, int | None]]:
    """Features that a field that may be unfair stands for, with their windows."""
    found: dict[str, dict[str, int | None]] = {}
    for name in names:
        if field := learning.MAY_BE_UNFAIR.get(name):
            found.setdefault(field, {})[name] = 0
    return found


def measured() -> list[Ablation]:
    """Of the version that was measured last, which is the one that went live last. One query."""
    rows = list(Ablation.objects.order_by("-made_at", "pk"))
    return [row for row in rows if row.version == rows[0].version]


def lines(rows: list[Ablation] | None = None) -> list[Line]:
    """Every source: what it is worth here, or that iMIS holds none of it. The dearest gap first."""
    rows = measured() if rows is None else rows
    own = {row.part: row for row in rows if row.kind == Ablation.Kind.SOURCE}
    made = [_line(part, own.get(part), is_measured=bool(rows)) for part in PARTS]
    return sorted(made, key=lambda line: (line.is_held, -(line.gain or 0)))


def _line(part: str, row: Ablation | None, *, is_measured: bool) -> Line:
    label = PARTS[part]
    if row is None and is_measured:
        said = "iMIS holds none of it, so what connecting it would bring cannot be measured on your past."
        return Line(label, said, is_held=False)
    if row is None:
        return Line(label, "Not measured yet. It is measured in the night after a model went live.")
    without, with_it = words.of_100(row.found_without), words.of_100(row.found_with)
    ranged = f"{words.points(row.low)} to {words.points(row.high)}"
    verb = "move" if label.endswith("s") or " and " in label else "moves"
    said = (
        f"{label} {verb} early detection from {without} to {with_it} "
        f"of 100 lapses (range {ranged}; {words.count(row.lapses)} later lapses)."
    )
    if row.low <= 0 <= row.high:
        said += " Too early to tell."
    return Line(label, said, gain=row.found_with - row.found_without)


@dataclass(frozen=True)
class Switch:
    """A field or an alert that may be unfair: whether it is on, what it gains, whom it treats apart."""

    name: str
    label: str
    is_on: bool
    sentences: list[str]


def switchboard(rows: list[Ablation], now: datetime) -> list[Switch]:
    """All of them, fields of the model first."""
    off, on = guardrails.fields_off(), guardrails.signals_on()
    return [
        Switch(name, label, name in on or (name in FIELDS and name not in off), _told([name], rows, now))
        for name, label in (FIELDS | SIGNALS).items()
    ]


def told(names: Sequence[str], now: datetime) -> list[str]:
    """What switching these on gains in accuracy, against the gaps it makes."""
    return _told(names, measured(), now)


def _told(names: Sequence[str], rows: list[Ablation], now: datetime) -> list[str]:
    own = {row.part: row for row in rows if row.kind == Ablation.Kind.FIELD}
    found = []
    for name in names:
        if name in own:
            found += _gain(FIELDS[name], own[name])
        elif name in signals.UNFAIR:
            found.append(_of_signal(name, now))
        else:
            found.append(f"{_first(FIELDS.get(name, name))}: no model uses it, so nothing is gained by it.")
    return found


def _gain(label: str, row: Ablation) -> list[str]:
    before, after = row.gaps["without"], row.gaps["with"]
    gained = (
        f"{_first(label)}: {words.of_100(row.found_with)} instead of {words.of_100(row.found_without)} of "
        f"100 lapses found early (range {words.points(row.low)} to {words.points(row.high)}; "
        f"{words.count(row.lapses)} later lapses)."
    )
    apart = f", {after['most']} against {after['least']}" if after["most"] else ""
    gap = (
        "The widest gap between groups in who is put first and stays goes from "
        f"{words.of_100(before['size'])} to {words.of_100(after['size'])} of 100{apart}."
    )
    return [gained, gap]


def _of_signal(name: str, now: datetime) -> str:
    today = localdate(now)
    reader = signals.moved if name == "dear_area" else signals.downturn
    found = {each.member for each in reader(today)}
    label = _first(SIGNALS[name])
    if not found:
        return f"{label}: it would make no alert today; how often it is right is not known yet."
    most, least = signals.apart(found, today=today)
    said = f"{label}: {words.plural(len(found), 'alert')} today; how often it is right is not known yet."
    return f"{said} Most in {most}, fewest in {least}." if most else said


def _first(text: str) -> str:
    return text[0].upper() + text[1:]
