"""Models: what each is worth beside what staff could do without it, and who made it live."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from imis_ai.accounts.rights import needs
from imis_ai.governance.data import worth
from imis_ai.governance.refusals import Refused
from imis_ai.registry import actions, cards, shown
from imis_ai.registry.models import Finding, TrainedModel
from imis_ai.registry.queries import pages
from imis_ai.ui.tables import Column, heads

COLUMNS = [
    Column("Model", "model"),
    Column("Live version"),
    Column("Trained", "trained", falls=True),
    Column("Right when it says 20 to 30", "right", hint="Of 100 members given 20 to 30 of 100"),
    Column("Beats present practice by"),
    Column("Drift"),
    Column("Candidate"),
]


@require_safe
@needs("models.read")
def models(request: HttpRequest) -> HttpResponse:
    """Every model: its live version, how right it is, what moved, what waits to replace it."""
    sort = request.GET.get("sort", "")
    lines = pages.overview()
    context = {
        "lines": _sorted(lines, sort),
        "no_better": {line.card.name: _is_no_better(line) for line in lines},
        "heads": heads(COLUMNS, sort),
        "findings": pages.open_findings(),
        "labels": {name: card.label for name, card in cards.CARDS.items()},
        "may_change": request.user.may("models.change"),
    }
    return render(request, "registry/models.html", context)


@require_safe
@needs("models.read")
def version(request: HttpRequest, model: str, version: str) -> HttpResponse:
    """One version beside the live one: figures, charts, groups, decisions."""
    return _page(request, model, version)


@require_POST
@needs("models.change")
def go_live(request: HttpRequest, model: str, version: str) -> HttpResponse:
    """Suggest that this version goes live; somebody of the other side approves it."""
    found = _find(request, model, version)
    try:
        made = actions.propose(model=found.model, by=request.user, now=timezone.now())
    except Refused as refusal:
        return _page(request, model, version, why_not=refusal.why, status=422)
    return redirect("approval", made.pk)


@require_POST
@needs("models.change")
def train(request: HttpRequest, model: str) -> HttpResponse:
    """Start a candidate now; the page of the job shows how far it is."""
    if model not in cards.CARDS:
        raise Http404
    why = "The programme changed" if request.POST.get("why") == "policy" else "Asked for on the page"
    job = actions.retrain(name=model, why=why, by=request.user, now=timezone.now())
    return redirect("job", job.pk)


@require_POST
@needs("models.change")
def accept(request: HttpRequest, finding_id: int) -> HttpResponse:
    """Leave what a check found as it is, with a reason."""
    found = pages.finding(finding_id)
    if found is None:
        raise Http404
    try:
        actions.accept(
            finding=found, reason=request.POST.get("reason", ""), by=request.user, now=timezone.now()
        )
    except Refused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "Left as it is. It is raised again once it was gone and comes back.")
    return redirect("models")


@require_POST
@needs("models.replay")
def replay(request: HttpRequest, model: str, version: str) -> HttpResponse:
    """One stored score, computed again from its kept inputs by this version."""
    found = _find(request, model, version)
    imis_id = request.POST.get("member", "").strip()[:60]
    again = actions.replay(model=found.model, imis_id=imis_id, by=request.user, now=timezone.now())
    return _page(request, model, version, replayed=again, asked=imis_id, tried=True)


def _page(request: HttpRequest, model: str, version: str, status: int = 200, **more) -> HttpResponse:
    found = _find(request, model, version)
    context = shown.of(found) | {
        "crumbs": [("Models", reverse("models"))],
        "findings": _of_live(found),
        "accepted": pages.accepted_findings(model) if _is_live(found.model) else [],
        "open_decision": pages.open_decision(model=found.model),
        "objection": _objection(found),
        "worth_page": worth.page_of(model),
        "may_change": request.user.may("models.change"),
        "may_replay": request.user.may("models.replay"),
        **more,
    }
    return render(request, "registry/version.html", context, status=status)


def _find(request: HttpRequest, model: str, version: str) -> pages.Version:
    found = pages.version(model, version, viewer=request.user)
    if found is None:
        raise Http404
    return found


def _of_live(found: pages.Version):
    return pages.open_findings(found.model.name) if _is_live(found.model) else Finding.objects.none()


def _is_live(model: TrainedModel) -> bool:
    return model.state == TrainedModel.State.LIVE


def _objection(found: pages.Version) -> str:
    """Why this candidate may not go live; empty where it may, or was live before."""
    if found.live is None or _is_live(found.model) or found.model.promoted_at:
        return ""
    try:
        actions.refuse_worse(model=found.model, live=found.live)
    except actions.NotBetter as reason:
        return str(reason)
    return ""


def _is_no_better(line: pages.Line) -> bool:
    """Whether the newest candidate may not follow the live version."""
    if line.live is None or line.candidate is None:
        return False
    try:
        actions.refuse_worse(model=line.candidate, live=line.live)
    except actions.NotBetter:
        return True
    return False


def _sorted(lines: list[pages.Line], sort: str) -> list[pages.Line]:
    keys = {
        "model": lambda line: line.card.label,
        "trained": lambda line: line.live.trained_at.timestamp() if line.live else 0.0,
        "right": lambda line: line.right.share if line.right else 0.0,
    }
    key = keys.get(sort.lstrip("-"))
    return sorted(lines, key=key, reverse=sort.startswith("-")) if key else lines
