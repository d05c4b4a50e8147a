"""The privacy checklist as a form: each question is confirmed and answered in a few words."""

from typing import Any

from django import forms

from imis_ai.governance.connection import QUESTIONS


class ChecklistForm(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for each in QUESTIONS:
            self.fields[f"{each.name}_is_so"] = forms.BooleanField(
                label=each.asks, error_messages={"required": f"{each.label}: confirm it, or do not sign yet."}
            )
            self.fields[each.name] = forms.CharField(
                label="What it rests on",
                help_text=each.hint,
                max_length=1000,
                widget=forms.Textarea(attrs={"class": "inp", "rows": 2}),
                error_messages={"required": f"{each.label}: write a few words."},
            )

    def answers(self) -> dict[str, str]:
        return {each.name: self.cleaned_data[each.name] for each in QUESTIONS}
