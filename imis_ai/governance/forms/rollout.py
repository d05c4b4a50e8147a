"""Forms of the rollout pages."""

from collections.abc import Iterable

from django import forms

from imis_ai.governance.guardrails.vocabulary import SCOPES
from imis_ai.governance.rollout import feedback
from imis_ai.governance.rollout.actions import PER_DAY
from imis_ai.rules.tree import ALWAYS, Among, both
from imis_ai.rules.wire import to_json

CHOSEN = {"tiers": "tier", "chapters": "chapter", "segments": "segment", "sources": "source"}
LISTED = {"campaigns": "campaign", "member_types": "member_type"} | {
    key: word for key, word in CHOSEN.items() if key in ("segments", "sources")
}


class StepForm(forms.Form):
    """A step up or another pilot. Nothing chosen means all members."""

    tiers = forms.MultipleChoiceField(label="Tiers", required=False)
    chapters = forms.MultipleChoiceField(label="Chapters", required=False)
    member_types = forms.CharField(label="Member types", required=False, help_text="Codes, one a line")
    segments = forms.CharField(label="Segments", required=False, help_text="Names, one a line")
    sources = forms.CharField(
        label="Data sources", required=False, help_text="Such as survey or case, one a line"
    )
    campaigns = forms.CharField(label="Campaigns", required=False, help_text="Names, one a line")
    most_per_day = forms.IntegerField(
        label="Most approvals a day of one kind",
        help_text="Beyond it a person decides, as before.",
        min_value=1,
        max_value=1000,
        initial=PER_DAY,
        widget=forms.NumberInput(attrs={"class": "inp"}),
    )
    reason = forms.CharField(label="Why now", max_length=300)

    def __init__(self, *args, with_limit: bool = False, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if not with_limit:
            del self.fields["most_per_day"]
        for name in ("tiers", "chapters"):
            choices = SCOPES.words[CHOSEN[name]].choices()
            self.fields[name].choices = sorted(choices.items(), key=lambda pair: pair[1])
            self.fields[name].widget.attrs = {"class": "inp", "size": min(max(len(choices), 2), 6)}
        for name in LISTED:
            self.fields[name].widget = forms.Textarea(attrs={"class": "inp", "rows": 2})
        self.fields["reason"].widget.attrs = {"class": "inp"}

    def scope(self) -> dict:
        """The pilot as rule JSON."""
        chosen = []
        for name, word in (CHOSEN | LISTED).items():
            given = self.cleaned_data.get(name)
            values = lines(given) if isinstance(given, str) else given
            if values:
                chosen.append(Among(word, tuple(values)))
        return to_json(both(*chosen) if chosen else ALWAYS)


class FeedbackForm(forms.Form):
    """The same questions at every phase."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for name, (question, choices) in feedback.QUESTIONS.items():
            self.fields[name] = forms.ChoiceField(label=question, choices=choices, widget=forms.RadioSelect)
        self.fields["minutes"] = forms.IntegerField(
            label="Minutes a day you spend with it",
            min_value=0,
            max_value=600,
            widget=forms.NumberInput(attrs={"class": "inp"}),
        )
        self.fields["note"] = forms.CharField(
            label="Anything else",
            required=False,
            max_length=2000,
            widget=forms.Textarea(attrs={"class": "inp", "rows": 3}),
        )

    def answers(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in feedback.QUESTIONS}


def lines(text: str) -> list[str]:
    """What was written one a line, without empty lines."""
    return list(_stripped(text.splitlines()))


def _stripped(parts: Iterable[str]) -> Iterable[str]:
    return (part.strip() for part in parts if part.strip())
