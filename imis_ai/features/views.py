"""The catalogue of features: what is computed about members, in plain words."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from imis_ai.accounts.rights import needs
from imis_ai.features import queries
from imis_ai.features.definitions import PURPOSES
from imis_ai.features.groups import GROUPS
from imis_ai.governance.data import worth


@require_safe
@needs("data.read")
def catalogue(request: HttpRequest) -> HttpResponse:
    """Every feature: source, window, what a missing value means, how many members have it, who uses it."""
    asked = request.GET.get("q", "").strip()[:80]
    group = request.GET.get("group", "")
    entries = queries.catalogue()
    shown = [entry for entry in entries if _matches(entry, asked) and group in ("", entry.group)]
    present = list(dict.fromkeys(entry.group for entry in entries))
    context = {
        "groups": [
            (GROUPS.get(name, name.capitalize()), name, [entry for entry in shown if entry.group == name])
            for name in dict.fromkeys(entry.group for entry in shown)
        ],
        "choices": [(name, GROUPS.get(name, name.capitalize())) for name in present],
        "group": group,
        "asked": asked,
        "number": len(entries),
        "found": len(shown),
        "missing": sorted({entry.source for entry in entries if entry.status == "not available"}),
        "worth": [line for line in worth.lines() if not line.is_held],
        "purposes": PURPOSES,
        "crumbs": [("Data and sync", reverse("data"))],
    }
    return render(request, "data/features.html", context)


def _matches(entry: queries.Entry, asked: str) -> bool:
    text = f"{entry.name} {entry.meaning} {entry.source}".lower()
    return all(word in text for word in asked.lower().split())
