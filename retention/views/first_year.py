"""The first-year plan: who joined within a year, which steps they took, and what is done about the others."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from imis_ai.accounts.rights import names_revealed, needs
from imis_ai.governance.refusals import Refused
from imis_ai.mirror import access
from imis_ai.ui import words
from imis_ai.ui.filters import removable
from imis_ai.ui.tables import Column, Pages, heads
from retention.actions import first_year as actions
from retention.calc import first_year as calc
from retention.forms.first_year import FirstYearForm, MoveForm, chips
from retention.queries import first_year

COLUMNS = [
    Column("Member"),
    Column("Month", "", "c-month"),
    *(Column(f"Day {day}", "", "c-plan", hint=calc.TITLES[day]) for day in calc.DAYS),
    Column("", "", "c-acts"),
]
TONES = {calc.DONE: "good", calc.MISSED: "warn", calc.ASKED: "sug"}
SAID = {
    "nudge": ("draft waits in Approvals", "drafts wait in Approvals"),
    "introduce": ("introduction waits in Approvals", "introductions wait in Approvals"),
    "skip": ("step skipped", "steps skipped"),
}


@require_safe
@needs("first_year.read")
def plan(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    form = FirstYearForm(request.GET)
    form.is_valid()
    filters, seen = form.filters(), access.members(request.user)
    found = first_year.listed(seen=seen, filters=filters, today=today)
    pages = Pages.of(form.cleaned_data.get("page") or 1, found.count())
    with_names = access.sees_names(request.user) or names_revealed(request)
    shown = found.select_related("tier", "chapter")[pages.start : pages.stop]
    _, chapters = access.choices(seen)
    made = chips(filters=filters, query=request.GET, chapters=chapters)
    may_act = request.user.may("first_year.act")
    context = {
        "rows": first_year.rows(members=shown, today=today, with_names=with_names),
        "pages": pages,
        "heads": heads(COLUMNS if may_act else COLUMNS[:-1], ""),
        "tabs": _tabs(filters),
        "filters": filters,
        "chips": made,
        "removable": removable(made),
        "narrowed": filters.is_narrowed,
        "kept": [("tab", filters.tab)],
        "clear": f"?tab={filters.tab}",
        "titles": calc.TITLES,
        "states": calc.STATES,
        "tones": TONES,
        "reasons": list(calc.SKIP_REASONS.items()),
        "may_act": may_act,
        "may_pick": may_act,
        "names_hidden": not with_names,
    }
    template = "retention/first_year/_list.html" if request.htmx.target == "list" else None
    return render(request, template or "retention/first_year/page.html", context)


@require_POST
@needs("first_year.act")
def move(request: HttpRequest, onward: str) -> HttpResponse:
    """Nudge, introduce, skip: the missed step of each chosen member. Says who was left out and why."""
    form = MoveForm(request.POST)
    if onward not in SAID or not form.is_valid():
        raise Http404
    known = {"imis_ids": form.chosen(), "by": request.user, "now": timezone.now()}
    try:
        if onward == "skip":
            made = actions.skip(reason=form.cleaned_data["reason"] or "other", **known)
        else:
            made = {"nudge": actions.nudge, "introduce": actions.introduce}[onward](**known)
    except Refused as refusal:
        messages.error(request, str(refusal.why))
    else:
        _say(request, onward, made)
    return redirect(_back(request, form.cleaned_data["back"]))


def _say(request: HttpRequest, onward: str, made: actions.Moved) -> None:
    if not made.done and not made.left_out:
        messages.error(request, "Choose members first.")
        return
    done = words.plural(made.done, *SAID[onward])
    rest = f" {words.count(made.left_out)} not. {made.why}" if made.left_out else ""
    (messages.success if made.done else messages.error)(request, f"{done}.{rest}")


def _tabs(filters: first_year.Filters) -> list[dict]:
    return [
        {
            "label": label,
            "address": f"?tab={tab}",
            "number": None,
            "is_current": tab == filters.tab,
            "fragment": True,
        }
        for tab, label in first_year.TABS.items()
    ]


def _back(request: HttpRequest, asked: str) -> str:
    """The list as it was; never another site."""
    own = reverse("first_year")
    is_ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}) and asked.startswith(own)
    return asked if is_ours else own
