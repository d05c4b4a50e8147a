"""The address of the list of members at risk, read into `Filters`."""

import re
from dataclasses import replace

from django import forms
from django.http import QueryDict

from imis_ai.accounts.models import User
from imis_ai.ui.filters import Chip, Option, Several, address, chip, month_name
from retention.queries import list as risk

MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
CONTROL = (("in", "In the control group"), ("out", "Not in the control group"))
SORTS = ("name", "risk", "lapse", "dues", "value", "renews", "next", "worth")


class RiskFilterForm(forms.Form):
    view = forms.ChoiceField(choices=list(risk.VIEWS.items()), required=False)
    horizon = forms.TypedChoiceField(
        choices=[(days, f"{days} days") for days in risk.HORIZONS], coerce=int, required=False
    )
    band = Several(choices=[("hi", "High"), ("md", "Medium"), ("lo", "Low")])
    tier = Several()
    chapter = Several()
    reason = Several(choices=list(risk.REASONS.items()))
    renews = Several()
    control = forms.ChoiceField(choices=CONTROL, required=False)
    owner = Several()
    pick = Several()
    sort = forms.ChoiceField(
        choices=[(sign + key, key) for key in SORTS for sign in ("", "-")], required=False
    )
    page = forms.IntegerField(min_value=1, max_value=100_000, required=False)
    panel = forms.CharField(max_length=60, required=False)

    def clean_renews(self) -> list[str]:
        months = self.cleaned_data["renews"]
        if wrong := [month for month in months if not MONTH.fullmatch(month)]:
            raise forms.ValidationError(f"Write the renewal month as 2026-12, not {wrong[0]!r}.")
        return months

    def filters(self, viewer: User | None = None) -> risk.Filters:
        """What could be read; fields with an error count as not given."""
        clean = self.cleaned_data
        found = risk.Filters(
            view=clean.get("view") or "all",
            horizon=clean.get("horizon") or 90,
            bands=tuple(clean.get("band") or risk.AT_RISK),
            tiers=tuple(clean.get("tier") or ()),
            chapters=tuple(clean.get("chapter") or ()),
            reasons=tuple(clean.get("reason") or ()),
            renews=tuple(clean.get("renews") or ()),
            control=clean.get("control") or "",
            owners=tuple(clean.get("owner") or ()),
            picked=tuple(clean.get("pick") or ()),
            sort=clean.get("sort") or "-risk",
        )
        return replace(found, viewer=viewer.pk) if viewer and found.is_owned else found


def chips(
    *,
    filters: risk.Filters,
    query: QueryDict,
    tiers: list[tuple[str, str]],
    chapters: list[tuple[str, str]],
    months: list[str],
    people: list[tuple[str, str]],
) -> list[Chip]:
    made = []
    if filters.has_bands:
        made.append(_bands(filters, query))
    made.append(chip("tier", "Tier", "Show these tiers", tiers, filters.tiers, query))
    if len(chapters) > 1:
        made.append(chip("chapter", "Chapter", "Show these chapters", chapters, filters.chapters, query))
    if filters.view != "unscored":
        reasons = list(risk.REASONS.items())
        made.append(
            chip(
                "reason",
                "Reason",
                "Where one of these raises the risk",
                reasons,
                filters.reasons,
                query,
                names_itself=True,
            )
        )
    named = [(month, month_name(month)) for month in months]
    made.append(
        chip(
            "renews",
            "Renews",
            "Term ends in these months",
            named,
            filters.renews,
            query,
            names_itself=True,
        )
    )
    chosen, asked = (filters.control,) if filters.control else (), "Members we leave alone to compare"
    made.append(chip("control", "Control group", asked, CONTROL, chosen, query, names_itself=True, one=True))
    if filters.view != "mine":
        made.append(
            chip("owner", "Owner", "Looked after by", people, filters.owners, query, names_itself=True)
        )
    return made


def _bands(filters: risk.Filters, query: QueryDict) -> Chip:
    names = dict(zip(("hi", "md", "lo"), ("High", "Medium", "Low"), strict=True))
    chosen = [key for key in names if key in filters.bands]
    everything = len(chosen) == len(names)
    return Chip(
        name="band",
        label="Risk",
        question="Show members at",
        options=[Option(key, f"{label} risk", key in chosen) for key, label in names.items()],
        is_on=not everything,
        words="any" if everything else ", ".join(names[key] for key in chosen).capitalize(),
        without=address(query, band=list(names)),
    )
