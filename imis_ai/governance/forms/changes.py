"""A change of the programme as staff enter it."""

from django import forms

from imis_ai.mirror import queries
from imis_ai.mirror.actions import Entry


class ChangeForm(forms.Form):
    on = forms.DateField(
        label="Since", help_text="The first day on which it held.", widget=forms.DateInput({"type": "date"})
    )
    kind = forms.ChoiceField(
        label="Kind", choices=queries.CHANGE_KINDS, widget=forms.Select({"class": "inp"})
    )
    what = forms.CharField(
        label="What changed", max_length=300, help_text="As the board would say it: Dues rose by 8 %."
    )
    whom = forms.CharField(
        label="Whom it touches", max_length=200, required=False, help_text="All members when left empty."
    )
    source = forms.CharField(
        label="Where that is written", max_length=200, required=False, help_text="Minutes, a page, a letter."
    )
    retrains = forms.BooleanField(
        label="Members decide differently since then",
        required=False,
        help_text="The models learn anew with the next night.",
    )

    def entry(self) -> Entry:
        return Entry(**self.cleaned_data)
