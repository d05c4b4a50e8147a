"""The form of the risk policy; of 100 as people say it, shares as the policy keeps it."""

from typing import Any

from django import forms

from retention.calc.bands import of_100
from retention.models import Policy as Kept
from retention.queries.policy import Policy

MOST_CALLS = 2000


def _number(label: str, least: int, most: int, hint: str = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        help_text=hint,
        widget=forms.NumberInput(attrs={"class": "inp num"}),
    )


class PolicyForm(forms.Form):
    """What two people decide on."""

    mode = forms.ChoiceField(
        label="High risk begins at", choices=Kept.Mode.choices, widget=forms.Select(attrs={"class": "inp"})
    )
    high_from = _number("High from, of 100", 2, 100, "Used when the line is a score.")
    top_share = _number("Share of the members, %", 1, 50, "Used when the line is a share.")
    medium_from = _number("Medium from, of 100", 1, 99, "Below is low: the standard notice and nothing else.")
    calls_a_week = _number(
        "Calls a week", 1, MOST_CALLS, "What your staff can do. The call list has that size."
    )
    hysteresis = _number(
        "Left when under the line by, points", 0, 30, "So that a member does not come and go with the noise."
    )
    publish_every = forms.ChoiceField(
        label="Call lists and scores in iMIS are published",
        choices=Kept.Every.choices,
        help_text="Scores are made every night; a list that changes daily makes people chase noise.",
        widget=forms.Select(attrs={"class": "inp"}),
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean()
        high, medium = found.get("high_from"), found.get("medium_from")
        if high and medium and medium >= high and found.get("mode") == Kept.Mode.CUT:
            self.add_error("medium_from", f"Medium begins under high. Choose less than {high}.")
        return found

    def policy(self) -> Policy:
        """What was asked for."""
        given = self.cleaned_data
        return Policy(
            mode=given["mode"],
            medium_from=given["medium_from"] / 100,
            high_from=given["high_from"] / 100,
            top_share=given["top_share"] / 100,
            calls_a_week=given["calls_a_week"],
            hysteresis=given["hysteresis"] / 100,
            publish_every=given["publish_every"],
        )


def entered(policy: Policy) -> dict[str, Any]:
    """The values of a policy as the form has them."""
    shares = ("medium_from", "high_from", "top_share", "hysteresis")
    kept = {name: getattr(policy, name) for name in ("mode", "calls_a_week", "publish_every")}
    return kept | {name: of_100(getattr(policy, name)) for name in shares}
