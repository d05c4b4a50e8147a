"""The form of a guardrail: what its kind asks for, where it applies, and why it is changed."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms

from imis_ai.governance.guardrails import kinds, terms
from imis_ai.governance.guardrails.vocabulary import FIELDS, PROPOSALS, SIGNALS
from imis_ai.governance.models import Guardrail
from imis_ai.governance.rollout.areas import AREAS
from imis_ai.rules.wire import BadRule

INPUT = {"class": "inp"}
SCOPE = ("areas", "tiers", "chapters")


def _text(label: str, **more: Any) -> forms.Field:
    return forms.CharField(label=label, max_length=300, widget=forms.TextInput(attrs=INPUT), **more)


def _long(label: str, rows: int, **more: Any) -> forms.Field:
    return forms.CharField(label=label, widget=forms.Textarea(attrs=INPUT | {"rows": rows}), **more)


def _decimal(label: str, **more: Any) -> forms.Field:
    return forms.DecimalField(label=label, decimal_places=2, widget=forms.NumberInput(attrs=INPUT), **more)


def _whole(label: str, least: int, **more: Any) -> forms.Field:
    return forms.IntegerField(
        label=label, min_value=least, max_value=1000, widget=forms.NumberInput(attrs=INPUT), **more
    )


def _choice(label: str, choices: list[tuple[str, str]]) -> forms.Field:
    return forms.ChoiceField(label=label, choices=choices, widget=forms.Select(attrs=INPUT))


def _several(label: str, choices: dict[str, str], *, help_text: str = "") -> forms.Field:
    size = min(max(len(choices), 2), 6)
    return forms.MultipleChoiceField(
        label=label,
        choices=sorted(choices.items(), key=lambda pair: pair[1]),
        required=False,
        help_text=help_text,
        widget=forms.SelectMultiple(attrs=INPUT | {"size": size}),
    )


def _known(word: str) -> dict[str, str]:
    choices = PROPOSALS.words[word].choices
    return dict(choices()) if choices else {}


def _areas() -> dict[str, str]:
    return {area.name: area.label for area in AREAS.values()}


def _most(kind: str) -> forms.Field:
    if kind == "cap":
        return _whole("Contacts at most", 0)
    return _decimal("At most", min_value=Decimal(0), max_value=Decimal(10) ** 12)


ASKED: dict[str, Callable[[str], forms.Field]] = {
    "measure": lambda kind: _choice("What is limited", list(kinds.MEASURES.items())),
    "most": _most,
    "days": lambda kind: _whole("In how many days", 1),
    "area": lambda kind: _choice(
        "Counted", [("", "All areas together"), (kinds.EACH, "Each area by itself"), *_areas().items()]
    ),
    "from_tiers": lambda kind: _several("From these tiers", _known("from_tier"), help_text="None: any"),
    "to_tiers": lambda kind: _several("To these tiers", _known("to_tier"), help_text="None: any"),
    "most_down": lambda kind: _whole("Tiers down at most", 0, required=False, help_text="Empty: any move"),
    "least": lambda kind: _decimal("At least, in money"),
    "share": lambda kind: _decimal(
        "Of 100 members, how many at the top", min_value=Decimal(0), max_value=Decimal(100)
    ),
    "off": lambda kind: forms.MultipleChoiceField(
        label="Switched off",
        choices=list(FIELDS.items()),
        required=False,
        help_text="Switching one on needs two signatures.",
        widget=forms.CheckboxSelectMultiple,
    ),
    "on": lambda kind: forms.MultipleChoiceField(
        label="Switched on",
        choices=list(SIGNALS.items()),
        required=False,
        help_text="Switching one on needs two signatures.",
        widget=forms.CheckboxSelectMultiple,
    ),
    "terms": lambda kind: _long("Terms, one a line", 8),
    "entries": lambda kind: _long("One a line", 10, required=False),
    "why": lambda kind: _text("Why they may not stand in a text"),
    "rule": lambda kind: _long(
        "Objects where", 8, help_text="A rule as JSON over the words listed below the form."
    ),
    "says": lambda kind: _text("The objection, as a sentence for staff"),
}


class GuardrailForm(forms.ModelForm):
    """One form for all kinds; `kind` decides what is asked."""

    class Meta:
        model = Guardrail
        fields = ["name"]
        widgets = {"name": forms.TextInput(attrs=INPUT)}

    kind = ""  # set by the subclass that `form_for` makes

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["name"]
        for name in kinds.find(self.kind).asks:
            self.fields[name] = ASKED[name](self.kind)
        hint = "None chosen: everywhere"
        self.fields["areas"] = _several("Only in these areas", _areas(), help_text=hint)
        self.fields["tiers"] = _several("Only for these tiers", _known("tier"), help_text=hint)
        self.fields["chapters"] = _several("Only for these chapters", _known("chapter"), help_text=hint)
        if self.instance.pk:
            self.fields["is_off"] = forms.BooleanField(label="Switch the whole guardrail off", required=False)
        self.fields["reason"] = _text("Why")

    def clean_terms(self) -> list[str]:
        try:
            found = terms.cleaned(self.cleaned_data["terms"].splitlines())
        except terms.BadTerm as problem:
            raise forms.ValidationError(str(problem)) from None
        return found

    def clean_entries(self) -> list[str]:
        try:
            return terms.cleaned(self.cleaned_data["entries"].splitlines())
        except terms.BadTerm as problem:
            raise forms.ValidationError(str(problem)) from None

    def clean_rule(self) -> dict:
        try:
            given = json.loads(self.cleaned_data["rule"])
        except ValueError:
            raise forms.ValidationError("This is not JSON. Check brackets and quotes.") from None
        return given

    def clean(self) -> dict:
        cleaned = super().clean()
        if self.errors:
            return cleaned
        moves = ("from_tiers", "to_tiers", "most_down")
        if self.kind == "move" and not any(cleaned.get(name) not in (None, "", []) for name in moves):
            raise forms.ValidationError("Choose tiers, or how many tiers down at most.")
        try:
            kinds.find(self.kind).build(self.entered())
        except BadRule as problem:
            raise forms.ValidationError(str(problem)) from None
        return cleaned

    def entered(self) -> dict[str, Any]:
        """What was entered, as it is kept."""
        names = [*kinds.find(self.kind).asks, *SCOPE]
        return {name: _plain(self.cleaned_data.get(name)) for name in names}


def form_for(kind: str) -> type[GuardrailForm]:
    """The form class for one kind."""
    return type("KindForm", (GuardrailForm,), {"kind": kind})


def initial_of(entered: dict[str, Any]) -> dict[str, Any]:
    """The form's values from what is kept."""
    shown = dict(entered)
    if "terms" in shown:
        shown["terms"] = "\n".join(shown["terms"])
    if "entries" in shown:
        shown["entries"] = "\n".join(shown["entries"])
    if "rule" in shown:
        shown["rule"] = json.dumps(shown["rule"], indent=2)
    return shown


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value
