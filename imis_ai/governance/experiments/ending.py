"""How a comparison ends: read on its day, stopped by a person, or widened; and what comes next."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.timezone import localdate

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.experiments import plan, results
from imis_ai.governance.models import Arm, Experiment
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed, WhyNot
from imis_ai.mirror import queries as mirror

SECOND_THOUGHTS = timedelta(minutes=30)
State = Experiment.State


def read_due(*, now: datetime) -> list[Experiment]:
    """Read what has come to its day, once. It waits until iMIS was read after that day."""
    running = Experiment.objects.filter(state=State.RUNNING, outcome_by__lt=localdate(now))
    as_of = mirror.freshness(now).as_of
    return [
        read(experiment=each, now=now) for each in running if as_of and localdate(as_of) > each.outcome_by
    ]


@transaction.atomic
def read(*, experiment: Experiment, now: datetime) -> Experiment:
    """The one look: kept as it was found. Raises Changed before its day or the second time."""
    kept = Experiment.objects.select_for_update().get(pk=experiment.pk)
    if kept.state != State.RUNNING or localdate(now) <= kept.outcome_by:
        raise Changed(WhyNot("It is not the day to read it.", rule="one look"))
    found = results.result(experiment=kept, now=now)
    kept.result, kept.state, kept.ended_at = found.as_json(), State.DONE, now
    kept.save(update_fields=["result", "state", "ended_at"])
    said = {each.label: each.verdict for each in found.against}
    detail = {"area": kept.area, "name": kept.name, "after": said, "lines": found.as_json()["lines"]}
    _record("read", kept, None, now, detail)
    return kept


@transaction.atomic
def stop(*, experiment: Experiment, reason: str, by: User, now: datetime) -> Experiment:
    """At once: the control group is free again, nothing is counted any more. Raises NotAllowed, Blocked."""
    _refuse(by)
    if not reason.strip():
        raise Blocked(WhyNot("A stop needs a reason.", rule="stop", next_step="Write it in a few words."))
    _move(experiment, State.RUNNING, state=State.STOPPED, ended_at=now, end_reason=reason.strip()[:300])
    _record("stopped", experiment, by, now, {"reason": experiment.end_reason, "area": experiment.area})
    return experiment


@transaction.atomic
def undo_stop(*, experiment: Experiment, by: User, now: datetime) -> Experiment:
    """Within 30 minutes: it goes on as if nothing had been. Raises NotAllowed, Changed."""
    _refuse(by)
    if experiment.ended_at and experiment.ended_at < now - SECOND_THOUGHTS:
        raise Changed(
            WhyNot(
                "It was stopped more than 30 minutes ago.",
                rule="undo",
                next_step="Plan another cycle instead.",
            )
        )
    _move(experiment, State.STOPPED, state=State.RUNNING, ended_at=None, end_reason="")
    _record("stop undone", experiment, by, now, {"area": experiment.area})
    return experiment


@transaction.atomic
def go_on(*, experiment: Experiment, note: str, by: User, now: datetime) -> None:
    """Somebody looked and lets it run; changes nothing and is on record."""
    _refuse(by)
    if experiment.state != State.RUNNING:
        raise Changed(WhyNot("It is not running.", rule="states of an experiment"))
    _record("continued", experiment, by, now, {"reason": note.strip()[:300], "area": experiment.area})


def again(*, experiment: Experiment, by: User, now: datetime) -> Experiment:
    """The next cycle of the same series as a plan: same arms, same length. Raises NotAllowed, Blocked."""
    if experiment.state not in (State.DONE, State.STOPPED) or experiment.started_at is None:
        raise Blocked(WhyNot("The present cycle is not over.", rule="cycles", next_step="Wait for its day."))
    arms = list(experiment.arms.select_related("offer"))
    control = next((arm.share for arm in arms if arm.is_control), 0.0)
    cycle = Experiment.objects.filter(series=experiment.series, area=experiment.area).count() + 1
    return plan.write(
        plan=plan.Plan(
            name=f"{experiment.series}, cycle {cycle}"[:80],
            area=experiment.area,
            arms=[_planned(arm) for arm in arms if not arm.is_control],
            outcome_by=localdate(now) + (experiment.outcome_by - localdate(experiment.started_at)),
            window_days=experiment.window_days,
            audience=experiment.audience,
            control_share=control,
            no_control_reason=experiment.no_control_reason,
            rule=experiment.rule,
            cycles=experiment.cycles,
            is_everywhere=experiment.is_everywhere,
            series=experiment.series,
            cycle=cycle,
        ),
        by=by,
        now=now,
    )


def may_undo(experiment: Experiment, now: datetime) -> bool:
    ended = experiment.ended_at
    return experiment.state == State.STOPPED and ended is not None and ended >= now - SECOND_THOUGHTS


def _planned(arm: Arm) -> plan.ArmPlan:
    return plan.ArmPlan(arm.label, arm.templates, arm.offer, arm.cadence, arm.cost)


def _refuse(by: User) -> None:
    if not by.may(plan.RIGHT):
        raise NotAllowed(WhyNot("Your role does not stop experiments.", rule=plan.RIGHT))


def _move(experiment: Experiment, source: str, **values: object) -> None:
    if not Experiment.objects.filter(pk=experiment.pk, state=source).update(**values):
        raise Changed(
            WhyNot("Somebody was faster, or it is over.", rule="states of an experiment", next_step="Reload.")
        )
    experiment.refresh_from_db()


def _record(what: str, experiment: Experiment, by: User | None, now: datetime, detail: dict) -> None:
    about = ("experiment", str(experiment.pk))
    audit.record(action=f"experiment.{what}", by=by, now=now, about=about, detail=detail)
