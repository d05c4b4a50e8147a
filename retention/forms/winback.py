"""The address of the win-back list, whom to draft for, which offer goes with a reason."""

from django import forms
from django.http import QueryDict

from imis_ai.ui.filters import Chip, Several, chip
from retention.forms.lapses import CHOICES
from retention.queries import winback


class WinBackFilterForm(forms.Form):
    view = forms.ChoiceField(choices=list(winback.VIEWS.items()), required=False)
    reason = forms.ChoiceField(choices=CHOICES, required=False)
    left = forms.ChoiceField(choices=list(winback.LEFT.items()), required=False)
    offer = forms.CharField(max_length=100, required=False)
    pick = Several()
    sort = forms.ChoiceField(
        choices=[(sign + key, key) for key in winback.SORTS for sign in ("", "-")], required=False
    )
    page = forms.IntegerField(min_value=1, max_value=100_000, required=False)

    def filters(self) -> winback.Filters:
        """What could be read; fields with an error count as not given."""
        clean = self.cleaned_data
        given = {name: clean[name] for name in ("view", "reason", "left", "offer", "sort") if clean.get(name)}
        return winback.Filters(**given, picked=tuple(clean.get("pick") or ()))


class DraftForm(forms.Form):
    pick = Several()


class OfferForm(forms.Form):
    reason = forms.ChoiceField(choices=CHOICES)
    offer = forms.CharField(max_length=100)


def chips(*, filters: winback.Filters, query: QueryDict, offers: list[str]) -> list[Chip]:
    names = [(name, name) for name in offers]
    groups = [
        ("reason", "Reason", "The main reason", CHOICES, filters.reason),
        ("left", "Left", "Left when", list(winback.LEFT.items()), filters.left),
        ("offer", "Offer", "With this offer", names, filters.offer),
    ]
    return [
        chip(name, label, asked, choices, (value,) if value else (), query, names_itself=True, one=True)
        for name, label, asked, choices, value in groups
    ]
