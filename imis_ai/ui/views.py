"""Help pages of the frame: keyboard shortcuts, and every component in every state."""

from datetime import datetime, timedelta
from types import SimpleNamespace

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from imis_ai.accounts.rights import needs
from imis_ai.accounts.saved_views import View
from imis_ai.ui import figures, navigation, pairs
from imis_ai.ui.tables import Column, Pages, heads
from imis_ai.ui.today import Figure

SHORTCUTS = [
    (["j", "k"], "Next, previous row"),
    (["Enter", "o"], "Open the row beside the list"),
    (["u", "Esc"], "Close the panel, go back"),
    (["x"], "Select the row"),
    (["Shift x"], "Select up to this row"),
    (["/", "Ctrl K"], "Search members and pages"),
    (["Ctrl Enter"], "Send the form you are in"),
    (["?"], "This list"),
]


BANDS = [(30, "md", "medium"), (60, "hi", "high")]
SCORES = [
    (66, 52, 78, "hi"),
    (41, 30, 55, "md"),
    (12, 7, 19, "lo"),
    (50, None, None, "md"),
    (100, 97, 100, "hi"),
]
FACTORS = [
    {
        "chip": "No portal visit, 92 days",
        "sentence": "No portal visit for 92 days",
        "evidence": "Used to visit every 12 days",
        "direction": "raises",
    },
    {"chip": "On a committee", "sentence": "Serves on a committee", "direction": "lowers"},
    {
        "chip": "Missed last 3 events",
        "sentence": "Missed the last 3 events",
        "evidence": "Attended 4 of the 5 before them",
        "direction": "raises",
    },
]


TILES = [
    Figure(1, "Expected to renew", "82.1 %", "range 79 to 85", "+1.2 points on last year", "good", "",
           "#main", [79, 80, 80, 81, 82]),
    Figure(2, "Overdue", "$18,204", "41 invoices", "12 more than last week", "bad", "as of 22 Nov"),
    Figure(3, "Net sentiment", "not known", "No comments read yet"),
]  # fmt: skip


@require_safe
@needs("help.read")
def shortcuts(request: HttpRequest) -> HttpResponse:
    places = [place for place in navigation.PLACES if place.key and request.user.may(place.right)]
    template = "ui/help/_shortcuts.html" if request.htmx else "ui/help/shortcuts.html"
    return render(request, template, {"shortcuts": SHORTCUTS, "going": places})


@require_safe
@needs("help.components")
def components(request: HttpRequest) -> HttpResponse:
    """Made-up data throughout; nothing here reads the mirror."""
    return render(request, "ui/help/components.html", _specimens())


class _Specimen(forms.Form):
    name = forms.CharField(
        label="Name of the segment", help_text="Staff see it; members do not.", max_length=20
    )
    theme = forms.ChoiceField(
        label="Theme", choices=[("a", "Light"), ("b", "Dark")], widget=forms.RadioSelect
    )
    agree = forms.BooleanField(label="Keep me posted", help_text="Once a day at most.", required=False)


def _specimens() -> dict:
    now = timezone.localtime()
    return {
        "scores": SCORES,
        "factors": FACTORS,
        **_drawings(now),
        "plain_words": ["On", "What changed"],
        "freshnesses": [
            SimpleNamespace(level="fresh", as_of=now - timedelta(minutes=40), sentence=""),
            SimpleNamespace(level="late", as_of=now - timedelta(hours=40), sentence=""),
            SimpleNamespace(level="failed", as_of=now - timedelta(days=4), sentence=""),
            SimpleNamespace(level="never", as_of=None, sentence=""),
        ],
        "tiles": TILES,
        "heads": heads(
            [Column("Member", "name"), Column("Risk", "risk", falls=True), Column("Why")], "-risk"
        ),
        "few": Pages.of(1, 7),
        "many": Pages.of(5, 4120),
        "tab_list": [
            {"label": "In use", "address": "#main", "number": 12, "is_current": True},
            {"label": "Retired", "address": "#main", "number": 0, "is_current": False},
            {"label": "All", "address": "#main", "number": None, "is_current": False},
        ],
        "chip_list": [_chip(is_on=False), _chip(is_on=True)],
        "removed": [("Tier: Fellow", "#main"), ("Chapter: Texas", "#main")],
        "view_list": [
            View(1, "Fellows of Texas", "#main", True, True, True, True, ""),
            View(2, "Renewing soon", "#main", False, True, False, False, "Priya Nair"),
        ],
        "fresh_form": _Specimen(initial={"theme": "a"}),
        "bad_form": _Specimen({"name": "A name that is far too long for it", "theme": ""}),
        "jobs": [
            ("12,400 of 18,204 records", "about 4 minutes left", _job(percent=68)),
            ("Waiting for a worker", "", _job(percent=None)),
            ("Done", "took 6 minutes", _job(percent=100)),
        ],
    }


def _drawings(now: datetime) -> dict:
    days = [now.date() - timedelta(days=7 * week) for week in range(11, -1, -1)]
    scores = [31, 30, 33, 34, 33, 38, 41, 40, 46, 52, 58, 66]
    return {
        "histogram": figures.histogram({30: 40, 40: 22, 55: 12, 60: 9, 75: 3}, BANDS),
        "line": figures.line(days, scores, top=100, limit=60),
        "plot": figures.intervals(
            [(9, -12, 30), (8, -5, 21), (7, 1, 13)],
            ["7 Sep", "14 Sep", "21 Sep"],
            titles=["7 Sep: +9 points", "14 Sep: +8 points", "21 Sep: +7 points"],
        ),
        "pairs": pairs.pairs(
            [
                pairs.Side("Benefit not used", 0.31, 0.24, 0.39, 0.22),
                pairs.Side("Price", 0.18, 0.12, 0.25, None),
            ]
        ),
        "slopes": pairs.slopes([("Fellow", 0.91, 0.93), ("Associate", 0.84, 0.78)]),
        "heat": pairs.heat(
            ["2024", "2025"],
            ["3", "6"],
            {
                ("2024", "3"): (0.97, "97 of 100"),
                ("2024", "6"): (0.9, "90 of 100"),
                ("2025", "3"): (0.95, "95"),
            },
        ),
    }


def _chip(*, is_on: bool) -> SimpleNamespace:
    options = [
        SimpleNamespace(value="a", label="Associate", is_on=is_on, number=120),
        SimpleNamespace(value="b", label="Fellow", is_on=False, number=14),
    ]
    return SimpleNamespace(
        name="tier",
        label="Tier",
        question="Show these tiers",
        options=options,
        is_on=is_on,
        words="Associate" if is_on else "any",
        without="#main",
        input="checkbox",
        names_itself=False,
    )


def _job(*, percent: int | None) -> SimpleNamespace:
    states = ["done", "now", "next"] if percent and percent < 100 else ["done" if percent else "next"] * 3
    names = ["Members", "Activities", "Invoices"]
    stages = [
        SimpleNamespace(name=name, state=state, done=400, total=900 if state == "now" else None, seconds=42)
        for name, state in zip(names, states, strict=True)
    ]
    return SimpleNamespace(
        title="Read from iMIS", percent=percent, stages=stages, job=SimpleNamespace(is_over=percent == 100)
    )
