"""What the registry adds: its page, how a version goes live, what models learnt from a member."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from imis_ai.governance import kinds
from imis_ai.governance.privacy import Section, Subject, register_holder
from imis_ai.registry.actions.live import KIND, still_true
from imis_ai.registry.models import TrainedModel
from imis_ai.registry.queries.today import part
from imis_ai.ui import navigation, today

RETRAINED = timedelta(days=90)
ABOUT = "They learnt from numbers of many members together; none of them can be asked about you."


LIVE = kinds.Kind(
    name=KIND,
    area="governance",
    label="Which version of a model is live",
    reads="models.read",
    decides="models.change",
    friction=kinds.Friction.SECOND,
    sides=(frozenset({"admin"}), frozenset({"membership", "finance"})),
    messages=lambda payload: (),
    effect=lambda proposal: f"{proposal.payload['name']} {proposal.payload['version']}",
    consequence=lambda proposal: (
        "After the hold the version is live and members are scored by it. "
        "Scores of the version before stay with it, and it can be put back."
    ),
    template="registry/_proposal.html",
    context=lambda proposal, viewer: {"effect_on_members": proposal.made_from.get("effect")},
    still_true=lambda proposal, now: still_true(proposal=proposal, now=now),
)


def connect() -> None:
    """Called once at start."""
    kinds.register(LIVE)
    today.add("models", part)
    navigation.add(
        navigation.Place("Models", "models", "wand", "models.read", 82, "Oversight", prefix="/models/")
    )
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
