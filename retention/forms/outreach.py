"""What the address of the outreach queue asks for, and what is entered beside it."""

from django import forms
from django.http import QueryDict

from imis_ai.ui import filters as chips
from retention.queries.queue import TABS, Filters

NAMED = {
    "text": ("Text", "Written from"),
    "channel": ("Channel", "Sent by"),
    "purpose": ("For", "Drafted for"),
    "chapter": ("Chapter", "Members of"),
    "owner": ("Asked", "Who was asked to decide"),
}


def filters(query: QueryDict) -> Filters:
    """Whatever is not understood counts as any."""
    asked = {name: query.get(name, "")[:60].replace("\0", "") for name in NAMED}
    if len(asked["text"]) > 9:
        asked["text"] = ""
    if len(asked["owner"]) > 9:
        asked["owner"] = ""
    tab = query.get("tab", "open")
    member = query.get("member", "")[:60].replace("\0", "")
    return Filters(tab=tab if tab in TABS else "open", member=member, **asked)


def chips_of(filters: Filters, query: QueryDict, found: dict[str, list[tuple[str, str]]]) -> list[chips.Chip]:
    """One chip for each filter that has something to choose."""
    made = []
    for name, (label, question) in NAMED.items():
        value = getattr(filters, name)
        if len(found[name]) > 1 or value:
            chosen = [value] if value else []
            made.append(chips.chip(name, label, question, found[name], chosen, query, one=True))
    return made


class SeatsForm(forms.Form):
    event = forms.CharField(max_length=60)
    seats = forms.IntegerField(min_value=0, max_value=500)


class IntroducerForm(forms.Form):
    imis_id = forms.CharField(max_length=60, strip=True)
