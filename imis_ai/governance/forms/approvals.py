"""The address of the inbox and what is sent from it, read into plain values."""

from datetime import date

from django import forms
from django.http import QueryDict

from imis_ai.accounts.models import User
from imis_ai.governance import kinds
from imis_ai.governance.proposals import inbox, standing_in
from imis_ai.governance.proposals.inbox import Filters
from imis_ai.ui import filters as chips

LONGEST = 120


def filters(query: QueryDict, viewer: User) -> Filters:
    """What could be read; a tab that is not this person's is their first one."""
    given = {
        name: query.get(name, "")[:LONGEST] for name in ("tab", "kind", "area", "due", "asked_by", "sort")
    }
    if given["tab"] not in inbox.tabs_of(viewer):
        given["tab"] = "mine"
    if given["due"] not in inbox.DUE:
        given["due"] = ""
    return Filters(**given)


def chips_of(filters: Filters, query: QueryDict, present: list[dict]) -> list[chips.Chip]:
    """What the list can be narrowed by: only what it holds."""
    labels = {name: kind.label for name, kind in kinds.KINDS.items()}
    found = {
        "kind": sorted({(row["kind"], labels.get(row["kind"], row["kind"])) for row in present}),
        "area": sorted({(row["area"], row["area"].capitalize()) for row in present}),
        "due": list(inbox.DUE.items()),
        "asked_by": sorted({_asker(row) for row in present}, key=lambda pair: pair[1]),
    }
    named = {
        "kind": ("Kind", "Show this kind"),
        "area": ("Area", "Show this area"),
        "due": ("Due", "Due until"),
        "asked_by": ("Asked by", "Suggested by"),
    }
    return [
        chips.chip(name, label, question, found[name], _chosen(filters, name), query, one=True)
        for name, (label, question) in named.items()
        if len(found[name]) > 1 or getattr(filters, name)
    ]


def _chosen(filters: Filters, name: str) -> list[str]:
    value = getattr(filters, name)
    return [value] if value else []


def _asker(row: dict) -> tuple[str, str]:
    if row["proposed_by"] is None:
        return inbox.MACHINE, inbox.MACHINE
    full = f"{row['proposed_by__first_name']} {row['proposed_by__last_name']}".strip()
    return str(row["proposed_by"]), full or row["proposed_by__username"]


def picked(lines: list[str]) -> dict[int, str]:
    """`id:version:digest` of each chosen item, one a box or all in one field; the rest is left out."""
    found = {}
    for text in (part for line in lines for part in line.split()):
        number, _, seen = text.partition(":")
        if number.isdecimal() and len(number) < 19 and len(seen) < 90:
            found[int(number)] = seen
    return found


class DelegationForm(forms.Form):
    """Who decides instead, on what, from when to when."""

    to = forms.ModelChoiceField(
        label="Who decides instead", queryset=User.objects.none(), empty_label="Choose a colleague"
    )
    what = forms.ChoiceField(label="On what", required=False)
    from_on = forms.DateField(
        label="First day", widget=forms.DateInput(attrs={"type": "date", "class": "inp"})
    )
    to_on = forms.DateField(label="Last day", widget=forms.DateInput(attrs={"type": "date", "class": "inp"}))
    reason = forms.CharField(
        label="Why", required=False, max_length=200, widget=forms.TextInput(attrs={"class": "inp"})
    )

    def __init__(self, *args, by: User, today: date, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        mine = standing_in.decided_by(by)
        people = [person.pk for person in standing_in.could_stand_in(by=by)]
        self.fields["to"].queryset = User.objects.filter(pk__in=people).order_by("first_name", "last_name")
        areas = sorted({kind.area for kind in mine})
        self.fields["what"].choices = [
            ("", "Everything I decide on"),
            *[(f"area:{area}", f"Everything in {area}") for area in areas if len(areas) > 1],
            *[(f"kind:{kind.name}", kind.label) for kind in mine],
        ]
        for name in ("to", "what"):
            self.fields[name].widget.attrs = {"class": "inp"}
        self.fields["from_on"].initial = today

    def chosen(self) -> dict:
        """As `standing_in.pass_on` takes it."""
        clean = self.cleaned_data
        sort, _, name = clean["what"].partition(":")
        return {
            "to": clean["to"],
            "area": name if sort == "area" else "",
            "kind": name if sort == "kind" else "",
            "from_on": clean["from_on"],
            "to_on": clean["to_on"],
            "reason": clean["reason"],
        }
