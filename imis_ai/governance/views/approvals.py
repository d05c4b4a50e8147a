"""Approvals: one inbox over all areas, one suggestion with its evidence, and what a person does with it."""

from datetime import datetime, timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from imis_ai.accounts.rights import needs
from imis_ai.accounts.second_step import require_confirmed
from imis_ai.governance import kinds, proposals
from imis_ai.governance.forms import approvals as forms
from imis_ai.governance.models import WHO, Proposal
from imis_ai.governance.proposals import inbox, pace, progress, standing_in
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed, Refused
from imis_ai.ui import filters as chips
from imis_ai.ui import words
from imis_ai.ui.tables import Column, Pages, heads

COLUMNS = [
    Column("Kind", "", "c-side"),
    Column("What"),
    Column("Effect", "effect", "num", falls=True),
    Column("Asked by", "", "c-side"),
    Column("Risk notes", "", "c-side"),
    Column("Due", "due"),
    Column("Age", "age", "num", falls=True),
]
STATUS = {NotAllowed: 403, Changed: 409, Blocked: 422}
WAITS = {"tomorrow": 1, "monday": 7}
SELECTED = ("mine", "asked", "all")  # tabs in which something can be open
REPORT = "approvals_report"


@require_safe
@needs("approvals.read")
def waiting(request: HttpRequest) -> HttpResponse:
    """What waits for this person's yes; the panel holds one of them."""
    now = timezone.now()
    asked = request.GET.get("panel")
    if request.htmx.target == "panel":
        if not asked:
            return HttpResponse("")
        context = _review(request, _find(request, _number(asked)), now)
        return render(request, "governance/approvals/_panel.html", context | {"panel_of_list": True})
    context = page(request, now)
    if asked:
        context |= _review(request, _find(request, _number(asked)), now) | {"panel_of_list": True}
    template = "governance/approvals/_list.html" if request.htmx.target == "list" else None
    return render(request, template or "governance/approvals/list.html", context)


def page(request: HttpRequest, now: datetime) -> dict:
    """The list as its address says, with what the last decision on several left selected."""
    viewer, filters = request.user, forms.filters(request.GET, request.user)
    standing = standing_in.standing(person=viewer, now=now)
    known = {"viewer": viewer, "now": now}
    found = inbox.listed(filters=filters, **known)
    pages = Pages.of(_number(request.GET.get("page")), found.count())
    report = request.session.pop(REPORT, None)
    left = set(report["left"]) if report else set()
    made = forms.chips_of(filters, request.GET, inbox.present(filters=filters, **known))
    return {
        "filters": filters,
        "rows": [_row(proposal, left) for proposal in found[pages.start : pages.stop]],
        "pages": pages,
        "heads": heads(COLUMNS, filters.sort),
        "tabs": _tabs(filters.tab, inbox.counts(**known)),
        "chips": made,
        "removable": chips.removable(made),
        "kept": [("tab", filters.tab), ("sort", filters.sort)] if filters.sort else [("tab", filters.tab)],
        "narrowed": filters.is_narrowed,
        "clear": f"?tab={filters.tab}",
        "report": report,
        "standing": standing,
        "given": [(each, standing_in.in_words(each)) for each in standing.given],
        "may_pick": filters.tab in SELECTED and not viewer.is_auditor,
        "one_kind": filters.kind or (made and made[0].name != "kind"),
        "may_delegate": viewer.may(standing_in.RIGHT),
        "own_pace": pace.own(person=viewer, now=now) if filters.tab == "done" else None,
        "paces": pace.everybody(now=now) if filters.tab == "all" and viewer.may("people.change") else [],
        "panel_label": "Suggestion",
    }


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
    following = _following(request, proposal, now) if what in GOES_ON else ""
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
    return redirect(following or reverse("approval", args=[proposal_id]))


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
    held = words.duration((done.hold_until - now).total_seconds())
    return (
        f"Approved. It waits {held} and can be undone until then." if done.hold_until > now else "Approved."
    )


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
    until = until_of(request.POST.get("until", ""), now)
    proposals.later(proposal=proposal, until=until, by=request.user, now=now)
    return f"Set aside. It comes back on {until:%A} at 08:00."


def until_of(choice: str, now: datetime) -> datetime:
    """Tomorrow or next Monday at 08:00 of the association."""
    today = timezone.localtime(now)
    days = WAITS["tomorrow"] if choice != "monday" else 7 - today.weekday()
    return (today + timedelta(days=days)).replace(hour=8, minute=0, second=0, microsecond=0)


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


GOES_ON = ("approve", "reject", "later")
DECISIONS = {
    "approve": _approve,
    "reject": _reject,
    "later": _later,
    "note": _note,
    "undo": _undo,
    "reverse": _reverse,
}


def _following(request: HttpRequest, proposal: Proposal, now: datetime) -> str:
    """From the panel of a list: the list again with the next item open. From the item's own page: nothing."""
    if "back" not in request.POST:
        return ""
    query = QueryDict(request.POST["back"][:500].lstrip("?"), mutable=True)
    following = inbox.after(
        proposal_id=proposal.pk,
        viewer=request.user,
        filters=forms.filters(query, request.user),
        now=now,
    )
    return reverse("approvals") + chips.address(query, panel=str(following) if following else None)


def _find(request: HttpRequest, proposal_id: int) -> Proposal:
    found = proposals.visible(viewer=request.user).filter(pk=proposal_id)
    proposal = found.select_related("proposed_by", "edited_by", "assigned_to", "reverses").first()
    if proposal is None:
        raise Http404
    return proposal


def _row(proposal: Proposal, left: set[int]) -> dict:
    kind = kinds.find(proposal.kind)
    return {
        "proposal": proposal,
        "kind": kind,
        "effect": kind.effect(proposal),
        "doubts": [check for check in proposal.evidence.get("checks", []) if check["result"] != "ok"],
        "seen": f"{proposal.pk}:{proposals.seen(proposal=proposal)}",
        "is_open": proposal.state in proposals.OPEN,
        "state_word": proposals.WORDS[proposals.State(proposal.state)].capitalize(),
        "is_left": proposal.pk in left,
    }


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
        "decisions": proposal.decisions.select_related(*WHO),
        "behalf": standing_in.behalf_of(proposal=proposal, by=request.user, now=now) if is_open else None,
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


def _tabs(current: str, numbers: dict[str, int]) -> list[dict]:
    return [
        {
            "label": inbox.TABS[tab],
            "address": f"{reverse('approvals')}?tab={tab}",
            "number": number,
            "is_current": tab == current,
            "fragment": True,
        }
        for tab, number in numbers.items()
    ]


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 1
