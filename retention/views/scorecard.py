"""Promises kept: what chances said and what came, ranges by tier and chapter, days of warning."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from imis_ai.accounts.rights import needs
from imis_ai.ui import charts, words
from retention.calc.lead import Lead
from retention.queries import scorecard
from retention.views import frame

GROUPS = ("Tier", "Chapter")


@require_safe
@needs("retention.totals")
def promises(request: HttpRequest) -> HttpResponse:
    """No member stands on it."""
    found = scorecard.newest()
    context: dict = {"found": found}
    if found is not None:
        card = scorecard.shown(found)
        context |= {
            "card": card,
            "calibration": _calibration(card),
            "calibration_sentence": _right(card),
            "groups": [(by, rows) for by, rows in card.groups.items() if by in GROUPS],
            "lead_sentence": _lead(card.lead) if card.lead else "",
            "lead_rows": _months(card.lead) if card.lead else [],
        }
    return frame.page(request, "retention/scorecard/page.html", context)


def _calibration(card: scorecard.Scorecard) -> charts.Calibration | None:
    points = [
        charts.Said(ten.said, ten.happened.value, ten.happened.low, ten.happened.high, ten.happened.n)
        for ten in card.tens
    ]
    return charts.calibration(points, happened="lapsed") if points else None


def _right(card: scorecard.Scorecard) -> str:
    """Of 312 members we gave 20 to 30, 26 of 100 lapsed."""
    twenty = next((ten for ten in card.tens if ten.label == "20 to 30"), None)
    ten = twenty or max(card.tens, key=lambda each: each.happened.n, default=None)
    if ten is None:
        return ""
    happened = ten.happened
    share, low, high = (words.of_100(part) for part in (happened.value, happened.low, happened.high))
    given = f"Of {words.plural(happened.n, 'member')} we gave {ten.label} of 100"
    return f"{given}, {share} of 100 lapsed (range {low} to {high})."


def _lead(lead: Lead) -> str:
    caught = lead.caught
    first, middle, last = lead.quartiles
    return (
        f"Of {words.plural(lead.lapsed, 'lapse')}, {words.count(caught.hits)} were flagged beforehand "
        f"({words.of_100(caught.value)} of 100): half of those {middle} days ahead or more, the middle half "
        f"{first} to {last} days."
    )


def _months(lead: Lead) -> list[tuple[str, int]]:
    return [(f"{30 * month} to {30 * month + 29}", n) for month, n in lead.by_month]
