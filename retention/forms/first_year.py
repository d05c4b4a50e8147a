"""The address of the first-year plan read into its filters, and the chips above it."""

from django import forms
from django.http import QueryDict

from imis_ai.ui.filters import Chip, Several, chip
from retention.calc import first_year as calc
from retention.queries.first_year import TABS, Filters

MONTHS = [(str(number), f"Month {number}") for number in range(1, 13)]
DAYS = [(str(day), f"Day {day}: {calc.TITLES[day]}") for day in calc.DAYS]


class FirstYearForm(forms.Form):
    tab = forms.ChoiceField(choices=list(TABS.items()), required=False)
    month = Several(choices=MONTHS)
    step = Several(choices=DAYS)
    chapter = Several()
    page = forms.IntegerField(min_value=1, max_value=100_000, required=False)

    def filters(self) -> Filters:
        """What could be read; fields with an error count as not given."""
        clean = self.cleaned_data
        return Filters(
            tab=clean.get("tab") or "missed",
            months=tuple(int(each) for each in clean.get("month") or ()),
            days=tuple(int(each) for each in clean.get("step") or ()),
            chapters=tuple(clean.get("chapter") or ()),
        )


class MoveForm(forms.Form):
    """What is done with which members: those picked, or one."""

    pick = Several()
    one = forms.CharField(max_length=60, required=False)
    reason = forms.ChoiceField(choices=list(calc.SKIP_REASONS.items()), required=False)
    back = forms.CharField(max_length=500, required=False)

    def chosen(self) -> list[str]:
        clean = self.cleaned_data
        return [clean["one"]] if clean.get("one") else list(clean.get("pick") or ())[:200]


def chips(*, filters: Filters, query: QueryDict, chapters: list[tuple[str, str]]) -> list[Chip]:
    months = [str(number) for number in filters.months]
    days = [str(day) for day in filters.days]
    made = [
        chip("month", "Month", "Months of membership", MONTHS, months, query, names_itself=True),
        chip("step", "Step", "This step is missed", DAYS, days, query, names_itself=True),
    ]
    if len(chapters) > 1 or filters.chapters:
        made.append(chip("chapter", "Chapter", "Show these chapters", chapters, filters.chapters, query))
    return made
