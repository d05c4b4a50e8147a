"""Data quality and the register of programme changes, as staff work with them."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from imis_ai.accounts.rights import names_revealed, needs
from imis_ai.governance.data import changes as register
from imis_ai.governance.data import quality as actions
from imis_ai.governance.data import worth
from imis_ai.governance.forms.changes import ChangeForm
from imis_ai.governance.refusals import Refused
from imis_ai.mirror import access, quality, queries
from imis_ai.ui import words
from imis_ai.ui.tables import Column, Pages, heads

CRUMB = ("Data and sync", "data")
COLUMNS = [
    Column("Problem"),
    Column("Rows", "", "num"),
    Column("Since the last check", "", "num"),
    Column("What it does"),
    Column("What to do"),
]
CHANGES, LEFT = ("Since", "What", "Whom", "Source", "By"), ("Row", "Why", "By")
ROWS = {
    quality.MEMBERS: ("Member", "Tier", "Chapter", "What is wrong"),
    quality.PAYMENTS: ("Payment", "Received", "Amount", "What is wrong"),
    quality.EVENTS: ("Event", "On", "Chapter", "What is wrong"),
}


@require_safe
@needs("data.read")
def problems(request: HttpRequest) -> HttpResponse:
    """What is wrong or missing, as the last check counted it over all members."""
    lines = quality.lines()
    context = {
        "lines": [line for line in lines if line.number],
        "clean": [line for line in lines if line.number == 0],
        "checked_on": max((line.checked_on for line in lines if line.checked_on), default=None),
        "heads": heads(COLUMNS, ""),
        "may_open": request.user.may("data.problems"),
        "worth": worth.lines(),
        "crumbs": [_crumb()],
    }
    return render(request, "data/quality.html", context)


@require_safe
@needs("data.problems")
def problem(request: HttpRequest, problem: str) -> HttpResponse:
    """The rows behind one count, as far as this person may see them. Opening them is logged."""
    found = _problem(problem)
    if found.of == quality.REJECTS:
        return redirect("refused")
    rows = quality.rows(problem=found, members=access.members(request.user), today=timezone.localdate())
    if found.of != quality.MEMBERS and request.user.role == "chapter":
        rows = rows.none()
    pages = Pages.of(_number(request.GET.get("page")), rows.count())
    with_names = access.sees_names(request.user) or names_revealed(request)
    actions.looked(problem=found, number=pages.total, by=request.user, now=timezone.now())
    context = {
        "problem": found,
        "rows": [_row(found, row, with_names=with_names) for row in rows[pages.start : pages.stop]],
        "pages": pages,
        "heads": heads([Column(label) for label in ROWS[found.of]], ""),
        "left": _left(request, found),
        "left_columns": LEFT,
        "may_ignore": request.user.may("data.ignore"),
        "crumbs": [_crumb(), ("Data quality", reverse("quality"))],
    }
    return render(request, "data/problem.html", context)


@require_POST
@needs("data.ignore")
def leave(request: HttpRequest, problem: str) -> HttpResponse:
    """Chosen rows are right as they are, or count again."""
    found, now = _problem(problem), timezone.now()
    if again := request.POST.get("again"):
        actions.count_again(problem=found, key=again, by=request.user, now=now)
        messages.success(request, "It counts again.")
        return redirect("quality_problem", problem)
    try:
        number = actions.leave(
            problem=found,
            keys=request.POST.getlist("pick")[:500],
            reason=request.POST.get("reason", ""),
            by=request.user,
            now=now,
        )
    except Refused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(
            request, f"{words.plural(number, 'row')} left as they are. They are not counted any more."
        )
    return redirect("quality_problem", problem)


@require_safe
@needs("data.read")
def changes(request: HttpRequest) -> HttpResponse:
    """What changed in the programme and when: entered here, and read from iMIS or an archive."""
    return _register(request, ChangeForm(initial={"on": timezone.localdate()}))


@require_POST
@needs("changes.write")
def enter(request: HttpRequest) -> HttpResponse:
    form = ChangeForm(request.POST)
    if not form.is_valid():
        return _register(request, form, status=422)
    register.enter(entry=form.entry(), by=request.user, now=timezone.now())
    messages.success(request, "Entered. Trends show it from now on.")
    return redirect("changes")


@require_POST
@needs("changes.write")
def remove(request: HttpRequest, entered_id: int) -> HttpResponse:
    try:
        done = register.remove(
            change_id=entered_id, reason=request.POST.get("reason", ""), by=request.user, now=timezone.now()
        )
    except Refused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "Taken out." if done else "It is not in the register any more.")
    return redirect("changes")


def _register(request: HttpRequest, form: ChangeForm, status: int = 200) -> HttpResponse:
    context = {
        "entered": queries.changes_entered(),
        "columns": CHANGES,
        "read": queries.programme_changes(),
        "form": form,
        "may_write": request.user.may("changes.write"),
        "crumbs": [_crumb()],
    }
    return render(request, "data/changes.html", context, status=status)


def _problem(slug: str) -> quality.Problem:
    try:
        return quality.PROBLEMS[slug]
    except KeyError:
        raise Http404 from None


def _row(problem: quality.Problem, row, *, with_names: bool) -> dict:
    """One row: what it is called, two facts, what is wrong, its key."""
    shown = {"key": quality.key_of(problem=problem, row=row), "why": problem.why(row), "imis_id": ""}
    match problem.of:
        case quality.PAYMENTS:
            return shown | {"name": row.key, "facts": [row.received_on, row.amount]}
        case quality.EVENTS:
            return shown | {
                "name": row.name or row.key,
                "facts": [row.starts_at.date(), row.chapter_id or ""],
            }
    name = str(row) if with_names else words.masked(str(row))
    return shown | {"name": name, "imis_id": row.imis_id, "facts": [row.tier or "", row.chapter or ""]}


def _left(request: HttpRequest, problem: quality.Problem):
    """Rows left as they are; a chapter manager is not told of other chapters' members."""
    found = quality.ignored(problem=problem)
    if problem.of == quality.MEMBERS:
        found = found.filter(key__in=access.members(request.user).values("imis_id"))
    return found[:50]


def _crumb() -> tuple[str, str]:
    return CRUMB[0], reverse(CRUMB[1])


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 7 else 1
