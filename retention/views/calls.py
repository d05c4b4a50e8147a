"""The call list: cards in the order of worth, outcomes in one key, later, skip, undo, reassign."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from imis_ai.accounts import actions as people
from imis_ai.accounts.models import AccessEntry
from imis_ai.accounts.rights import names_revealed, needs
from imis_ai.governance.refusals import Changed, Refused
from imis_ai.mirror import access
from imis_ai.ui import exports
from retention import actions
from retention.calc.bands import NAMES
from retention.forms.calls import AssignForm, LaterForm, OutcomeForm, SkipForm
from retention.models import Call
from retention.queries import calls as listed
from retention.views import frame

PAGE, PART = "retention/calls/page.html", "retention/calls/_list.html"
HEADER = [
    *(
        "imis_id",
        "name",
        "tier",
        "chapter",
        "risk_of_100",
        "band",
        "why",
        "worth",
        "method",
        "owner",
        "state",
    ),
    *("outcome", "minutes", "decided_at"),
]
CLOSED = "no"  # in place of a member: no card is open
OWNERS = (("", "Everybody's"), ("me", "Mine"), ("nobody", "Nobody's"))


@require_safe
@needs("retention.calls")
def calls(request: HttpRequest) -> HttpResponse:
    """The list of this period, with the card that is asked for or the first that is open."""
    return frame.page(request, PART if request.htmx.target == "list" else PAGE, _context(request))


@require_POST
@needs("retention.calls")
def act(request: HttpRequest, call_id: int, step: str) -> HttpResponse:
    """One decision about one call; then the next card."""
    call = access_to(request, call_id)
    if call is None or step not in STEPS:
        raise Http404
    try:
        said = STEPS[step](request, call)
    except Refused as refusal:
        context = _context(request, asked=call.member.imis_id) | {"why": refusal.why}
        return frame.page(request, PAGE, context, status=409 if isinstance(refusal, Changed) else 422)
    messages.success(request, said)
    stay = f"&panel={call.member.imis_id}" if step == "undo" else ""
    owner = request.POST.get("owner", "")
    return redirect(f"{reverse('call_list')}?last={call.pk}{stay}{f'&owner={owner}' if owner else ''}")


@require_POST
@needs("retention.calls")
def assign(request: HttpRequest) -> HttpResponse:
    """Give the chosen calls to one person."""
    seen = _calls(request)
    form = AssignForm(request.POST, ids=list(seen.values_list("pk", flat=True)), people=listed.callers())
    if not form.is_valid():
        messages.error(request, "Choose calls and a person first.")
        return redirect("call_list")
    to = form.cleaned_data["to"]
    number = actions.assign_calls(ids=form.cleaned_data["pick"], to=to, by=request.user, now=timezone.now())
    messages.success(request, f"{number} given to {to or 'nobody in particular'}.")
    return redirect("call_list")


@require_safe
@needs("retention.calls")
def export(request: HttpRequest) -> HttpResponse:
    """The list of the period as CSV."""
    shown = _shown(request)
    people.record_access(
        by=request.user,
        what=AccessEntry.What.LIST_EXPORTED,
        now=timezone.now(),
        detail={"list": "calls", "rows": len(shown.rows), "period": shown.period.isoformat()},
    )
    return exports.csv_file(f"calls-{shown.period}.csv", HEADER, (_line(row) for row in shown.rows))


def access_to(request: HttpRequest, call_id: int) -> Call | None:
    """The call, if the viewer may see its member."""
    return _calls(request).filter(pk=call_id).first()


def _outcome(request: HttpRequest, call: Call) -> str:
    form = OutcomeForm(request.POST)
    form.is_valid()
    given = form.cleaned_data
    why = actions.record_call(
        call=call,
        outcome=given.get("outcome", ""),
        by=request.user,
        now=timezone.now(),
        minutes=given.get("minutes"),
        note=given.get("note", ""),
    )
    said = f"{Call.Outcome(given['outcome']).label}."
    return f"{said} Kept here. {why}" if why else f"{said} It goes to iMIS after the hold. Press Z to undo."


def _later(request: HttpRequest, call: Call) -> str:
    form, now = LaterForm(request.POST), timezone.now()
    form.is_valid()
    today = timezone.localdate(now)
    until = listed.later_day(form.cleaned_data.get("until", ""), today) or today
    kept = actions.put_off(
        call=call, until=until, reason=form.cleaned_data.get("reason", ""), by=request.user, now=now
    )
    return f"Later: it comes back on {kept.later_until:%A %-d %B}."


def _skip(request: HttpRequest, call: Call) -> str:
    form = SkipForm(request.POST)
    form.is_valid()
    actions.skip_call(
        call=call, reason=form.cleaned_data.get("reason", ""), by=request.user, now=timezone.now()
    )
    return "Skipped for this list."


def _undo(request: HttpRequest, call: Call) -> str:
    actions.undo_call(call=call, by=request.user, now=timezone.now())
    return "Undone. The call is open again."


STEPS: dict[str, Callable[[HttpRequest, Call], str]] = {
    "outcome": _outcome,
    "later": _later,
    "skip": _skip,
    "undo": _undo,
}


def _calls(request: HttpRequest):
    seen = access.members(request.user)
    return Call.objects.filter(member__in=seen).select_related("member", "decided_by")


def _shown(request: HttpRequest) -> listed.Shown:
    owner = request.GET.get("owner", "")
    return listed.shown(
        seen=access.members(request.user),
        viewer=request.user,
        now=timezone.now(),
        with_names=_names(request),
        owner=owner if owner in dict(OWNERS) else "",
    )


def _context(request: HttpRequest, *, asked: str = "") -> dict:
    shown, now = _shown(request), timezone.now()
    asked = asked or request.GET.get("panel", "")
    row = next((row for row in shown.rows if row.imis_id == asked), None)
    if asked not in ("", CLOSED) and row is None:
        raise Http404
    if not asked:
        row = next((row for row in shown.rows if not row.is_done and not row.says), None)
    last = next((each for each in shown.rows if str(each.call.pk) == request.GET.get("last", "")), None)
    if row:
        _note_opened(request, row.imis_id)
    return {
        "shown": shown,
        "card": listed.card(call=row.call, now=now, with_names=_names(request)) if row else None,
        "member": row,  # the side panel is open
        "last": last if last and listed.may_undo(last.call, now) else None,
        "tabs": [
            {"label": label, "address": f"?owner={key}" if key else "?", "number": None,
             "is_current": key == shown.owner} for key, label in OWNERS
        ],
        "band_names": NAMES,
        "outcomes": [(value, label, listed.KEYS[value]) for value, label in Call.Outcome.choices],
        "later": listed.LATER,
        "reasons": listed.REASONS,
        "people": listed.callers(),
        "names_hidden": not _names(request),
        "panel_label": "Call",
    }  # fmt: skip


def _note_opened(request: HttpRequest, imis_id: str) -> None:
    people.record_access(
        by=request.user,
        what=AccessEntry.What.MEMBER_OPENED,
        now=timezone.now(),
        imis_id=imis_id,
        detail={"where": "calls"},
    )


def _names(request: HttpRequest) -> bool:
    return access.sees_names(request.user) or names_revealed(request)


def _line(row: listed.Row) -> list[object]:
    call = row.call
    return [
        *(row.imis_id, row.name, row.tier, row.chapter, row.score, row.band, row.reason, call.worth),
        *(call.method, str(call.owner or ""), call.state, call.outcome, call.minutes, call.decided_at),
    ]
