"""Who comes later: drawn at entry by the same seed, before the first contact; and the standing control group.

An area keeps a control group by itself, from the first outreach to enough members on. Below that nothing
could be seen, so nobody is left alone for it.
"""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.timezone import localdate

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.experiments import audience, draw, plan, start
from imis_ai.governance.models import Assignment, ContactEntry, Experiment, Holdout
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed, WhyNot

AHEAD = timedelta(days=90)
ENOUGH = 100  # members of one outreach with a renewal to come, for a standing control group
SHARE = 0.1
CYCLES = 4
State = Experiment.State


def before_outreach(*, imis_ids: Collection[str], area: str, now: datetime) -> set[str]:
    """Draw whoever of these can be compared and was not drawn; returns them. Comes before any draft."""
    running = list(_running(area, now))
    if running:
        return {
            imis_id for each in running for imis_id in let_in(experiment=each, imis_ids=imis_ids, now=now)
        }
    return _standing(imis_ids, area, now)


@transaction.atomic
def let_in(*, experiment: Experiment, now: datetime, imis_ids: Collection[str] | None = None) -> set[str]:
    """Members who came since the start; those contacted in between stay outside. Twice changes nothing."""
    found = audience.of(experiment=experiment, now=now, imis_ids=imis_ids)
    found = _not_contacted(experiment, start.free(experiment, found))
    arms = list(experiment.arms.all())
    groups = set(experiment.assignments.values_list("stratum", flat=True).distinct()) if found else set()
    rows = [
        start.assignment(
            experiment,
            arms[
                draw.late(seed=experiment.seed, member=each.due.imis_id, shares=[arm.share for arm in arms])
            ],
            each,
            each.stratum if each.stratum in groups else draw.REST,
            now,
            is_late=True,
        )
        for each in found
    ]
    Assignment.objects.bulk_create(rows, batch_size=2000, ignore_conflicts=True)
    if rows:
        numbers = Counter(row.arm.label for row in rows)
        about, detail = ("experiment", str(experiment.pk)), {"area": experiment.area, "after": dict(numbers)}
        audit.record(action="experiment.entered", by=None, now=now, about=about, detail=detail)
    return {row.imis_id for row in rows}


def let_in_all(*, now: datetime) -> int:
    """Part of the night: everybody who belongs to a running comparison by now."""
    running = Experiment.objects.filter(state=State.RUNNING, outcome_by__gte=localdate(now))
    return sum(len(let_in(experiment=each, now=now)) for each in running.exclude(is_standing=True))


def setting(area: str) -> Holdout | None:
    """What somebody chose for the area; None: on, as it comes."""
    return Holdout.objects.filter(area=area).select_related("by").first()


@transaction.atomic
def switch(*, area: str, is_on: bool, reason: str, by: User, now: datetime, share: float = SHARE) -> Holdout:
    """Whether the area keeps a control group by itself; off needs a reason. Raises NotAllowed, Blocked."""
    if not by.may("experiments.decide"):
        raise NotAllowed(WhyNot("Your role does not decide about control groups.", rule="experiments.decide"))
    if not is_on and not reason.strip():
        raise Blocked(
            WhyNot(
                "Without a control group nobody can say what would have happened anyway.",
                rule="control group",
                next_step="Write why it is switched off.",
            )
        )
    before = setting(area)
    fields = {"is_on": is_on, "reason": reason.strip()[:300], "share": share, "by": by, "at": now}
    kept, _ = Holdout.objects.update_or_create(area=area, defaults=fields)
    detail = {
        "area": area,
        "before": {"is_on": before.is_on, "share": before.share}
        if before
        else {"is_on": True, "share": SHARE},
        "after": {"is_on": is_on, "share": share},
        "reason": kept.reason,
    }
    audit.record(action="experiment.holdout", by=by, now=now, about=("holdout", area), detail=detail)
    return kept


def _running(area: str, now: datetime) -> QuerySet[Experiment]:
    return Experiment.objects.filter(area=area, state=State.RUNNING, outcome_by__gte=localdate(now)).order_by(
        "is_standing", "pk"
    )


def _standing(imis_ids: Collection[str], area: str, now: datetime) -> set[str]:
    chosen = setting(area)
    if len(imis_ids) < ENOUGH or (chosen and not chosen.is_on):
        return set()
    window = settings.GRACE_DAYS
    candidate = Experiment(
        area=area,
        audience=audience.RENEWING,
        window_days=window,
        outcome_by=localdate(now) + AHEAD + timedelta(days=window),
    )
    if len(start.free(candidate, audience.of(experiment=candidate, now=now, imis_ids=imis_ids))) < ENOUGH:
        return set()
    return _begin_standing(candidate, chosen.share if chosen else SHARE, imis_ids, now)


@transaction.atomic
def _begin_standing(
    candidate: Experiment, share: float, imis_ids: Collection[str], now: datetime
) -> set[str]:
    earlier = Experiment.objects.filter(series=f"standing {candidate.area}").count()
    made = plan.write(
        plan=plan.Plan(
            name=f"Standing control group, {candidate.area}, {localdate(now):%B %Y}",
            area=candidate.area,
            arms=(plan.ArmPlan("Outreach"),),
            outcome_by=candidate.outcome_by,
            window_days=candidate.window_days,
            control_share=share,
            cycles=CYCLES,
            cycle=earlier + 1,
            series=f"standing {candidate.area}",
        ),
        by=None,
        now=now,
    )
    Experiment.objects.filter(pk=made.pk).update(is_standing=True)
    try:
        start.begin(experiment=made, now=now, imis_ids=imis_ids)
    except (Changed, IntegrityError):  # somebody was faster with the same members
        return set()
    return set(made.assignments.values_list("imis_id", flat=True))


def _not_contacted(experiment: Experiment, found: list[audience.Candidate]) -> list[audience.Candidate]:
    """Who was written to since the start would enter after the first contact."""
    ids = [each.due.imis_id for each in found]
    rows = ContactEntry.objects.filter(
        imis_id__in=ids, area=experiment.area, planned_at__gte=experiment.started_at
    ).exclude(state=ContactEntry.State.STOPPED)
    contacted = set(rows.values_list("imis_id", flat=True))
    return [each for each in found if each.due.imis_id not in contacted]
