"""The card of a live model as text for the documentation: what it is for, its figures with n and ranges."""

from collections.abc import Iterator
from typing import Any

from imis_ai.registry import cards
from imis_ai.registry.models import TrainedModel
from imis_ai.registry.queries import pages
from imis_ai.registry.shown import said
from retention.calc import shares


def text(model: TrainedModel) -> str:
    """Markdown, from the registry alone."""
    return "\n".join(_lines(cards.find(model.name), model, pages.reading_of(model))) + "\n"


def _lines(card: cards.Card, model: TrainedModel, read: Any) -> Iterator[str]:
    yield f"# {card.label}: model {model.version}"
    yield f"\n{card.what}\n"
    yield from (f"- Not for: {each[0].lower()}{each[1:]}" for each in card.not_for)
    yield from (f"- Limit: {each[0].lower()}{each[1:]}" for each in card.limits)
    n, hits = model.evaluation.get("members", 0), model.evaluation.get(card.happened, 0)
    yield f"\nLearnt as of {model.as_of}. Measured on {n:,} later decisions; {hits:,} {card.happened}."
    yield "Ranges are 80 % ranges.\n"
    yield "| | This model | Range | " + " | ".join(model.baselines) + " |"
    yield "|---" * (3 + len(model.baselines)) + "|"
    for measure in card.measures:
        bounds = model.evaluation.get(f"{measure.key}_range")
        shown = f"{said(measure, bounds[0])} to {said(measure, bounds[1])}" if bounds else ""
        plain = [said(measure, each.get(measure.key)) for each in model.baselines.values()]
        own = said(measure, model.evaluation.get(measure.key))
        yield "| " + " | ".join([measure.label, own, shown, *plain]) + " |"
    yield from _tens(card, read)
    yield from _groups(card, read)


def _tens(card: cards.Card, read: Any) -> Iterator[str]:
    rows = [row for row in read.get("tens", []) if row["members"] >= 10]
    if rows:
        yield f"\n| Given, of 100 | Members | Said | {card.happened.capitalize()}, of 100 | Range |"
        yield "|---|---|---|---|---|"
    for row in rows:
        own = shares.share(row["happened"], row["members"])
        yield (
            f"| {row['low']} to {row['high']} | {own.n:,} | {row['said'] * 100:.0f} | {own.value * 100:.0f} "
            f"| {own.low * 100:.0f} to {own.high * 100:.0f} |"
        )


def _groups(card: cards.Card, read: Any) -> Iterator[str]:
    for by, rows in pages.groups(read).items():
        yield f"\n| {by} | Members | Said | {card.happened.capitalize()} | Range | Ranges held |"
        yield "|---|---|---|---|---|---|"
        for row in rows:
            own = shares.share(row["happened"], row["members"])
            held = f"{row['held']} of {row['ranges']}" if row.get("ranges") else "too few"
            yield (
                f"| {row['group']} | {own.n:,} | {row['said'] * 100:.0f} | {own.value * 100:.0f} "
                f"| {own.low * 100:.0f} to {own.high * 100:.0f} | {held} |"
            )
