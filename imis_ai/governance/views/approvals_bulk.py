"""Several suggestions of one kind at once: totals and exceptions first where it is many, then a report."""

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from imis_ai.accounts.rights import needs
from imis_ai.governance import kinds
from imis_ai.governance.forms import approvals as forms
from imis_ai.governance.models import SeveralDecided
from imis_ai.governance.proposals import bulk, inbox, many, seen
from imis_ai.governance.refusals import Blocked, Refused
from imis_ai.governance.views.approvals import REPORT, until_of
from imis_ai.ui import filters as chips
from imis_ai.ui import words

POLL = 2  # seconds
DONE = {"approve": "approved", "reject": "rejected", "later": "set aside"}


@require_POST
@needs("approvals.read")
def several(request: HttpRequest) -> HttpResponse:
    """Decide, or first show what would be decided; afterwards the list again, with what was left selected."""
    now = timezone.now()
    do = request.POST.get("do", "")
    query = QueryDict(request.POST.get("back", "")[:500].lstrip("?"), mutable=True)
    chosen = _chosen(request, query, now)
    try:
        batch = bulk.batch(seen=chosen, by=request.user, now=now)
        if do not in DONE or _is_to_be_shown(request, do, batch):
            return _shown(request, do, batch, chosen)
        if len(batch.items) > many.AS_JOB:
            return _as_job(request, do, batch, chosen, now)
        outcome = _decided(request, do, batch, chosen, now)
    except Refused as refusal:
        request.session[REPORT] = {"head": str(refusal.why), "lines": [], "left": list(chosen)[:500]}
        return _back(request, query)
    left = len(outcome.left)
    request.session[REPORT] = {
        "head": f"{words.count(len(outcome.done))} {DONE[do]}{f', {words.count(left)} not' if left else ''}.",
        "lines": [f"{words.count(n)}: {said}" for n, said in outcome.reasons[:20]],
        "left": [each.proposal.pk for each in outcome.left],
    }
    return _back(request, query)


@require_safe
@needs("approvals.read")
def several_run(request: HttpRequest, several_id: int) -> HttpResponse:
    """How far it is, and item by item what came of it: for who asked, and for administrators."""
    asked = get_object_or_404(SeveralDecided.objects.select_related("by"), pk=several_id)
    if asked.by_id != request.user.pk and not request.user.may("approvals.all"):
        raise Http404
    kind = kinds.KINDS.get(asked.kind)
    context = {
        "asked": asked,
        "run": many.run_of(asked),
        "kind": kind.label if kind else asked.kind,
        "word": DONE.get(asked.do, asked.do),
        "poll": POLL,
        "crumbs": [("Approvals", reverse("approvals"))],
        "title": f"{words.plural(len(asked.chosen), 'suggestion')} at once",
    }
    template = "_several_run.html" if request.htmx else "several_run.html"
    return render(request, f"governance/approvals/{template}", context)


def _as_job(
    request: HttpRequest, do: str, batch: bulk.Batch, chosen: dict[int, str], now: datetime
) -> HttpResponse:
    asked = many.ask(
        chosen=batch,
        seen=chosen,
        do=do,
        by=request.user,
        now=now,
        note=request.POST.get("note", "")[:2000],
        reason=request.POST.get("reason", ""),
        until=until_of(request.POST.get("until", ""), now) if do == "later" else None,
        is_shown=bool(request.POST.get("shown")),
    )
    address = reverse("approvals_several_run", args=[asked.pk])
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _chosen(request: HttpRequest, query: QueryDict, now: datetime) -> dict[int, str]:
    """What was ticked; with `all` everything that the list holds, as it stands now."""
    if not request.POST.get("all"):
        return forms.picked([*request.POST.getlist("pick"), request.POST.get("items", "")])
    found = inbox.listed(
        viewer=request.user,
        filters=forms.filters(query, request.user),
        now=now,
    )
    return {item.pk: seen(proposal=item) for item in found[: bulk.MOST + 1]}


def _is_to_be_shown(request: HttpRequest, do: str, batch: bulk.Batch) -> bool:
    """A rejection needs its reason; a large approval a look at its totals."""
    if request.POST.get("shown"):
        return False
    return do == "reject" or len(batch.items) > kinds.MANY_ITEMS or (do == "approve" and batch.is_large)


def _shown(request: HttpRequest, do: str, batch: bulk.Batch, chosen: dict[int, str]) -> HttpResponse:
    counted: dict[str, list] = {}
    for each in batch.against:
        counted.setdefault(str(each.why), []).append(each.proposal)
    doubts = [
        item for item in batch.items if any(c["result"] == "warn" for c in item.evidence.get("checks", []))
    ]
    context = {
        "do": do if do in DONE else "approve",
        "batch": batch,
        "consequence": batch.kind.consequence(batch.items[0]),
        "exceptions": [(len(items), said, items[:3]) for said, items in counted.items()],
        "doubts": doubts,
        "hold": words.duration(kinds.HOLD[kinds.Friction.BULK].total_seconds()),
        "items": " ".join(f"{item.pk}:{chosen[item.pk]}" for item in batch.items),
        "back": request.POST.get("back", "")[:500],
        "crumbs": [("Approvals", reverse("approvals"))],
        "title": f"{'Reject' if do == 'reject' else 'Set aside' if do == 'later' else 'Approve'} "
        f"{words.plural(len(batch.items) if do != 'approve' else batch.going, 'suggestion')}",
    }
    template = "_several.html" if request.htmx.target == "dialog" else "several.html"
    return render(request, f"governance/approvals/{template}", context)


def _decided(
    request: HttpRequest, do: str, batch: bulk.Batch, chosen: dict[int, str], now: datetime
) -> bulk.Outcome:
    note = request.POST.get("note", "")[:2000]
    common = {"chosen": batch, "by": request.user, "now": now}
    if do == "approve":
        return bulk.approve(seen=chosen, note=note, is_shown=bool(request.POST.get("shown")), **common)
    if do == "reject":
        reason = request.POST.get("reason", "")
        if reason not in dict(batch.kind.reasons):
            raise Blocked(bulk.NO_REASON)
        return bulk.reject(reason=reason, note=note, **common)
    return bulk.later(until=until_of(request.POST.get("until", ""), now), **common)


def _back(request: HttpRequest, query: QueryDict) -> HttpResponse:
    address = reverse("approvals") + chips.address(query)
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
