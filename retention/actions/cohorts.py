"""Forecasting cohorts, and the effort that staff plan for them."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.refusals import Blocked, WhyNot
from retention.models import CohortPlan, Study
from retention.queries import cohorts


@transaction.atomic
def study_cohorts(*, as_of: date, now: datetime) -> int:
    """Keep the forecast of the next quarter; returns how many cohorts it speaks of."""
    body = cohorts.study(as_of=as_of)
    if not body:
        return 0
    Study.objects.update_or_create(name=cohorts.STUDY, as_of=as_of, defaults={"made_at": now, "body": body})
    return sum(len(each["rows"]) for each in body["by"].values())


@transaction.atomic
def plan_effort(
    *,
    by_group: str,
    cohort: str,
    quarter: str,
    hours: Decimal | None,
    money: Decimal | None,
    by: User,
    now: datetime,
) -> CohortPlan:
    """Keep hours and money for a cohort. Raises Blocked for a cohort that the forecast does not show."""
    found = cohorts.newest()
    known = {row["cohort"] for row in found.body["by"].get(by_group, {}).get("rows", ())} if found else set()
    if found is None or quarter != found.body["quarter"] or cohort not in known:
        raise Blocked(
            WhyNot(
                "The forecast does not show this cohort.", rule="cohorts", next_step="Load the page again."
            )
        )
    before = CohortPlan.objects.filter(by=by_group, cohort=cohort, quarter=quarter).first()
    plan, _ = CohortPlan.objects.update_or_create(
        by=by_group,
        cohort=cohort,
        quarter=quarter,
        defaults={"hours": hours, "money": money, "planned_by": str(by)[:150], "planned_at": now},
    )
    audit.record(
        action="cohort.planned",
        by=by,
        now=now,
        about=("cohort", f"{by_group} {cohort} {quarter}"[:200]),
        detail={"before": before and _words(before), "after": _words(plan)},
    )
    return plan


def _words(plan: CohortPlan) -> str:
    return f"{plan.hours if plan.hours is not None else 'no'} hours, {plan.money or 'no'} money"
