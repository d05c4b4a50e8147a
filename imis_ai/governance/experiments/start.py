"""From a plan to drawn lots: suggested by one person, decided by another, drawn once and stored."""

import hashlib
import secrets
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import localdate

from imis_ai.accounts.models import User
from imis_ai.governance import audit, kinds, proposals
from imis_ai.governance.experiments import audience, draw, plan
from imis_ai.governance.experiments.audience import Candidate
from imis_ai.governance.models import Arm, Assignment, ContactEntry, Experiment, Proposal
from imis_ai.governance.refusals import Changed, NotAllowed, WhyNot

NAME = "experiments.start"
FEWEST = 10  # members in each arm; below, nothing is drawn
State = Experiment.State
WAITING = (ContactEntry.State.PLANNED, ContactEntry.State.SENDING)


@transaction.atomic
def ask(*, experiment: Experiment, by: User, now: datetime) -> Proposal:
    """Put the start before another person. Raises NotAllowed, Changed, Blocked."""
    if not by.may(plan.RIGHT):
        raise NotAllowed(WhyNot("Your role does not plan experiments.", rule=plan.RIGHT))
    kept = Experiment.objects.select_for_update().get(pk=experiment.pk)
    if kept.state != State.DRAFT:
        raise Changed(WhyNot("It has started already.", rule="states of an experiment"))
    draft = proposals.Draft(
        kind=NAME,
        title=f"Start the experiment “{kept.name}”"[:200],
        payload={"experiment": kept.pk, "plan": plan.summary(kept)},
        members=kept.planned_members,
        checks=_checks(kept),
    )
    made = proposals.propose(draft=draft, by=by, now=now)
    Experiment.objects.filter(pk=kept.pk).update(proposal=made)
    return made


@transaction.atomic
def begin(
    *,
    experiment: Experiment,
    now: datetime,
    by: User | None = None,
    seed: str = "",
    imis_ids: Collection[str] | None = None,
) -> Experiment:
    """Draw lots and let it run, all or nothing. Raises Changed when there are too few members to compare.

    Who is in a running comparison of the area, or has a draft waiting, is left out.
    """
    kept = Experiment.objects.select_for_update().get(pk=experiment.pk)
    if kept.state != State.DRAFT:
        raise Changed(WhyNot("It has started already.", rule="states of an experiment"))
    arms = list(kept.arms.all())
    found = free(kept, audience.of(experiment=kept, now=now, imis_ids=imis_ids))
    if len(found) < FEWEST * len(arms):
        raise Changed(
            WhyNot(
                f"Only {len(found)} members can be compared; {FEWEST * len(arms)} are needed.",
                rule="size",
                next_step="Choose a longer period or a wider group.",
            )
        )
    kept.seed, kept.started_at, kept.state = seed or secrets.token_hex(16), now, State.RUNNING
    kept.save(update_fields=["seed", "started_at", "state"])
    strata = draw.joined({each.due.imis_id: each.stratum for each in found})
    drawn = draw.draw(seed=kept.seed, strata=strata, shares=[arm.share for arm in arms])
    rows = [
        assignment(kept, arms[drawn[each.due.imis_id]], each, strata[each.due.imis_id], now) for each in found
    ]
    Assignment.objects.bulk_create(rows, batch_size=2000)
    _record(kept, rows, arms, by, now)
    return kept


def assignment(
    experiment: Experiment, arm: Arm, each: Candidate, stratum: str, now: datetime, *, is_late: bool = False
) -> Assignment:
    due = each.due
    return Assignment(
        experiment=experiment,
        arm=arm,
        imis_id=due.imis_id,
        stratum=stratum,
        chapter=due.chapter,
        term_end=due.term_end,
        decided_on=due.term_end + timedelta(days=experiment.window_days),
        dues=due.dues,
        is_late=is_late,
        at=now,
    )


def free(experiment: Experiment, found: Iterable[Candidate]) -> list[Candidate]:
    """Without those who are in a running comparison of the area, or to whom something is on its way."""
    by_id = {each.due.imis_id: each for each in found}
    taken = Assignment.objects.filter(
        imis_id__in=by_id, experiment__area=experiment.area, experiment__state=State.RUNNING
    )
    written = ContactEntry.objects.filter(imis_id__in=by_id, area=experiment.area, state__in=WAITING)
    busy = set(taken.values_list("imis_id", flat=True)) | set(written.values_list("imis_id", flat=True))
    return [each for imis_id, each in sorted(by_id.items()) if imis_id not in busy]


def due(now: datetime) -> bool:
    """Whether a start that somebody agreed to waits; asked by the dispatcher every second."""
    return _agreed(now).exists()


def begin_due(*, now: datetime) -> list[Experiment]:
    """Everything whose hold is over. What cannot start goes back to its maker with the reason."""
    return [_begin_or_give_back(experiment, now) for experiment in _agreed(now)]


def _begin_or_give_back(experiment: Experiment, now: datetime) -> Experiment:
    try:
        return begin(experiment=experiment, now=now)
    except Changed as changed:
        with transaction.atomic():
            still = Experiment.objects.filter(pk=experiment.pk, state=State.DRAFT)
            if not still.update(proposal=None, end_reason=str(changed)[:300]):
                return Experiment.objects.get(pk=experiment.pk)  # another worker was faster
            about, detail = (
                ("experiment", str(experiment.pk)),
                {"reason": str(changed), "area": experiment.area},
            )
            audit.record(action="experiment.not started", by=None, now=now, about=about, detail=detail)
        experiment.refresh_from_db()
        return experiment


def _agreed(now: datetime) -> QuerySet[Experiment]:
    return Experiment.objects.filter(
        state=State.DRAFT, proposal__state=Proposal.State.APPROVED, proposal__hold_until__lte=now
    )


def _record(
    experiment: Experiment, rows: list[Assignment], arms: list[Arm], by: User | None, now: datetime
) -> None:
    numbers = Counter(row.arm.label for row in rows)
    lots = "\n".join(f"{row.imis_id} {row.arm.number}" for row in rows)
    detail = {
        "area": experiment.area,
        "name": experiment.name,
        "seed": experiment.seed,
        "after": {arm.label: numbers[arm.label] for arm in arms},
        "strata": len({row.stratum for row in rows}),
        "assignments": hashlib.sha256(lots.encode()).hexdigest(),
        "plan": plan.summary(experiment),
    }
    about = ("experiment", str(experiment.pk))
    audit.record(action="experiment.started", by=by, now=now, about=about, detail=detail)


def _checks(experiment: Experiment) -> tuple[proposals.Check, ...]:
    shares, members = plan.shares(experiment), experiment.planned_members
    smallest = int(min(shares) * members)
    size = "ok" if smallest >= FEWEST else "fail"
    said = f"The smallest arm has about {smallest} members; {FEWEST} are the least."
    control = (
        proposals.Check("control group", f"No control group: {experiment.no_control_reason}", "warn")
        if experiment.no_control_reason
        else proposals.Check("control group", "Drawn by lot and left alone, whatever list they are on.")
    )
    return (
        proposals.Check("what it can show", plan.power_note(experiment)),
        proposals.Check("size", said, size),
        control,
        proposals.Check("outcome", f"Renewed by {experiment.outcome_by:%d %B %Y}, read from iMIS."),
        proposals.Check("most valuable", "The top members by value hear from a person and are not drawn."),
    )


def _still_true(proposal: Proposal, now: datetime) -> list[str]:
    kept = Experiment.objects.filter(pk=proposal.payload["experiment"]).first()
    if kept is None:
        return ["The plan was thrown away."]
    if kept.state != State.DRAFT:
        return ["It has started already."]
    if plan.summary(kept) != proposal.payload["plan"]:
        return ["The plan was changed since."]
    if kept.outcome_by - timedelta(days=kept.window_days) <= localdate(now):
        return ["Its period has passed. Plan it again."]
    return []


def _members(proposal: Proposal) -> str:
    number = len(proposal.payload["plan"]["arms"])
    return f"{proposal.members:,} members drawn into {number} groups"


KIND = kinds.Kind(
    name=NAME,
    area="governance",
    label="Start of an experiment",
    reads="experiments.decide",
    decides="experiments.decide",
    friction=kinds.Friction.BULK,
    messages=lambda payload: (),
    effect=_members,
    consequence=lambda proposal: (
        "After the hold lots are drawn once and stored. The control group is left alone until "
        f"{proposal.payload['plan']['outcome_by']}; nobody can draw again."
    ),
    template="governance/experiments/_proposal.html",
    context=lambda proposal, viewer: {"plan": proposal.payload["plan"]},
    still_true=_still_true,
)
