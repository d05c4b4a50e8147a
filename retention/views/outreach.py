"""The outreach queue: list left, draft right, one decision at a time or many of the same text."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from imis_ai.accounts import actions as people
from imis_ai.accounts.models import AccessEntry
from imis_ai.accounts.rights import names_revealed, needs
from imis_ai.governance import kinds, outreach_followed, outreach_review, proposals
from imis_ai.governance.forms.approvals import picked
from imis_ai.governance.proposals import bulk
from imis_ai.governance.refusals import Blocked, Refused, WhyNot
from imis_ai.governance.views.approvals import DECISIONS, STATUS, until_of
from imis_ai.mirror import access
from imis_ai.ui import exports, words
from imis_ai.ui import filters as chips
from imis_ai.ui.tables import Column, Pages, heads
from retention.calc import outreach as calc
from retention.forms import outreach as forms
from retention.queries import queue, report
from retention.views import frame

COLUMNS = [
    Column("Member"),
    Column("For", "", "c-side"),
    Column("Channel"),
    Column("Text", "", "c-side"),
    Column("Asked", "", "c-side"),
    Column("Drafted", "", "num"),
]
SELECTABLE = ("open", "later")
REPORT, LAST = "outreach_report", "outreach_last"
DONE = {"approve": "approved", "reject": "rejected", "later": "set aside"}
TWO_TEXTS = WhyNot(
    "These drafts come from several texts, so nobody could look at a sample of them.",
    rule="identical template",
    next_step="Filter by one text, then approve.",
)


@require_safe
@needs("retention.members")
def outreach(request: HttpRequest) -> HttpResponse:
    """The queue; the first draft is open unless the address says otherwise."""
    now, filters = timezone.now(), forms.filters(request.GET)
    if request.htmx.target == "panel":
        asked = request.GET.get("panel", "")
        if not asked.isdecimal() or asked == "0":
            return HttpResponse("")
        context = _review(request, _find(request, int(asked)), filters, now)
        return render(request, "retention/outreach/_panel.html", context)
    context = _page(request, filters, now)
    template = (
        "retention/outreach/_list.html" if request.htmx.target == "list" else "retention/outreach/list.html"
    )
    return frame.page(request, template, context)


@require_POST
@needs("retention.outreach")
def decide(request: HttpRequest, draft_id: int, what: str) -> HttpResponse:
    """Approve, change, reject, set aside, undo; then the next draft. A refusal keeps what was entered."""
    now, proposal = timezone.now(), _find(request, draft_id)
    back = QueryDict(request.POST.get("back", "")[:500].lstrip("?"), mutable=True)
    filters = forms.filters(back)
    act = {**DECISIONS, "edit": _edit}.get(what)
    if act is None or what == "reverse":
        raise Http404
    following = queue.after(proposal_id=draft_id, viewer=request.user, filters=filters, now=now)
    try:
        said = act(request, proposal, now)
    except Refused as refusal:
        proposal.refresh_from_db()
        return _refused(request, proposal, filters, back, refusal, now)
    messages.success(request, said)
    if what in DONE:
        request.session[LAST] = draft_id
    stays = what not in DONE
    panel = draft_id if stays else following
    return redirect(reverse("outreach") + chips.address(back, panel=str(panel) if panel else None))


@require_POST
@needs("retention.outreach")
def several(request: HttpRequest) -> HttpResponse:
    """Many of one text: ten drawn at random are opened first, then each is checked and decided on its own."""
    now, do = timezone.now(), request.POST.get("do", "approve")
    back = QueryDict(request.POST.get("back", "")[:500].lstrip("?"), mutable=True)
    chosen = _chosen(request, now)
    try:
        batch = bulk.batch(seen=chosen, by=request.user, now=now)
        if do == "approve" and len({item.payload["template_version"] for item in batch.items}) > 1:
            raise Blocked(TWO_TEXTS)
        if do not in DONE or (do != "later" and not request.POST.get("shown")):
            return _shown(request, do, batch, chosen)
        outcome = _decided(request, do, batch, chosen, now)
    except Refused as refusal:
        request.session[REPORT] = {"head": str(refusal.why), "lines": [], "left": list(chosen)[:500]}
        return _back(request, back)
    left = f", {len(outcome.left):,} not" if outcome.left else ""
    request.session[REPORT] = {
        "head": f"{len(outcome.done):,} {DONE[do]}{left}.",
        "lines": [f"{n:,}: {said}" for n, said in outcome.reasons[:20]],
        "left": [each.proposal.pk for each in outcome.left],
    }
    return _back(request, back)


@require_safe
@needs("retention.export")
def export(request: HttpRequest) -> HttpResponse:
    """Exactly the filtered drafts: score, what was done, by whom, what followed. It is logged."""
    now, filters = timezone.now(), forms.filters(request.GET)
    found = queue.listed(viewer=request.user, filters=filters, now=now)
    lines = report.lines(found=found, viewer=request.user, with_names=_names(request), now=now)
    people.record_access(
        by=request.user,
        what=AccessEntry.What.LIST_EXPORTED,
        now=now,
        detail={"list": "outreach", "filters": request.GET.urlencode(), "rows": len(lines)},
    )
    return exports.csv_file(f"outreach-{timezone.localdate(now)}.csv", report.HEADER, lines)


def _page(request: HttpRequest, filters: queue.Filters, now: datetime) -> dict[str, Any]:
    viewer = request.user
    numbers = queue.counts(viewer=viewer, now=now)
    context: dict[str, Any] = {
        "filters": filters,
        "tabs": _tabs(filters.tab, numbers | {"stopped": queue.halted_count(viewer=viewer, now=now)}),
        "report": request.session.pop(REPORT, None),
        "undo": _undoable(request, now),
        "panel_label": "Draft",
        "may_decide": viewer.may("retention.outreach"),
        "may_export": viewer.may("retention.export"),
        "clear": f"?tab={filters.tab}",
        "narrowed": filters.is_narrowed,
    }
    if filters.tab == "stopped":
        halted = queue.halted(viewer=viewer, with_names=_names(request), now=now)
        return context | {"halted": halted[:500]}
    made = forms.chips_of(filters, request.GET, queue.present(viewer=viewer, filters=filters, now=now))
    found = queue.listed(viewer=viewer, filters=filters, now=now)
    total = found.count() if filters.is_narrowed else numbers[filters.tab]
    pages = Pages.of(_number(request.GET.get("page"), 1), total)
    shown = found[pages.start : pages.stop]
    rows = queue.rows(found=shown, viewer=viewer, with_names=_names(request))
    left = set(context["report"]["left"]) if context["report"] else set()
    context |= {
        "rows": [(row, _seen(row.proposal), row.proposal.pk in left) for row in rows],
        "pages": pages,
        "heads": heads(COLUMNS, ""),
        "chips": made,
        "removable": chips.removable(made),
        "kept": [("tab", filters.tab)],
        "may_pick": viewer.may("retention.outreach") and filters.tab in SELECTABLE,
        "pace": queue.pace_of(viewer=viewer, left=numbers["open"], now=now),
        "target": queue.TARGET,
    }
    asked = request.GET.get("panel", str(rows[0].proposal.pk) if rows else "0")
    proposal = _find(request, int(asked)) if asked.isdecimal() and asked != "0" else None
    return context | (_review(request, proposal, filters, now) if proposal else {})


def _review(request: HttpRequest, proposal: Any, filters: queue.Filters, now: datetime) -> dict[str, Any]:
    """One draft with everything around it. Opening it is written to the access log."""
    people.record_access(
        by=request.user,
        what=AccessEntry.What.MEMBER_OPENED,
        now=now,
        imis_id=proposal.imis_id,
        detail={"where": "outreach"},
    )
    kind = kinds.find(proposal.kind)
    with_names, imis_id = _names(request), proposal.imis_id
    [row] = queue.rows(found=[proposal], viewer=request.user, with_names=with_names)
    hide = queue.cloak(imis_ids=[imis_id], with_names=with_names)
    is_open = proposal.state in proposals.OPEN
    beside = outreach_review.beside(proposal=proposal, now=now)
    same = queue.same_text(viewer=request.user, version=proposal.payload["template_version"], now=now)
    return {
        "proposal": proposal,
        "row": row,
        "kind": kind,
        "beside": beside,
        "subject": hide(imis_id, proposal.payload["subject"]),
        "against": [hide(imis_id, sentence) for sentence in beside.against],
        "changes": [(what, hide(imis_id, said)) for what, said in beside.changes],
        "pieces": [(hide(imis_id, text), fact, _opens(imis_id, fact)) for text, fact in beside.pieces],
        "facts": [
            (fact, hide(imis_id, fact["text"]), _opens(imis_id, fact)) for fact in proposal.payload["facts"]
        ],
        "stage": calc.STAGES.get(proposal.made_from.get("stage", ""), ""),
        "reason": calc.REASONS.get(proposal.made_from.get("reason", ""), ""),
        "decisions": list(proposal.decisions.select_related(*outreach_review.WHO)),
        "seen": proposals.seen(proposal=proposal),
        "is_open": is_open,
        "after": None
        if is_open
        else outreach_followed.of(found=[proposal], area=queue.AREA, now=now)[proposal.pk],
        "may_not": proposals.why_not(proposal=proposal, by=request.user, now=now) if is_open else None,
        "can_undo": proposal.state == proposals.State.APPROVED and proposal.hold_until > now,
        "consequence": kind.consequence(proposal),
        "same_text": same.count() if is_open else 0,
        "back": request.GET.urlencode(),
        "filters": filters,
    }


def _refused(
    request: HttpRequest,
    proposal: Any,
    filters: queue.Filters,
    back: QueryDict,
    refusal: Refused,
    now: datetime,
) -> HttpResponse:
    """The queue again with this draft open, the reason above it and what was entered."""
    request.GET = back  # the page is that of the list it came from
    context = _page(request, filters, now) | _review(request, proposal, filters, now)
    context |= {
        "why_not": refusal.why,
        "entered": {name: request.POST.get(name, "") for name in ("subject", "body", "note")},
        "is_editing": "body" in request.POST,
    }
    return frame.page(request, "retention/outreach/list.html", context, status=STATUS[type(refusal)])


def _edit(request: HttpRequest, proposal: Any, now: datetime) -> str:
    changes = {name: request.POST[name][:20_000] for name in ("subject", "body") if name in request.POST}
    proposals.edit(proposal=proposal, changes=changes, by=request.user, now=now)
    return "Changed. What you changed is kept beside the draft."


def _chosen(request: HttpRequest, now: datetime) -> dict[int, str]:
    """What was ticked, or everything of one text as it stands now."""
    version = request.POST.get("text", "")
    if version.isdecimal() and len(version) < 10:
        found = queue.same_text(viewer=request.user, version=int(version), now=now)[: bulk.MOST]
        return {item.pk: proposals.seen(proposal=item) for item in found}
    return picked([*request.POST.getlist("pick"), request.POST.get("items", "")])


def _shown(request: HttpRequest, do: str, batch: bulk.Batch, chosen: dict[int, str]) -> HttpResponse:
    counted: dict[str, int] = {}
    for each in batch.against:
        counted[str(each.why)] = counted.get(str(each.why), 0) + 1
    shown = queue.rows(found=batch.sample, viewer=request.user, with_names=_names(request))
    context = {
        "do": do if do in DONE else "approve",
        "batch": batch,
        "exceptions": list(counted.items()),
        "samples": [(row.name, row.proposal) for row in shown],
        "text": shown[0].text,
        "hold": words.duration(
            kinds.HOLD[kinds.Friction.BULK if batch.is_large else kinds.Friction.SINGLE].total_seconds()
        ),
        "items": " ".join(f"{item.pk}:{chosen[item.pk]}" for item in batch.items),
        "back": request.POST.get("back", "")[:500],
        "title": f"{'Reject' if do == 'reject' else 'Approve'} {words.plural(len(batch.items), 'draft')}",
        "crumbs": [("Outreach", reverse("outreach"))],
    }
    name = "_several" if request.htmx else "several"
    return render(request, f"retention/outreach/{name}.html", context)


def _decided(
    request: HttpRequest, do: str, batch: bulk.Batch, chosen: dict[int, str], now: datetime
) -> bulk.Outcome:
    by, note = request.user, request.POST.get("note", "")[:2000]
    if do == "approve":
        return bulk.approve(chosen=batch, seen=chosen, by=by, now=now, note=note, is_shown=True)
    if do == "reject":
        return bulk.reject(chosen=batch, reason=request.POST.get("reason", ""), by=by, now=now, note=note)
    return bulk.later(chosen=batch, until=until_of(request.POST.get("until", ""), now), by=by, now=now)


def _back(request: HttpRequest, back: QueryDict) -> HttpResponse:
    address = reverse("outreach") + chips.address(back, panel=None)
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _undoable(request: HttpRequest, now: datetime) -> Any:
    """The last decision of this session, while it can be taken back."""
    pk = request.session.get(LAST)
    last = pk and proposals.visible(viewer=request.user).filter(pk=pk).first()
    if not last:
        return None
    held = last.state == proposals.State.APPROVED and last.hold_until > now
    fresh = last.decided_at and last.decided_at > now - timedelta(minutes=30)
    return last if held or (last.state == proposals.State.REJECTED and fresh) else None


def _opens(imis_id: str, fact: dict[str, Any] | None) -> str:
    """Where a fact can be looked up: its part of the member's timeline."""
    if fact is None:
        return ""
    group = queue.OPENS.get(fact["name"], "")
    return reverse("member", args=[imis_id]) + (f"?kind={group}" if group else "")


def _find(request: HttpRequest, proposal_id: int) -> Any:
    found = proposals.visible(viewer=request.user).filter(pk=proposal_id, kind=queue.KIND)
    proposal = found.select_related("assigned_to", "edited_by").first()
    if proposal is None:
        raise Http404
    return proposal


def _names(request: HttpRequest) -> bool:
    return access.sees_names(request.user) or names_revealed(request)


def _seen(proposal: Any) -> str:
    return f"{proposal.pk}:{proposals.seen(proposal=proposal)}"


def _tabs(current: str, numbers: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "address": f"{reverse('outreach')}?tab={tab}",
            "number": numbers[tab],
            "is_current": tab == current,
            "fragment": True,
        }
        for tab, label in queue.TABS.items()
    ]


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 8 else otherwise
