"""What is entered on a call card."""

from django import forms

from retention.actions.calls import MOST_MINUTES
from retention.models import Call
from retention.queries import calls


class OutcomeForm(forms.Form):
    """One key, and what was entered beside it if anything."""

    outcome = forms.ChoiceField(choices=Call.Outcome.choices)
    minutes = forms.IntegerField(min_value=1, max_value=MOST_MINUTES, required=False)
    note = forms.CharField(max_length=300, required=False)


class LaterForm(forms.Form):
    """When it comes back, and why."""

    until = forms.ChoiceField(choices=calls.LATER)
    reason = forms.ChoiceField(choices=calls.REASONS)


class SkipForm(forms.Form):
    reason = forms.ChoiceField(choices=calls.REASONS)


class AssignForm(forms.Form):
    """Empty: nobody in particular."""

    pick = forms.TypedMultipleChoiceField(coerce=int, choices=())
    to = forms.ModelChoiceField(queryset=None, required=False)

    def __init__(self, *args, ids: list[int], people, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pick"].choices = [(pk, pk) for pk in ids]
        self.fields["to"].queryset = people
