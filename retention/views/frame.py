"""The pages of retention and the links between them; each page adds one line here."""

from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse


class Page(NamedTuple):
    """One link on top of every retention page, for those who have the right to open it."""

    label: str
    url_name: str
    right: str


PAGES = [  # in the order of the work; the policy stands last
    Page("Members at risk", "risk_list", "retention.totals"),
    Page("Calls", "call_list", "retention.calls"),
    Page("Outreach", "outreach", "retention.members"),
    Page("Campaigns", "campaigns", "retention.campaigns"),
    Page("Alerts", "alerts", "alerts.read"),
    Page("Chapters", "chapters", "chapters.read"),
    Page("Cohorts", "cohorts", "cohorts.read"),
    Page("Win-back", "win_back", "winback.read"),
    Page("Why members left", "lapses", "retention.totals"),
    Page("What changed", "what_changed", "retention.totals"),
    Page("Promises kept", "promises_kept", "retention.totals"),
    Page("Data worth", "dataworth", "data.read"),
    Page("Policy", "risk_policy", "retention.policy"),
]


def page(
    request: HttpRequest, template: str, context: dict | None = None, *, status: int = 200
) -> HttpResponse:
    """A page of retention, or a part of one, with the links that `retention/_tabs.html` shows."""
    return render(request, template, {"pages_here": _links(request)} | (context or {}), status=status)


def _links(request: HttpRequest) -> list[dict]:
    """The page that is open is the one whose address is the longest beginning of this one."""
    links = [
        {"label": each.label, "address": reverse(each.url_name)}
        for each in PAGES
        if request.user.may(each.right)
    ]
    inside = [link for link in links if request.path.startswith(link["address"])]
    here = max(inside, key=lambda link: len(link["address"]), default=None)
    return [link | {"is_current": link is here} for link in links]
