"""Alerts: trouble with paying and new employers, with what a person does about them."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from imis_ai.accounts import actions as people
from imis_ai.accounts.models import AccessEntry, User
from imis_ai.accounts.rights import Refused as NoRight
from imis_ai.accounts.rights import names_revealed, needs
from imis_ai.governance.refusals import Refused
from imis_ai.mirror import access
from imis_ai.ui import exports, words
from imis_ai.ui.filters import removable
from imis_ai.ui.tables import Column, Pages, heads
from retention import actions
from retention.forms.alerts import AlertFilterForm, chips
from retention.models import Alert
from retention.queries import alerts, signals
from retention.views import frame

COLUMNS = [
    Column("Member", "name"),
    Column("Signal"),
    Column("When", "when", falls=True),
    Column("Money", "money", "num", falls=True, hint="Owed now, else the dues of the coming term"),
    Column("Suggested"),
    Column("Owner", classes="c-side"),
]
CLOSED_COLUMNS = [*COLUMNS[:4], Column("What became of it"), COLUMNS[-1]]


@require_safe
@needs("alerts.read")
def listed(request: HttpRequest) -> HttpResponse:
    """The list; the panel holds one alert with its facts and what can be done."""
    form = AlertFilterForm(request.GET)
    form.is_valid()
    asked = form.cleaned_data.get("panel")
    seen = access.members(request.user)
    if request.htmx.target == "panel":
        if not asked:
            return HttpResponse("")
        return frame.page(request, "retention/alerts/_panel.html", _panel(request, seen, asked))
    context = _list(request, seen, form)
    if asked:
        context |= _panel(request, seen, asked)
    template = "_list.html" if request.htmx.target == "list" else "list.html"
    return frame.page(request, f"retention/alerts/{template}", context)


@require_POST
@needs("alerts.act")
def act(request: HttpRequest, deed: str) -> HttpResponse:
    """Dismiss or assign the chosen ones, call one, offer one a payment plan."""
    picks = [int(each) for each in request.POST.getlist("pick") if each.isdecimal() and len(each) < 18]
    try:
        said, address = ACTS[deed](request, picks)
    except KeyError:
        raise Http404 from None
    except Refused as refusal:
        messages.warning(request, str(refusal))
        return redirect(_back(request))
    messages.success(request, said)
    return redirect(address or _back(request))


@require_safe
@needs("retention.export")
def export(request: HttpRequest) -> HttpResponse:
    """Exactly the filtered rows, or the chosen ones among them."""
    form = AlertFilterForm(request.GET)
    form.is_valid()
    found = alerts.listed(seen=access.members(request.user), filters=form.filters(), viewer=request.user)
    people.record_access(
        by=request.user,
        what=AccessEntry.What.LIST_EXPORTED,
        now=timezone.now(),
        detail={"list": "alerts", "filters": request.GET.urlencode(), "rows": found.count()},
    )
    rows = alerts.rows(found=found.iterator(1000), with_names=_names(request))
    return exports.csv_file(f"alerts-{timezone.localdate()}.csv", alerts.HEADER, map(alerts.line, rows))


def _dismiss(request: HttpRequest, picks: list[int]) -> tuple[str, str]:
    done = actions.alerts.dismiss(
        picks=picks,
        reason=request.POST.get("reason", ""),
        note=request.POST.get("note", ""),
        by=request.user,
        now=timezone.now(),
    )
    return f"{words.plural(done, 'alert')} dismissed. Newer facts bring it back.", ""


def _assign(request: HttpRequest, picks: list[int]) -> tuple[str, str]:
    number = request.POST.get("owner", "")
    owner = User.objects.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 18 else None
    done = actions.alerts.assign(picks=picks, owner=owner, by=request.user, now=timezone.now())
    return f"{words.plural(done, 'alert')} given to {owner or 'nobody'}.", ""


def _call(request: HttpRequest, picks: list[int]) -> tuple[str, str]:
    actions.alerts.call(pick=picks[0] if picks else 0, by=request.user, now=timezone.now())
    return "The call task leaves for iMIS in 10 minutes. Undo it under Approvals.", ""


def _plan(request: HttpRequest, picks: list[int]) -> tuple[str, str]:
    if not request.user.may("alerts.plan"):
        raise NoRight("alerts.plan")
    number = request.POST.get("plan", "")
    proposal = actions.plans.offer(
        pick=picks[0] if picks else 0,
        plan=int(number) if number.isdecimal() and len(number) < 18 else 0,
        by=request.user,
        now=timezone.now(),
    )
    said = "Drafted. Look at text, parts and total, then approve: it is money."
    return said, reverse("approval", args=[proposal.pk])


ACTS = {"dismiss": _dismiss, "assign": _assign, "call": _call, "plan": _plan}


def _list(request: HttpRequest, seen: Any, form: AlertFilterForm) -> dict[str, Any]:
    filters, query = form.filters(), request.GET
    counts = alerts.counts(seen=seen)
    found = alerts.listed(seen=seen, filters=filters, viewer=request.user)
    pages = Pages.of(form.cleaned_data.get("page") or 1, found.count())
    _, chapters = access.choices(seen)
    owners = alerts.staff()
    made = chips(filters=filters, query=query, chapters=chapters, owners=owners)
    with_names = _names(request)
    return {
        "filters": filters,
        "rows": list(alerts.rows(found=found[pages.start : pages.stop], with_names=with_names)),
        "pages": pages,
        "heads": heads(CLOSED_COLUMNS if filters.tab == "closed" else COLUMNS, filters.sort),
        "tabs": _tabs(filters, counts),
        "chips": made,
        "removable": removable(made),
        "narrowed": any(chip.is_on for chip in made),
        "kept": [(name, query[name]) for name in ("tab", "sort") if query.get(name)],
        "clear": f"?tab={filters.tab}",
        "switches": signals.switches(),
        "owners": owners,
        "reasons": alerts.DISMISSALS,
        "may_act": request.user.may("alerts.act") and filters.tab != "closed",
        "may_export": request.user.may("retention.export"),
        "names_hidden": not with_names,
        "panel_label": "Alert",
    }


def _panel(request: HttpRequest, seen: Any, asked: int) -> dict[str, Any]:
    alert = alerts.one(seen=seen, pk=asked)
    if alert is None:
        raise Http404
    now = timezone.now()
    people.record_access(
        by=request.user,
        what=AccessEntry.What.MEMBER_OPENED,
        now=now,
        imis_id=alert.member.imis_id,
        detail={"where": "alert"},
    )
    is_open = alert.state == Alert.State.OPEN
    offered, invoice_on = ([], None)
    if is_open and alert.signal != Alert.Signal.RIVAL:
        offered, invoice_on = alerts.choices(alert=alert, today=timezone.localdate(now), now=now)
    return {
        "alert": alerts.row(alert=alert, with_names=_names(request)),
        "is_open": is_open,
        "plans": offered,
        "invoice_on": invoice_on,
        "plan": alerts.plan_of(alert),
        "owners": alerts.staff(),
        "reasons": alerts.DISMISSALS,
        "may_act": request.user.may("alerts.act"),
        "may_plan": request.user.may("alerts.plan"),
        "names_hidden": not _names(request),
    }


def _tabs(filters: alerts.Filters, counts: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "address": f"?tab={tab}",
            "number": counts[tab],
            "is_current": tab == filters.tab,
            "fragment": True,
        }
        for tab, label in alerts.TABS.items()
    ]


def _names(request: HttpRequest) -> bool:
    return access.sees_names(request.user) or names_revealed(request)


def _back(request: HttpRequest) -> str:
    """The list as it was; only its own query is taken from the form."""
    query = request.POST.get("back", "")
    return reverse("alerts") + (query if query.startswith("?") else "")
