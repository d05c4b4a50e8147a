"""What is said instead of what was shown, read into a statement."""

from datetime import date

from django import forms

from imis_ai.governance.corrections import Statement, Topic
from imis_ai.governance.models import Correction

Source = Correction.Source


class CorrectionForm(forms.Form):
    """The choices and reasons of one card."""

    says = forms.ChoiceField(label="What is right instead", widget=forms.RadioSelect)
    reason = forms.ChoiceField(label="Reason")
    text = forms.CharField(
        label="In your words",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"class": "inp", "rows": 3}),
    )
    until = forms.DateField(
        label="Holds until",
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": "inp"}),
        help_text="Leave it empty for as long as it can hold.",
    )

    def __init__(self, *args, topic: Topic, today: date, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["says"].choices = [(choice.key, choice.label) for choice in topic.choices]
        self.fields["reason"].choices = list(topic.reasons)
        self.fields["reason"].widget.attrs = {"class": "inp", "data-key": "r", "aria-keyshortcuts": "r"}
        self.fields["until"].widget.attrs |= {"min": today.isoformat()}
        for field in self.fields.values():
            field.error_messages["required"] = f"Choose {field.label.lower()}."

    def statement(self, source: str) -> Statement:
        clean = self.cleaned_data
        return Statement(clean["says"], clean["reason"], clean["text"], clean["until"], source)
