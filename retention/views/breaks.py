"""What changed: monthly figures of the association, their breaks, and the changes of the programme."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from imis_ai.accounts.rights import needs
from imis_ai.mirror import queries as mirror
from imis_ai.ui import exports, figures, words
from retention.queries import breaks
from retention.views import frame


@require_safe
@needs("retention.totals")
def changes(request: HttpRequest) -> HttpResponse:
    """One chart per figure, marked where the programme changed; breaks with size and range."""
    found = breaks.newest()
    context = {"found": found, "may_write": request.user.may("changes.write")}
    if found is not None:
        shown = breaks.shown(found)
        days = [day for each in shown for day in each.days]
        marks = mirror.dated_changes(since=min(days), until=max(days)) if days else []
        context |= {"cards": [_card(each, marks) for each in shown], "marks": marks}
    return frame.page(request, "retention/breaks/page.html", context)


@require_safe
@needs("retention.totals")
def export(request: HttpRequest) -> HttpResponse:
    """Breaks and steps; they hold no member."""
    found = breaks.newest()
    lines = breaks.lines(breaks.shown(found)) if found else iter(())
    return exports.csv_file("changes.csv", breaks.HEADER, lines)


def _card(each: breaks.Shown, marks: list) -> dict:
    return {
        "figure": each.figure,
        "line": figures.line(each.days, each.values, width=520, height=150, marks=marks),
        "sentence": _sentence(each),
        "rows": list(zip(each.days, each.values, strict=True)),
        "found": each.found,
        "dated": each.dated,
    }


def _sentence(each: breaks.Shown) -> str:
    """The strongest break in words; what is near it is named and not blamed."""
    if not each.found:
        return "No break that luck, season and a steady trend do not explain."
    step = max(each.found, key=lambda step: abs(step["size"]))
    course = "fell" if step["size"] < 0 else "rose"
    size = f"{abs(step['size']):.1f}"
    ends = sorted((abs(step["low"]), abs(step["high"])))
    month = words.month_and_year(step["month"])
    said = f"{course.capitalize()} by {size} in {month} (range {ends[0]:.1f} to {ends[1]:.1f})."
    return f"{said} Near it: {step['near']}. It may not be the cause." if step["near"] else said
