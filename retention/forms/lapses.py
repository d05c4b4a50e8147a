"""The address of the page on why members left, and a person's own word on one lapse."""

from datetime import date

from django import forms
from django.http import QueryDict

from imis_ai.ui.filters import Chip, chip
from retention.calc.reasons import REASONS, ROUTES, WHOSE
from retention.queries import lapses

CHOICES = [(key, each.label) for key, each in REASONS.items()]


class LapseFilterForm(forms.Form):
    quarter = forms.RegexField(r"^\d{4}-Q[1-4]$", required=False)
    whose = forms.ChoiceField(choices=list(WHOSE.items()), required=False)
    reason = forms.ChoiceField(choices=CHOICES, required=False)
    route = forms.ChoiceField(choices=list(ROUTES.items()), required=False)
    chapter = forms.CharField(max_length=60, required=False)
    tier = forms.CharField(max_length=60, required=False)
    sort = forms.ChoiceField(
        choices=[(sign + key, key) for key in lapses.SORTS for sign in ("", "-")], required=False
    )
    page = forms.IntegerField(min_value=1, max_value=100_000, required=False)

    def filters(self) -> lapses.Filters:
        """What could be read; fields with an error count as not given."""
        given = {name: value for name, value in self.cleaned_data.items() if value and name != "page"}
        return lapses.Filters(**given)


class ReasonForm(forms.Form):
    """An empty reason takes a person's word back."""

    reason = forms.ChoiceField(choices=[("", "As found"), *CHOICES], required=False)
    note = forms.CharField(max_length=300, required=False)
    next = forms.RegexField(r"^\?[\w=&.%+-]*$", max_length=300, required=False)


def chips(
    *,
    filters: lapses.Filters,
    query: QueryDict,
    today: date,
    tiers: list[tuple[str, str]],
    chapters: list[tuple[str, str]],
) -> list[Chip]:
    """Those that narrow the list of members."""
    groups = [
        ("whose", "Whose", "Reasons that are", list(WHOSE.items()), filters.whose),
        ("reason", "Reason", "The main reason", CHOICES, filters.reason),
        ("route", "Goes to", "Where they go next", list(ROUTES.items()), filters.route),
        ("tier", "Tier", "Show this tier", tiers, filters.tier),
    ]
    if len(chapters) > 1:
        groups.append(("chapter", "Chapter", "Show this chapter", chapters, filters.chapter))
    return [
        chip(name, label, asked, choices, (value,) if value else (), query, names_itself=True, one=True)
        for name, label, asked, choices, value in groups
    ]
