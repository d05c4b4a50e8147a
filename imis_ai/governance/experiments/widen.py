"""Doing for everybody what one arm did: asked by one person, decided by another; the control group ends."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import BigIntegerField, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from imis_ai.accounts.models import User
from imis_ai.governance import audit, kinds, proposals
from imis_ai.governance.experiments import plan, results
from imis_ai.governance.experiments.results import FEWER, MORE, Against
from imis_ai.governance.models import Arm, Experiment, Proposal
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed, WhyNot
from imis_ai.ui import words

NAME = "experiments.widen"
State = Experiment.State


@transaction.atomic
def ask(*, experiment: Experiment, arm: Arm, by: User, now: datetime) -> Proposal:
    """Put it before another person with what is known. Raises NotAllowed, Changed, Blocked."""
    if not by.may(plan.RIGHT):
        raise NotAllowed(WhyNot("Your role does not widen experiments.", rule=plan.RIGHT))
    if experiment.started_at is None or experiment.adopted_id:
        raise Changed(WhyNot("There is nothing to widen any more.", rule="states of an experiment"))
    if arm.is_control or arm.experiment_id != experiment.pk:
        raise Blocked(WhyNot("This is not one of the things tried.", rule="arms", next_step="Choose one."))
    found = results.result(experiment=experiment, now=now)
    against = next((each for each in found.against if each.label == arm.label), None)
    draft = proposals.Draft(
        kind=NAME,
        title=f"Widen “{arm.label}” of “{experiment.name}” to everybody"[:200],
        payload={"experiment": experiment.pk, "arm": arm.pk, "label": arm.label, "name": experiment.name},
        members=sum(line.members for line in found.lines),
        checks=_checks(against, found.is_final),
    )
    return proposals.propose(draft=draft, by=by, now=now)


def due(now: datetime) -> bool:
    """Whether something agreed to waits; asked by the dispatcher every second."""
    return _agreed(now).exists()


def apply_due(*, now: datetime) -> list[Experiment]:
    """Everything whose hold is over."""
    return [_apply(proposal, now) for proposal in _agreed(now)]


def adopted(*, area: str, templates: Sequence[int]) -> Arm | None:
    """What was widened last for messages of these texts; that is what everybody gets."""
    done = Experiment.objects.filter(area=area, adopted__isnull=False).order_by("-ended_at")
    for each in done.select_related("adopted__offer").prefetch_related("arms")[:20]:
        if {pk for arm in each.arms.all() for pk in arm.templates} & set(templates):
            return each.adopted
    return None


@transaction.atomic
def _apply(proposal: Proposal, now: datetime) -> Experiment:
    kept = Experiment.objects.select_for_update().get(pk=proposal.payload["experiment"])
    kept.adopted_id = proposal.payload["arm"]
    if kept.state == State.RUNNING:
        kept.state, kept.ended_at, kept.end_reason = State.STOPPED, now, "widened to everybody"
    kept.save(update_fields=["adopted", "state", "ended_at", "end_reason"])
    detail = {"area": kept.area, "name": kept.name, "after": proposal.payload["label"]}
    about = ("experiment", str(kept.pk))
    audit.record(action="experiment.widened", by=None, now=now, about=about, detail=detail)
    return kept


def _agreed(now: datetime) -> QuerySet[Proposal]:
    open_ones = Experiment.objects.filter(started_at__isnull=False, adopted=None).values("pk")
    agreed = Proposal.objects.filter(kind=NAME, state=Proposal.State.APPROVED, hold_until__lte=now)
    about = Cast(KT("payload__experiment"), BigIntegerField())
    return agreed.annotate(about=about).filter(about__in=open_ones)


def _checks(found: Against | None, is_final: bool) -> tuple[proposals.Check, ...]:
    if found is None or found.difference is None:
        return (proposals.Check("difference", "Nothing is known of it yet.", "warn"),)
    low, high = (words.whole_points(end or 0) for end in (found.low, found.high))
    said = f"{words.whole_points(found.difference):+d} of 100 renewed, range {low} to {high}."
    said = said.replace("-", words.MINUS)
    if found.verdict == FEWER:
        return (proposals.Check("difference", f"Fewer renewed: {said}", "fail"),)
    if found.verdict == MORE:
        return (proposals.Check("difference", f"More renewed: {said}"),)
    why = "too small to tell" if is_final else "too early to tell"
    return (proposals.Check("difference", f"It is {why}: {said}", "warn"),)


def _still_true(proposal: Proposal, now: datetime) -> list[str]:
    kept = Experiment.objects.filter(pk=proposal.payload["experiment"]).first()
    if kept is None or kept.adopted_id:
        return ["It was widened already."]
    return []


KIND = kinds.Kind(
    name=NAME,
    area="governance",
    label="Widening of an experiment",
    reads="experiments.decide",
    decides="experiments.decide",
    friction=kinds.Friction.BULK,
    messages=lambda payload: (),
    effect=lambda proposal: f"{proposal.payload['label']} for everybody",
    consequence=lambda proposal: (
        "After the hold the control group ends: its members are contacted like everybody else, and nothing "
        "more is counted. Each message still waits for its own approval."
    ),
    still_true=_still_true,
)
