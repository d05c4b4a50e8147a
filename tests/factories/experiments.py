"""Members with a term that ends soon, and comparisons among them, made by the product's own actions."""

import datetime as dt
from decimal import Decimal

from imis_ai.governance.experiments import plan, start
from imis_ai.governance.models import Arm, Assignment, Experiment
from tests.factories.messages import NOW, reachable
from tests.factories.mirror import TermFactory, TierFactory

ENDS = dt.date(2026, 6, 30)
OUTCOME_BY = dt.date(2026, 9, 30)


def renewing(number: int = 1, *, ends: dt.date = ENDS, **fields):
    """Members who can be reached and whose term ends soon."""
    found = []
    for _ in range(number):
        member = reachable(**({"tier": TierFactory(code="PRO"), "first_name": "Dana"} | fields))
        TermFactory(member=member, start_on=ends - dt.timedelta(days=364), end_on=ends)
        found.append(member)
    return found


def renews(member, *, after: dt.date = ENDS, price: str = "250.00"):
    """The next term, bought on time."""
    starts = after + dt.timedelta(days=1)
    return TermFactory(
        member=member, start_on=starts, end_on=starts + dt.timedelta(days=364), price=Decimal(price)
    )


def planned(**fields) -> Experiment:
    """Half of the members left alone, one thing tried."""
    asked = {
        "name": "Call before renewal",
        "area": "retention",
        "arms": (plan.ArmPlan("Call", cost=Decimal("2.00")),),
        "outcome_by": OUTCOME_BY,
        "window_days": 60,
    }
    by, now = fields.pop("by", None), fields.pop("now", NOW)
    return plan.write(plan=plan.Plan(**(asked | fields)), by=by, now=now)


def running(seed: str = "seven", **fields) -> Experiment:
    """The same, with lots drawn."""
    now = fields.get("now", NOW)
    return start.begin(experiment=planned(**fields), now=now, seed=seed)


def started(pk: int, imis_id: str = "104482") -> Experiment:
    """One comparison that runs, with one member drawn; planted without the product's actions."""
    made = Experiment.objects.create(
        pk=pk,
        name="Call before renewal",
        area="retention",
        audience="renewing",
        series="calls",
        window_days=60,
        outcome_by=OUTCOME_BY,
        made_at=NOW,
    )
    arms = [
        Arm.objects.create(experiment=made, number=number, label=label, share=0.5, is_control=not number)
        for number, label in enumerate(("Control group", "Call"))
    ]
    Experiment.objects.filter(pk=pk).update(seed="planted", started_at=NOW, state="running")
    Assignment.objects.create(
        experiment=made,
        arm=arms[0],
        imis_id=imis_id,
        stratum="PRO",
        term_end=ENDS,
        decided_on=ENDS + dt.timedelta(days=60),
        at=NOW,
    )
    return made
