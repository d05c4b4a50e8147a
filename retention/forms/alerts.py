"""The address of the list of alerts, read into `Filters`."""

from django import forms
from django.http import QueryDict

from imis_ai.ui.filters import Chip, Several, chip
from retention.queries import alerts

SORTS = ("name", "when", "money")


class AlertFilterForm(forms.Form):
    tab = forms.ChoiceField(choices=list(alerts.TABS.items()), required=False)
    signal = Several(choices=alerts.SIGNALS)
    owner = Several()
    chapter = Several()
    pick = Several()
    sort = forms.ChoiceField(
        choices=[(sign + key, key) for key in SORTS for sign in ("", "-")], required=False
    )
    page = forms.IntegerField(min_value=1, max_value=100_000, required=False)
    panel = forms.IntegerField(min_value=1, max_value=2**60, required=False)

    def filters(self) -> alerts.Filters:
        """What could be read; fields with an error count as not given."""
        clean = self.cleaned_data
        return alerts.Filters(
            tab=clean.get("tab") or "payment",
            signals=tuple(clean.get("signal") or ()),
            owners=tuple(clean.get("owner") or ()),
            chapters=tuple(clean.get("chapter") or ()),
            picked=tuple(clean.get("pick") or ()),
            sort=clean.get("sort") or "-when",
        )


def chips(
    *, filters: alerts.Filters, query: QueryDict, chapters: list[tuple[str, str]], owners: list
) -> list[Chip]:
    """Signal, owner and, where there are several, chapter."""
    people = [
        (alerts.MINE, "Mine"),
        (alerts.NOBODY, "Nobody's"),
        *((str(each.pk), str(each)) for each in owners),
    ]
    made = [chip("owner", "Owner", "Show alerts of", people, filters.owners, query)]
    if filters.tab != "rival":
        made.insert(0, chip("signal", "Signal", "Show these signals", alerts.SIGNALS, filters.signals, query))
    if len(chapters) > 1:
        made.append(chip("chapter", "Chapter", "Show these chapters", chapters, filters.chapters, query))
    return made
