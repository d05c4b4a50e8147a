"""Approvals: one inbox over all areas, one suggestion with its evidence, and what a person does with it."""

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from imis_ai.accounts.rights import needs
from imis_ai.accounts.second_step import require_confirmed
from imis_ai.governance import kinds, proposals
from imis_ai.governance.models import Proposal
from imis_ai.governance.proposals import progress
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed, Refused
from imis_ai.ui.tables import Column, Pages, heads

COLUMNS = [Column("What"), Column("Effect"), Column("Asked by"), Column("Due"), Column("Age")]
STATUS = {NotAllowed: 403, Changed: 409, Blocked: 422}
WAITS = {"tomorrow": 1, "monday": 7}


@require_safe
@needs("approvals.read")
def inbox(request: HttpRequest) -> HttpResponse:
    """What waits for this person's yes; the panel holds one of them."""
    now = timezone.now()
    tab = request.GET.get("tab") if request.GET.get("tab") in proposals.TABS else "mine"
    kind = request.GET.get("kind", "") if request.GET.get("kind") in kinds.KINDS else ""
    found = proposals.listed(viewer=request.user, tab=tab, now=now, kind=kind)
    pages = Pages.of(_number(request.GET.get("page")), found.count())
    rows = [_row(proposal) for proposal in found[pages.start : pages.stop]]
    asked = request.GET.get("panel")
    context = {
        "rows": rows,
        "pages": pages,
        "heads": heads(COLUMNS, ""),
        "tabs": _tabs(request, tab, now),
        "tab": tab,
        "only": kinds.KINDS[kind].label if kind else "",
        "panel_label": "Suggestion",
    }
    if asked:
        context |= _review(request, _find(request, _number(asked)), now)
    template = "governance/approvals/_panel.html" if request.htmx.target == "panel" else None
    if template and not asked:
        return HttpResponse("")
    return render(request, template or "governance/approvals/list.html", context)


@require_safe
@needs("approvals.read")
def item(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """One suggestion as a page: evidence, what would leave, talk, decision."""
    now = timezone.now()
    context = _review(request, _find(request, proposal_id), now)
    context["crumbs"] = [("Approvals", reverse("approvals"))]
    return render(request, "governance/approvals/item.html", context)


@require_POST
@needs("approvals.read")
def decide(request: HttpRequest, proposal_id: int, what: str) -> HttpResponse:
    """Approve, reject, set aside, note, undo, reverse; a refusal shows the page again with the reason."""
    proposal = _find(request, proposal_id)
    now = timezone.now()
    try:
        said = DECISIONS[what](request, proposal, now)
    except KeyError:
        raise Http404 from None
    except Refused as refusal:
        proposal.refresh_from_db()
        context = _review(request, proposal, now) | {
            "why_not": refusal.why,
            "note": request.POST.get("note", ""),
        }
        context["crumbs"] = [("Approvals", reverse("approvals"))]
        return render(request, "governance/approvals/item.html", context, status=STATUS[type(refusal)])
    messages.success(request, said)
    return redirect("approval", proposal_id)


def _approve(request: HttpRequest, proposal: Proposal, now) -> str:
    if proposals.is_over_limit(proposal=proposal, by=request.user, now=now):
        require_confirmed(request)
    done = proposals.approve(
        proposal=proposal,
        as_seen=request.POST.get("seen", ""),
        by=request.user,
        now=now,
        note=request.POST.get("note", "")[:2000],
    )
    if done.state == proposals.State.HALF:
        return "Approved by you. A second person approves it next."
    minutes = int((done.hold_until - now).total_seconds() // 60)
    return f"Approved. It waits {minutes} minutes and can be undone until then." if minutes else "Approved."


def _reject(request: HttpRequest, proposal: Proposal, now) -> str:
    proposals.reject(
        proposal=proposal,
        reason=request.POST.get("reason", ""),
        note=request.POST.get("note", "")[:2000],
        by=request.user,
        now=now,
    )
    return "Rejected. Your reason teaches the next suggestions."


def _later(request: HttpRequest, proposal: Proposal, now) -> str:
    today = timezone.localtime(now)
    days = WAITS["tomorrow"] if request.POST.get("until") != "monday" else 7 - today.weekday()
    until = (today + timedelta(days=days)).replace(hour=8, minute=0, second=0, microsecond=0)
    proposals.later(proposal=proposal, until=until, by=request.user, now=now)
    return f"Set aside. It comes back on {until:%A} at 08:00."


def _note(request: HttpRequest, proposal: Proposal, now) -> str:
    text = request.POST.get("note", "").strip()[:2000]
    if not text:
        return "Nothing was written, so nothing was kept."
    proposals.add_note(proposal=proposal, text=text, by=request.user, now=now)
    return "Your note is kept."


def _undo(request: HttpRequest, proposal: Proposal, now) -> str:
    proposals.undo(proposal=proposal, by=request.user, now=now)
    return "Undone. Nothing has left."


def _reverse(request: HttpRequest, proposal: Proposal, now) -> str:
    made = proposals.reverse(proposal=proposal, by=request.user, now=now)
    return f"A reversal is suggested ({made.title}). Somebody else approves it."


DECISIONS = {
    "approve": _approve,
    "reject": _reject,
    "later": _later,
    "note": _note,
    "undo": _undo,
    "reverse": _reverse,
}


def _find(request: HttpRequest, proposal_id: int) -> Proposal:
    found = proposals.visible(viewer=request.user).filter(pk=proposal_id)
    proposal = found.select_related("proposed_by", "edited_by", "assigned_to", "reverses").first()
    if proposal is None:
        raise Http404
    return proposal


def _row(proposal: Proposal) -> dict:
    kind = kinds.find(proposal.kind)
    doubts = [check for check in proposal.evidence.get("checks", []) if check["result"] != "ok"]
    return {"proposal": proposal, "kind": kind, "effect": kind.effect(proposal), "doubts": doubts}


def _review(request: HttpRequest, proposal: Proposal, now) -> dict:
    kind = kinds.find(proposal.kind)
    mine = proposals.why_not(proposal=proposal, by=request.user, now=now)
    is_open = proposal.state in proposals.OPEN
    needed = proposals.people_needed(proposal=proposal, by=request.user, now=now) if is_open else 1
    return {
        "proposal": proposal,
        "kind": kind,
        "effect": kind.effect(proposal),
        "consequence": kind.consequence(proposal),
        "checks": proposal.evidence.get("checks", []),
        "replay": proposal.evidence.get("replay"),
        "decisions": proposal.decisions.select_related("by"),
        "seen": proposals.seen(proposal=proposal),
        "is_open": is_open,
        "may_not": mine,
        "needs_second": needed > 1,
        "can_undo": request.user.may(kind.decides)
        and proposal.state == proposals.State.APPROVED
        and proposal.hold_until > now,
        "progress": progress.of(proposal=proposal, now=now),
        "state_word": proposals.WORDS[proposals.State(proposal.state)],
        **kind.context(proposal, request.user),
    }


def _tabs(request: HttpRequest, current: str, now) -> list[dict]:
    return [
        {
            "label": label,
            "address": f"?tab={tab}",
            "number": proposals.for_person(viewer=request.user, tab=tab, now=now).count(),
            "is_current": tab == current,
        }
        for tab, label in proposals.TABS.items()
    ]


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 1
