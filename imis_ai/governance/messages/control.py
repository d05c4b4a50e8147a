"""The members we leave alone to compare: who they are now, and how that is said. Reads only."""

from collections.abc import Collection
from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from imis_ai.governance.models import Arm, Assignment, Experiment
from imis_ai.ui import words

RULE = "control group"


def rows(*, area: str, on: date) -> QuerySet[Assignment]:
    """Everybody whom this area leaves alone on this day, as things stand."""
    here = Q(experiment__area=area) | Q(experiment__is_everywhere=True)
    return Assignment.objects.filter(
        here,
        arm__is_control=True,
        experiment__state=Experiment.State.RUNNING,
        experiment__outcome_by__gte=on,
    )


def held(*, imis_ids: Collection[str], area: str, now: datetime) -> dict[str, date]:
    """Those of the members who are left alone, with the last day of it. One query."""
    found = rows(area=area, on=localdate(now)).filter(imis_id__in=imis_ids)
    return dict(found.order_by("experiment__outcome_by").values_list("imis_id", "experiment__outcome_by"))


def arms(*, imis_ids: Collection[str], area: str, now: datetime) -> dict[str, Arm]:
    """The arm of each member in what this area compares now; the newest where there are several."""
    found = Assignment.objects.filter(
        imis_id__in=imis_ids,
        experiment__area=area,
        experiment__state=Experiment.State.RUNNING,
        experiment__outcome_by__gte=localdate(now),
    )
    found = found.select_related("arm__offer", "arm__experiment").order_by("experiment_id")
    return {row.imis_id: row.arm for row in found}


def sentence(*, who: str, them: str, until: date, today: date) -> str:
    """As the list, the draft and the receipt say it; `them` is the word for this person."""
    day = words.long_date(until, today)
    return f"{who} is in the control group until {day}, so we leave {them} alone."
