"""The address of the list of members, read into its filters, and the chips above the list."""

import re
from datetime import date

from django import forms
from django.http import QueryDict

from imis_ai.accounts.models import User
from imis_ai.mirror import members
from imis_ai.ui.filters import Chip, Several, chip, month_name

MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


class MemberFilterForm(forms.Form):
    q = forms.CharField(max_length=100, required=False)
    tier = Several()
    chapter = Several()
    status = Several()
    renews = Several()
    money = forms.ChoiceField(choices=list(members.MONEY.items()), required=False)
    pick = Several()
    sort = forms.CharField(max_length=20, required=False)
    page = forms.IntegerField(min_value=1, max_value=100_000, required=False)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for narrowing in members.NARROWINGS:
            self.fields[narrowing.name] = Several()

    def clean_renews(self) -> list[str]:
        months = self.cleaned_data["renews"]
        if wrong := [month for month in months if not MONTH.fullmatch(month)]:
            raise forms.ValidationError(f"Write the month as 2026-12, not {wrong[0]!r}.")
        return months

    def clean_sort(self) -> str:
        sort = self.cleaned_data["sort"]
        if sort and sort.removeprefix("-") not in members.sorts():
            raise forms.ValidationError("The list cannot be ordered by this.")
        return sort

    def filters(self, today: date, viewer: User) -> members.Filters:
        """What could be read; fields with an error count as not given."""
        clean = self.cleaned_data
        others = [(each.name, tuple(clean.get(each.name) or ())) for each in members.NARROWINGS]
        others = [(name, values) for name, values in others if values]
        return members.Filters(
            today=today,
            asked=" ".join(clean.get("q", "").split()),
            tiers=tuple(clean.get("tier") or ()),
            chapters=tuple(clean.get("chapter") or ()),
            states=tuple(clean.get("status") or ()),
            renews=tuple(clean.get("renews") or ()),
            money=clean.get("money") or "",
            picked=tuple(clean.get("pick") or ()),
            sort=clean.get("sort") or "name",
            others=tuple(others),
            viewer=viewer.pk if others else 0,
        )


def chips(*, filters: members.Filters, query: QueryDict, head: members.Above, viewer: User) -> list[Chip]:
    """Those that there is something to choose from, and those that are set."""
    months = [(month, month_name(month)) for month in members.months(filters.today)]
    made = [chip("tier", "Tier", "Show these tiers", head.tiers, filters.tiers, query)]
    if len(head.chapters) > 1 or filters.chapters:
        made.append(chip("chapter", "Chapter", "Show these chapters", head.chapters, filters.chapters, query))
    if len(head.states) > 1 or filters.states:
        made.append(chip("status", "Status", "Show these", head.states, filters.states, query))
    made.append(
        chip("renews", "Renews", "Paid until these months", months, filters.renews, query, names_itself=True)
    )
    if viewer.may("money.totals"):
        chosen = [filters.money] if filters.money else []
        money = list(members.MONEY.items())
        made.append(chip("money", "Money", "Invoices", money, chosen, query, names_itself=True, one=True))
    for each in members.NARROWINGS:
        chosen = dict(filters.others).get(each.name, ())
        made.append(
            chip(each.name, each.label, each.question, each.choices(viewer), chosen, query, names_itself=True)
        )
    return made
