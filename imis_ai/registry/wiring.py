"""What the registry adds: which models learnt from a member, and what an erasure means for them."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from imis_ai.governance.privacy import Section, Subject, register_holder
from imis_ai.registry.models import TrainedModel

RETRAINED = timedelta(days=90)
ABOUT = "They learnt from numbers of many members together; none of them can be asked about you."


def connect() -> None:
    """Called once at start."""
    register_holder("models", export=_sections, erase=_erase, step=6)


def _sections(subject: Subject) -> Iterator[Section]:
    rows = [
        {"model": row.name, "version": row.version, "learnt until": row.as_of, "state": row.state}
        for row in TrainedModel.objects.defer("artefact").order_by("name", "trained_at")
    ]
    yield Section("Models that may have learnt from your numbers", ABOUT, rows)


def _erase(subject: Subject, now: datetime) -> str:
    """Artefacts hold parameters, not rows. One that says it holds examples is named, to be trained anew."""
    live = list(TrainedModel.objects.defer("artefact").filter(state=TrainedModel.State.LIVE))
    with_examples = [str(row) for row in live if row.manifest.get("holds_examples")]
    if with_examples:
        return f"Train again now, they hold examples: {', '.join(with_examples)}."
    if not live:
        return "No model is live."
    until = max(row.trained_at for row in live) + RETRAINED
    names = ", ".join(str(row) for row in live)
    return (
        f"No model holds examples of members. {names}: trained anew without this member by {until:%-d %b %Y}."
    )
