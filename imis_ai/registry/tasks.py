"""The jobs of the registry: look at the models every night, start candidates, carry out what was decided."""

from django.utils import timezone

from imis_ai.jobs import registry as jobs
from imis_ai.jobs.progress import Cancelled, Progress, Superseded
from imis_ai.jobs.registry import job
from imis_ai.registry import actions, cards
from imis_ai.registry.actions import candidates, live

MODELS = "Models"


class NotTrained(Exception):
    """A candidate that was due could not be made; the text says why."""


@job("registry.check", title="Check the models", stages=(MODELS,))
def check(progress: Progress) -> int:
    """Shifts, outcomes, groups and effects of every model in use. Part of the night."""
    today, now = timezone.localdate(), timezone.now()
    progress.stage(MODELS, len(cards.CARDS))
    looked = 0
    for name in cards.CARDS:
        looked += len(actions.check(name=name, today=today, now=now))
        progress.advance()
        progress.checkpoint()
    progress.note(f"{looked} version{'' if looked == 1 else 's'} looked at.")
    return looked


@job("registry.keep_trained", title="Train models that are due", stages=(MODELS,), refusals=(NotTrained,))
def keep_trained(progress: Progress) -> None:
    """A candidate for each model that has a reason to learn anew. Raises NotTrained."""
    today, now = timezone.localdate(), timezone.now()
    problems = []
    for name, card in cards.CARDS.items():
        why = candidates.reason(name=name, today=today, now=now)
        if not why:
            progress.note(f"{card.label}: nothing calls for a new version.")
            continue
        part = jobs.find(card.train)
        try:
            part.work(progress, started_by=why)
        except (Cancelled, Superseded):
            raise
        except part.refusals as problem:
            problems.append(f"{card.label}: {problem}")
    if problems:
        raise NotTrained(" ".join(problems))


@job(
    "registry.take_effect",
    title="Switch to another version of a model",
    due=lambda now: bool(live.due(now=now)),
)
def take_effect(progress: Progress) -> int:
    """What two people decided and whose hold is over."""
    made = actions.take_effect(now=timezone.now())
    progress.note(", ".join(f"{model} is live." for model in made) or "Nothing was due.")
    return len(made)
