"""Writing a comparison down before it starts: arms, outcome, rule. The control group is there by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.timezone import localdate

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.experiments import audience, power
from imis_ai.governance.models import Arm, Experiment, Offer, TemplateVersion
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed, WhyNot
from imis_ai.mirror import outcomes

RIGHT = "experiments.plan"
CONTROL = "Control group"
LONGEST = timedelta(days=3 * 365)
State = Experiment.State


@dataclass(frozen=True)
class ArmPlan:
    """One thing to try. `templates` are ids of texts, `cadence` the name of a schedule."""

    label: str
    templates: Sequence[int] = ()
    offer: Offer | None = None
    cadence: str = ""
    cost: Decimal = Decimal(0)


@dataclass(frozen=True)
class Plan:
    """`control_share` 0 leaves nobody alone, which needs a reason; the other arms share the rest equally."""

    name: str
    area: str
    arms: Sequence[ArmPlan]
    outcome_by: date
    window_days: int
    audience: str = audience.RENEWING
    control_share: float = 0.5
    no_control_reason: str = ""
    rule: str = Experiment.Rule.FIXED
    cycles: int = 3
    is_everywhere: bool = False
    series: str = ""
    cycle: int = 1


@transaction.atomic
def write(*, plan: Plan, by: User | None, now: datetime) -> Experiment:
    """Keep the plan. Nobody is drawn yet. Raises NotAllowed, Blocked."""
    if by is not None and not by.may(RIGHT):
        raise NotAllowed(WhyNot("Your role does not plan experiments.", rule=RIGHT))
    if problem := objection(plan=plan, now=now):
        raise Blocked(problem)
    made = Experiment.objects.create(
        name=plan.name.strip(),
        area=plan.area,
        audience=plan.audience,
        series=(plan.series or plan.name).strip()[:80],
        cycle=plan.cycle,
        cycles=plan.cycles,
        rule=plan.rule,
        window_days=plan.window_days,
        outcome_by=plan.outcome_by,
        is_everywhere=plan.is_everywhere,
        no_control_reason="" if plan.control_share else plan.no_control_reason.strip(),
        made_by=by,
        made_at=now,
    )
    Arm.objects.bulk_create(_arms(made, plan))
    _measure(made, now)
    detail = {"area": made.area, "name": made.name, "reason": made.no_control_reason, "after": summary(made)}
    audit.record(
        action="experiment.planned", by=by, now=now, about=("experiment", str(made.pk)), detail=detail
    )
    return made


def objection(*, plan: Plan, now: datetime) -> WhyNot | None:
    """What is wrong with a plan, first things first."""
    if not plan.name.strip():
        return _no("It has no name.", "name", "Give it one that staff will know it by.")
    if not plan.arms or (not plan.control_share and len(plan.arms) < 2):
        return _no("There is nothing to compare.", "arms", "Keep the control group, or try two things.")
    if not plan.control_share and not plan.no_control_reason.strip():
        return _no(
            "Without a control group nobody can say what would have happened anyway.",
            "control group",
            "Keep it, or write why not.",
        )
    if plan.control_share and not 0.02 <= plan.control_share <= 0.9:
        return _no("The control group is 2 to 90 of 100 members.", "control group", "Choose another size.")
    if audience.AUDIENCES[plan.audience].area not in ("", plan.area):
        return _no("This group of members belongs to another area.", "audience", "Choose another group.")
    last = plan.outcome_by - timedelta(days=plan.window_days)
    if last <= localdate(now):
        return _no(
            "No term can end and be renewed in so short a time.",
            "outcome",
            "Choose a later day, or fewer days.",
        )
    if plan.outcome_by > localdate(now) + LONGEST:
        return _no("That is over three years ahead.", "outcome", "Choose an earlier day.")
    return _texts(plan)


@transaction.atomic
def drop(*, experiment: Experiment, by: User, now: datetime) -> None:
    """Throw away a plan that never started. Raises NotAllowed, Changed."""
    if not by.may(RIGHT):
        raise NotAllowed(WhyNot("Your role does not plan experiments.", rule=RIGHT))
    kept = Experiment.objects.select_for_update().get(pk=experiment.pk)
    if kept.state != State.DRAFT:
        raise Changed(WhyNot("It has started, so it stays on record.", rule="states of an experiment"))
    about, detail = ("experiment", str(kept.pk)), {"before": summary(kept), "area": kept.area}
    kept.arms.all().delete()
    kept.delete()
    audit.record(action="experiment.dropped", by=by, now=now, about=about, detail=detail)


def summary(experiment: Experiment) -> dict:
    """What is fixed with the start, for the record and for the one who decides."""
    return {
        "name": experiment.name,
        "area": experiment.area,
        "audience": experiment.audience,
        "outcome": "renewed",
        "outcome_by": experiment.outcome_by.isoformat(),
        "window_days": experiment.window_days,
        "rule": experiment.rule,
        "level": experiment.level,
        "series": experiment.series,
        "cycle": experiment.cycle,
        "cycles": experiment.cycles,
        "everywhere": experiment.is_everywhere,
        "no_control_reason": experiment.no_control_reason,
        "arms": [
            {
                "label": arm.label,
                "share": arm.share,
                "is_control": arm.is_control,
                "templates": arm.templates,
                "offer": arm.offer_id,
                "cadence": arm.cadence,
            }
            for arm in experiment.arms.all()
        ],
    }


def shares(experiment: Experiment) -> list[float]:
    """Of the arms by number: the base, which the others are compared with, comes first."""
    return [arm.share for arm in experiment.arms.all()]


def power_note(experiment: Experiment, members: int | None = None) -> str:
    return power.note(
        members=experiment.planned_members if members is None else members,
        rate=experiment.planned_rate,
        shares=shares(experiment),
        level=experiment.level,
        cycles=experiment.cycles if experiment.cycles > 1 else 3,
    )


def _arms(experiment: Experiment, plan: Plan) -> list[Arm]:
    rest = (1 - plan.control_share) / len(plan.arms)
    made = [Arm(label=CONTROL, is_control=True, share=plan.control_share)] if plan.control_share else []
    made += [
        Arm(
            label=each.label.strip()[:60],
            share=rest,
            templates=list(each.templates),
            offer=each.offer,
            cadence=each.cadence,
            cost=each.cost,
        )
        for each in plan.arms
    ]
    for number, arm in enumerate(made):
        arm.experiment, arm.number = experiment, number
    return made


def _measure(experiment: Experiment, now: datetime) -> None:
    """How many could be drawn today, and how many of such members renewed in the past."""
    found = audience.of(experiment=experiment, now=now)
    experiment.planned_members = len(found)
    ended, renewed = outcomes.past_rate(until=localdate(now), window_days=experiment.window_days)
    said = audience.AUDIENCES[experiment.audience].rate
    chance = said([each.due.imis_id for each in found], now) if said else None
    experiment.planned_rate = renewed / ended if ended and chance is None else chance
    experiment.save(update_fields=["planned_members", "planned_rate"])


def _texts(plan: Plan) -> WhyNot | None:
    wanted = {pk for arm in plan.arms for pk in arm.templates}
    approved = TemplateVersion.objects.filter(
        template__in=wanted, template__area=plan.area, state=TemplateVersion.State.APPROVED
    )
    if wanted - set(approved.values_list("template_id", flat=True)):
        return _no("A text of an arm is not approved for this area.", "templates", "Approve it first.")
    if any(not arm.label.strip() for arm in plan.arms):
        return _no("An arm has no name.", "arms", "Say in a few words what is tried.")
    return None


def _no(sentence: str, rule: str, next_step: str) -> WhyNot:
    return WhyNot(sentence, rule, next_step=next_step)
