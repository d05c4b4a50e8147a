"""Why members left: the drivers of a quarter for the product team, and the lapses behind them."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from imis_ai.accounts import actions as people
from imis_ai.accounts.models import AccessEntry
from imis_ai.accounts.rights import names_revealed, needs
from imis_ai.mirror import access
from imis_ai.ui import exports, pairs, words
from imis_ai.ui.filters import address, removable
from imis_ai.ui.tables import Column, Pages, heads
from retention import actions
from retention.calc.reasons import REASONS, ROUTES, WHOSE
from retention.forms.lapses import CHOICES, LapseFilterForm, ReasonForm, chips
from retention.queries import lapses
from retention.views import frame

COLUMNS = [
    Column("Member", "member"),
    Column("Left", "left", falls=True),
    Column("Main reason"),
    Column("Sure, of 100", "sure", "num", falls=True, hint="Share of the chance to leave it accounts for"),
    Column("Evidence"),
    Column("Goes to"),
    Column("Dues", "dues", "num", falls=True),
    Column("", classes="c-act"),
]


@require_safe
@needs("retention.totals")
def drivers(request: HttpRequest) -> HttpResponse:
    """Reasons of a quarter beside the quarter before; members only for those who may see them."""
    form = LapseFilterForm(request.GET)
    form.is_valid()
    filters, today = form.filters(), timezone.localdate()
    quarter = filters.quarter or lapses.newest_quarter(today)
    seen = _seen(request)
    found = lapses.drivers(seen=seen, filters=filters, quarter=quarter)
    context = {
        "found": found,
        "filters": filters,
        "is_open": lapses.is_open(quarter, today),
        "pairs": _pairs(found) if found.is_enough else None,
        "sentence": _sentence(found),
        "whose": [(WHOSE[key], share) for key, share in found.whose.items() if share.hits],
        "weights": lapses.weights(),
        "segments": _quarters(request, quarter, today),
        "smallest": lapses.SMALLEST,
    }
    if seen is not None:
        context |= _members(request, form, filters, quarter, seen)
    return frame.page(request, "retention/lapses/page.html", context)


@require_safe
@needs("retention.export")
def export(request: HttpRequest) -> HttpResponse:
    """Exactly the lapses listed."""
    form = LapseFilterForm(request.GET)
    form.is_valid()
    filters = form.filters()
    quarter = filters.quarter or lapses.newest_quarter(timezone.localdate())
    found = lapses.listed(seen=access.members(request.user), filters=filters, quarter=quarter)
    people.record_access(
        by=request.user,
        what=AccessEntry.What.LIST_EXPORTED,
        now=timezone.now(),
        detail={"list": "lapses", "filters": request.GET.urlencode(), "rows": found.count()},
    )
    lines = lapses.lines(found, with_names=_names(request))
    return exports.csv_file(f"lapses-{quarter}.csv", lapses.HEADER, lines)


@require_POST
@needs("retention.reasons")
def choose(request: HttpRequest, lapse_id: int) -> HttpResponse:
    """A person's own word on why somebody left."""
    lapse = lapses.of_member(seen=access.members(request.user), lapse_id=lapse_id)
    if lapse is None:
        raise Http404
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.warning(request, "This reason is not in the list. Choose one of the list.")
        return redirect("lapses")
    clean = form.cleaned_data
    actions.choose_reason(
        lapse=lapse, reason=clean["reason"], note=clean["note"], by=request.user, now=timezone.now()
    )
    said = REASONS[lapse.main].label
    messages.success(request, f"Kept: {said}. It stays when the reasons are found again.")
    return redirect(reverse("lapses") + clean["next"])


def _seen(request: HttpRequest):
    return access.members(request.user) if request.user.may("retention.members") else None


def _names(request: HttpRequest) -> bool:
    return access.sees_names(request.user) or names_revealed(request)


def _members(request: HttpRequest, form: LapseFilterForm, filters, quarter: str, seen) -> dict:
    listed = lapses.listed(seen=seen, filters=filters, quarter=quarter)
    pages = Pages.of(form.cleaned_data.get("page") or 1, listed.count())
    tiers, chapters = access.choices(seen)
    made = chips(
        filters=filters, query=request.GET, today=timezone.localdate(), tiers=tiers, chapters=chapters
    )
    with_names = _names(request)
    return {
        "rows": [_row(lapse, with_names) for lapse in listed[pages.start : pages.stop]],
        "pages": pages,
        "heads": heads(COLUMNS, filters.sort),
        "chips": made,
        "removable": removable(made),
        "kept": [("quarter", quarter)],
        "clear": f"?quarter={quarter}",
        "narrowed": any(chip.is_on for chip in made),
        "choices": CHOICES,
        "may_say": request.user.may("retention.reasons"),
        "may_export": request.user.may("retention.export"),
        "query": f"?{request.GET.urlencode()}" if request.GET else "",
    }


def _row(lapse, with_names: bool) -> dict:
    each, name = REASONS[lapse.said], str(lapse.member)
    return {
        "lapse": lapse,
        "name": name if with_names else words.masked(name),
        "reason": each,
        "whose": WHOSE[each.whose],
        "route": ROUTES[each.route],
        "found": REASONS[lapse.reason].label,
        "sure": words.of_100(lapse.confidence),
    }


def _pairs(found: lapses.Drivers) -> pairs.Pairs:
    return pairs.pairs(
        [
            pairs.Side(
                row.label, row.now.value, row.now.low, row.now.high,
                row.before.value if found.lapses_before else None,
            )
            for row in found.rows
        ]
    )  # fmt: skip


def _sentence(found: lapses.Drivers) -> str:
    """The finding of the chart, in one sentence."""
    if not found.is_enough:
        return ""
    first = found.rows[0]
    said = f"{words.of_100(first.now.value)} of 100 who left: {first.label.lower()}."
    for verdict, word in (("more", "More"), ("fewer", "Less")):
        if changed := [row.label.lower() for row in found.rows if row.verdict == verdict]:
            said += f" {word} frequent than in the quarter before: {', '.join(changed)}."
    if not any(row.verdict for row in found.rows):
        said += " No reason is clearly more or less frequent than in the quarter before."
    return said


def _quarters(request: HttpRequest, quarter: str, today) -> list[dict]:
    return [
        {
            "label": f"{each[5:]} {each[:4]}",
            "address": address(request.GET, quarter=each),
            "is_current": each == quarter,
        }
        for each in sorted({*lapses.offered(today)[:4], quarter})
    ]
