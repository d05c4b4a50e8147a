"""The cohort forecast: which groups will renew less next quarter, how right it was, what is planned."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from imis_ai.accounts.rights import needs
from imis_ai.governance.refusals import Refused
from imis_ai.ui import exports, pairs, words
from imis_ai.ui.tables import Column, heads
from retention import actions
from retention.calc.cohorts import SMALLEST
from retention.forms.cohorts import CohortForm, PlanForm
from retention.queries import cohorts
from retention.views import frame

DRAWN = 10  # cohorts in the slope chart; the table has all
COLUMNS = [
    Column("Cohort", "cohort"),
    Column("Members", "members", "num", falls=True),
    Column("Expected to renew", "expected", "num"),
    Column("Last year", classes="num"),
    Column("Change, points", "change", "num"),
    Column("Dues at stake", "dues", "num", falls=True, hint="Dues of the terms that end in the quarter"),
    Column("Past error", classes="num", hint="Average distance over the last four quarters, in points"),
    Column("Drivers", hint="Most frequent reasons of those who left in the last year"),
    Column("Planned"),
]


@require_safe
@needs("cohorts.read")
def forecast(request: HttpRequest) -> HttpResponse:
    form = CohortForm(request.GET)
    form.is_valid()
    found = cohorts.newest()
    context = {
        "found": found,
        "segments": _segments(form.group),
        "by": form.group,
        "by_label": cohorts.BY[form.group],
        "smallest": SMALLEST,
        "may_plan": request.user.may("cohorts.plan"),
    }
    if found is not None:
        context |= _shown(found, form)
    return frame.page(request, "retention/cohorts/page.html", context)


@require_safe
@needs("cohorts.read")
def export(request: HttpRequest) -> HttpResponse:
    """The cohorts of one grouping; they hold no member."""
    form = CohortForm(request.GET)
    form.is_valid()
    found = cohorts.newest()
    rows = cohorts.rows(found, by=form.group, sort=form.order) if found else []
    name = f"cohorts-{form.group}-{found.body['quarter'] if found else 'none'}.csv"
    return exports.csv_file(name, cohorts.HEADER, cohorts.lines(rows))


@require_POST
@needs("cohorts.plan")
def plan(request: HttpRequest) -> HttpResponse:
    """Hours and money for one cohort."""
    form = PlanForm(request.POST)
    if not form.is_valid():
        messages.warning(request, "Write hours and money as numbers from 0 on, such as 12.5.")
        return redirect("cohorts")
    clean = form.cleaned_data
    try:
        actions.plan_effort(
            by_group=clean["by"],
            cohort=clean["cohort"],
            quarter=clean["quarter"],
            hours=clean["hours"],
            money=clean["money"],
            by=request.user,
            now=timezone.now(),
        )
    except Refused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, f"Planned for {clean['cohort']}.")
    return redirect(f"{reverse('cohorts')}?by={clean['by']}")


def _segments(by: str) -> list[dict]:
    return [
        {"label": label, "address": f"?by={key}", "is_current": key == by}
        for key, label in cohorts.BY.items()
    ]


def _shown(found, form: CohortForm) -> dict:
    rows = cohorts.rows(found, by=form.group, sort=form.order)
    own = found.body["by"][form.group]
    steep = [row for row in cohorts.rows(found, by=form.group, sort="change") if row.change is not None]
    drawn = [(row.cohort, row.last_year, row.expected) for row in steep[:DRAWN]]
    heat = found.body["heat"]
    return {
        "rows": rows,
        "heads": heads(COLUMNS, form.order),
        "tested": own["tested"],
        "hidden": own["hidden"],
        "quarter": found.body["quarter"],
        "slopes": pairs.slopes(drawn) if drawn else None,
        "drawn": steep[:DRAWN],
        "sentence": _sentence(steep),
        "heat": _heat(heat) if heat else None,
        "heat_rows": heat,
        "heat_sentence": _heat_sentence(heat),
        "hours": sum((row.hours or 0 for row in rows), 0),
        "money": sum((row.money or 0 for row in rows), 0),
    }


def _sentence(steep: list[cohorts.Row]) -> str:
    if not steep:
        return "No cohort has a year to compare with yet."
    first = steep[0]
    if (first.change or 0) >= 0:
        return "No cohort is expected to renew less than a year ago."
    return (
        f"{first.cohort} falls most: {words.percent(first.expected)} expected to renew, "
        f"{words.percent(first.last_year or 0)} a year ago."
    )


def _heat(cells: list[list[int]]) -> pairs.Heat:
    years = sorted({year for year, *_ in cells})
    ages = sorted({age for _, age, *_ in cells})
    values = {
        (str(year), f"{12 * age}"): (
            stayed / n,
            f"Joined {year}, after {12 * age} months: {stayed} of {n} renewed",
        )
        for year, age, n, stayed in cells
    }
    return pairs.heat([str(year) for year in years], [f"{12 * age}" for age in ages], values)


def _heat_sentence(cells: list[list[int]]) -> str:
    if not cells:
        return ""
    year, age, n, stayed = min(cells, key=lambda cell: cell[3] / cell[2])
    return f"Lowest: joined {year}, after {12 * age} months: {words.of_100(stayed / n)} of 100 renewed."
