"""Experiments: the list with its three figures, a new plan, one comparison, what people do with it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from imis_ai.accounts.models import User
from imis_ai.accounts.rights import needs
from imis_ai.governance.experiments import (
    dashboard,
    ending,
    enter,
    labels,
    listing,
    plan,
    pooled,
    results,
    start,
    tables,
    widen,
)
from imis_ai.governance.forms.experiments import PlanForm
from imis_ai.governance.models import Experiment
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed, Refused
from imis_ai.governance.rollout.areas import AREAS
from imis_ai.ui.tables import Column, Pages, heads

COLUMNS = [
    Column("Experiment"),
    Column("State"),
    Column("Renewed by"),
    Column("Difference"),
    Column("Owner"),
    Column("Members", classes="num"),
]
STATUS = {NotAllowed: 403, Changed: 409, Blocked: 422}
LIST = "governance/experiments/list.html"
ITEM = "governance/experiments/item.html"


@require_safe
@needs("experiments.read")
def experiments(request: HttpRequest) -> HttpResponse:
    """All comparisons, three figures from our own logs, and which areas keep a control group themselves."""
    return render(request, LIST, _list(request))


@needs("experiments.plan")
def new(request: HttpRequest) -> HttpResponse:
    """Write one down. Nothing is drawn by it."""
    form, now = PlanForm(request.POST if request.method == "POST" else None, initial=_soon()), timezone.now()
    context = {"form": form, "crumbs": _crumbs()}
    if form.is_bound and form.is_valid():
        try:
            made = plan.write(plan=form.plan(), by=request.user, now=now)
        except Refused as refusal:
            form.add_error(None, str(refusal.why))
        else:
            messages.success(request, "Kept. Look at what it can show, then ask for its start.")
            return redirect("experiment", made.pk)
    status = 422 if form.is_bound else 200
    return render(request, "governance/experiments/new.html", context, status=status)


@require_safe
@needs("experiments.read")
def experiment(request: HttpRequest, experiment_id: int) -> HttpResponse:
    """One comparison before, during and after."""
    return render(request, ITEM, _item(request, _find(experiment_id), timezone.now()))


@require_safe
@needs("experiments.read")
def followed(request: HttpRequest, experiment_id: int) -> HttpResponse:
    """What followed the contacts, arm by arm; a fragment of the page, and a page of its own."""
    found, now = _find(experiment_id), timezone.now()
    rows = (
        labels.rows(since=found.started_at, now=now, area=found.area, within=found)
        if found.started_at
        else []
    )
    context = {
        "experiment": found,
        "sums": [
            each for each in labels.sums(rows) if each.contacts >= listing.SMALLEST or _sees_all(request.user)
        ],
        "window": labels.WINDOW,
        "read_within": labels.READ_WITHIN,
        "crumbs": [*_crumbs(), (found.name, reverse("experiment", args=[found.pk]))],
    }
    name = "_followed" if request.htmx else "followed"
    return render(request, f"governance/experiments/{name}.html", context)


@require_POST
@needs("experiments.plan")
def act(request: HttpRequest, experiment_id: int, move: str) -> HttpResponse:
    """Ask for the start, drop, stop, take the stop back, let it run, widen, plan the next cycle."""
    found, now = _find(experiment_id), timezone.now()
    if move not in MOVES:
        raise Http404
    try:
        said, address = MOVES[move](request, found, now)
    except Refused as refusal:
        found.refresh_from_db()
        context = _item(request, found, now) | {"why": refusal.why, "reason": request.POST.get("reason", "")}
        return render(request, ITEM, context, status=STATUS[type(refusal)])
    messages.success(request, said)
    return redirect(address)


@require_POST
@needs("experiments.decide")
def holdout(request: HttpRequest, name: str) -> HttpResponse:
    """Whether an area keeps a control group by itself."""
    if name not in AREAS:
        raise Http404
    is_on = request.POST.get("do") == "on"
    reason = request.POST.get("reason", "")
    try:
        enter.switch(area=name, is_on=is_on, reason=reason, by=request.user, now=timezone.now())
    except Refused as refusal:
        context = _list(request) | {"why": refusal.why}
        return render(request, LIST, context, status=STATUS[type(refusal)])
    kept = "keeps a control group by itself again" if is_on else "keeps no control group by itself"
    messages.success(request, f"{AREAS[name].label} {kept}. The reason is on record.")
    return redirect("experiments")


Done = tuple[str, str]


def _ask(request: HttpRequest, found: Experiment, now: datetime) -> Done:
    start.ask(experiment=found, by=request.user, now=now)
    return "Asked. Another person decides, then lots are drawn.", _address(found)


def _drop(request: HttpRequest, found: Experiment, now: datetime) -> Done:
    plan.drop(experiment=found, by=request.user, now=now)
    return "Thrown away. Nobody was drawn.", reverse("experiments")


def _stop(request: HttpRequest, found: Experiment, now: datetime) -> Done:
    ending.stop(experiment=found, reason=request.POST.get("reason", ""), by=request.user, now=now)
    return "Stopped. The control group is free again. You can undo it for 30 minutes.", _address(found)


def _undo(request: HttpRequest, found: Experiment, now: datetime) -> Done:
    ending.undo_stop(experiment=found, by=request.user, now=now)
    return "It goes on as if nothing had been.", _address(found)


def _continue(request: HttpRequest, found: Experiment, now: datetime) -> Done:
    ending.go_on(experiment=found, note=request.POST.get("reason", ""), by=request.user, now=now)
    return "It goes on. That you looked is on record.", _address(found)


def _widen(request: HttpRequest, found: Experiment, now: datetime) -> Done:
    arm = get_object_or_404(found.arms, number=_number(request.POST.get("arm")))
    widen.ask(experiment=found, arm=arm, by=request.user, now=now)
    return "Asked. Another person decides.", _address(found)


def _again(request: HttpRequest, found: Experiment, now: datetime) -> Done:
    made = ending.again(experiment=found, by=request.user, now=now)
    return "The next cycle is planned. Look at it, then ask for its start.", _address(made)


MOVES: dict[str, Callable[[HttpRequest, Experiment, datetime], Done]] = {
    "start": _ask,
    "drop": _drop,
    "stop": _stop,
    "undo": _undo,
    "continue": _continue,
    "widen": _widen,
    "again": _again,
}


def _list(request: HttpRequest) -> dict:
    chosen = listing.Chosen(
        tab=request.GET.get("tab", "all") if request.GET.get("tab") in listing.TABS else "all",
        area=request.GET.get("area", "") if request.GET.get("area") in AREAS else "",
        owner=request.GET.get("owner", "") if request.GET.get("owner", "").isdecimal() else "",
    )
    found, counts = listing.listed(chosen), listing.tab_counts()
    pages = Pages.of(_number(request.GET.get("page"), 1), found.count())
    return {
        "rows": listing.rows(found[pages.start : pages.stop]),
        "pages": pages,
        "heads": heads(COLUMNS, ""),
        "tabs": [
            {"label": label, "address": f"?tab={tab}", "number": counts[tab], "is_current": tab == chosen.tab}
            for tab, label in listing.TABS.items()
        ],
        "chosen": chosen,
        "areas": [(each.name, each.label) for each in AREAS.values()],
        "owners": listing.owners(),
        "figures": dashboard.figures(now=timezone.now()),
        "holdouts": listing.holdouts(),
        "enough": enter.ENOUGH,
        "may_plan": request.user.may("experiments.plan"),
        "may_decide": request.user.may("experiments.decide"),
    }


def _item(request: HttpRequest, found: Experiment, now: datetime) -> dict:
    context = {
        "experiment": found,
        "stands": listing.stands(experiment=found, now=now),
        "area": listing.label_of(found.area),
        "note": plan.power_note(found),
        "arms": list(found.arms.all()),
        "reading_day": results.reading_day(found),
        "last_term": found.outcome_by - timedelta(days=found.window_days),
        "may_plan": request.user.may("experiments.plan"),
        "may_undo": ending.may_undo(found, now),
        "crumbs": _crumbs(),
    }
    return context | (_measured(request.user, found, now) if found.started_at else {})


def _measured(viewer: User, found: Experiment, now: datetime) -> dict:
    is_chapter = viewer.role == User.Role.CHAPTER
    rows = tables.read(found) if is_chapter or not found.result else None
    result = (
        results.from_json(found.result)
        if found.result
        else results.measured(experiment=found, rows=rows, now=now)
    )
    against = {each.label: each for each in result.against}
    is_small = not _sees_all(viewer) and any(line.members < listing.SMALLEST for line in result.lines)
    return {
        "result": result,
        "lines": [
            {
                "line": line,
                "against": against.get(line.label),
                "difference": listing.difference(against[line.label]) if line.label in against else "",
                "is_small": line.members < listing.SMALLEST and not _sees_all(viewer),
            }
            for line in result.lines
        ],
        "said": [
            (each, listing.sentence(result, each), "" if is_small else listing.difference(each))
            for each in result.against
        ],
        "words": results.WORDS,
        "plot": listing.plot(result, timezone.localdate(now)),
        "finding": listing.finding(result),
        "pooled": pooled.series(found) if found.cycles > 1 else None,
        "own": listing.own(experiment=found, rows=rows, viewer=viewer, as_of=result.as_of)
        if is_chapter
        else None,
        "smallest": listing.SMALLEST,
    }


def _sees_all(viewer: User) -> bool:
    return viewer.role == User.Role.MEMBERSHIP


def _soon() -> dict:
    return {"outcome_by": timezone.localdate() + timedelta(days=180), "control_share": "0.5"}


def _crumbs() -> list[tuple[str, str]]:
    return [("Experiments", reverse("experiments"))]


def _address(found: Experiment) -> str:
    return reverse("experiment", args=[found.pk])


def _find(experiment_id: int) -> Experiment:
    return get_object_or_404(listing.whole(), pk=experiment_id)


def _number(text: str | None, otherwise: int = -1) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else otherwise
