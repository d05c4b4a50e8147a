"""The address of the list of members at risk, read into `Filters`."""

import re
from dataclasses import dataclass
from datetime import date

from django import forms
from django.http import QueryDict

from retention.queries import list as risk

MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
SORTS = ("name", "risk", "lapse", "dues", "value", "renews", "next")


class Several(forms.MultipleChoiceField):
    """Any number of values; without `choices` any text, which then simply matches or does not."""

    def __init__(self, *, choices=(), **kwargs) -> None:
        super().__init__(choices=choices, required=False, **kwargs)
        self.is_open = not choices

    def valid_value(self, value: str) -> bool:
        return self.is_open or super().valid_value(value)


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

    def filters(self) -> risk.Filters:
        """What could be read; fields with an error count as not given."""
        clean = self.cleaned_data
        return risk.Filters(
            view=clean.get("view") or "all",
            horizon=clean.get("horizon") or 90,
            bands=tuple(clean.get("band") or risk.AT_RISK),
            tiers=tuple(clean.get("tier") or ()),
            chapters=tuple(clean.get("chapter") or ()),
            reasons=tuple(clean.get("reason") or ()),
            renews=tuple(clean.get("renews") or ()),
            picked=tuple(clean.get("pick") or ()),
            sort=clean.get("sort") or "-risk",
        )


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    is_on: bool
    number: int | None = None


@dataclass(frozen=True)
class Chip:
    """One filter above the list: its words when set, its choices in the popover, the address without it."""

    name: str
    label: str
    question: str
    options: list[Option]
    is_on: bool
    words: str
    without: str
    input: str = "checkbox"
    names_itself: bool = False


def address(query: QueryDict, **changes: object) -> str:
    """The query string with some keys set (lists too) or, with None, dropped; page and panel start afresh."""
    copy = query.copy()
    for name, value in {"page": None, "panel": None, **changes}.items():
        if value is None:
            copy.pop(name, None)
        elif isinstance(value, list | tuple):
            copy.setlist(name, list(value))
        else:
            copy[name] = value
    return f"?{copy.urlencode()}"


def chips(
    *,
    filters: risk.Filters,
    query: QueryDict,
    tiers: list[tuple[str, str]],
    chapters: list[tuple[str, str]],
    months: list[str],
) -> list[Chip]:
    made = []
    if filters.has_bands:
        made.append(_bands(filters, query))
    made.append(_chip("tier", "Tier", "Show these tiers", tiers, filters.tiers, query))
    if len(chapters) > 1:
        made.append(_chip("chapter", "Chapter", "Show these chapters", chapters, filters.chapters, query))
    if filters.view != "unscored":
        reasons = list(risk.REASONS.items())
        made.append(
            _chip("reason", "Reason", "Where one of these raises the risk", reasons, filters.reasons, query)
        )
    named = [(month, _month(month)) for month in months]
    made.append(_chip("renews", "Renews", "Term ends in these months", named, filters.renews, query))
    return made


def removable(made: list[Chip]) -> list[tuple[str, str]]:
    """Filters that narrow the list, as words and the address without them."""
    return [(f"{chip.label}: {chip.words}", chip.without) for chip in made if chip.is_on]


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


def _chip(
    name: str,
    label: str,
    question: str,
    choices: list[tuple[str, str]],
    chosen: tuple[str, ...],
    query: QueryDict,
) -> Chip:
    on = [text for value, text in choices if value in chosen] or [*chosen]
    more = f" +{len(on) - 1}" if len(on) > 1 else ""
    return Chip(
        name=name,
        label=label,
        question=question,
        options=[Option(value, text, value in chosen) for value, text in choices],
        is_on=bool(on),
        words=on[0] + more if on else "any",
        without=address(query, **{name: None}),
        names_itself=name in ("renews", "reason"),
    )


def _month(month: str) -> str:
    return f"{date.fromisoformat(f'{month}-01'):%b %Y}"
