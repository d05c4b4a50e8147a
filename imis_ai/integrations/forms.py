"""Forms of the pages on other systems: words in, clean values out."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.timezone import get_current_timezone

from imis_ai.accounts.models import User
from imis_ai.integrations.actions.clients import MOST_PER_MINUTE
from imis_ai.integrations.models import PER_MINUTE
from imis_ai.integrations.scopes import SCOPES
from imis_ai.integrations.webhooks.events import EVENTS
from imis_ai.mirror import access


class ClientForm(forms.Form):
    name = forms.CharField(
        label="Name", max_length=80, help_text="The system that will ask, such as Power BI."
    )
    owner = forms.ModelChoiceField(
        label="Owner",
        queryset=User.objects.none(),
        empty_label="Choose",
        help_text="It reads with a part of this person's rights, and stops when they leave.",
    )
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=[(name, f"{scope.does.capitalize()} ({name})") for name, scope in SCOPES.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    chapters = forms.MultipleChoiceField(
        label="Only these chapters",
        help_text="None chosen: all that its owner sees.",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    expires_on = forms.DateField(
        label="Ends on",
        help_text="366 days from now at most.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    per_minute = forms.IntegerField(
        label="Calls a minute", min_value=1, max_value=MOST_PER_MINUTE, initial=PER_MINUTE
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).order_by("first_name", "last_name", "username")
        self.fields["owner"].queryset = people
        self.fields["owner"].widget.attrs["class"] = "inp"
        self.fields["owner"].label_from_instance = lambda one: f"{one}, {one.get_role_display().lower()}"
        names = access.chapter_names()
        self.fields["chapters"].choices = list(names.items())
        if not names:
            del self.fields["chapters"]

    def given(self) -> dict[str, Any]:
        """What the action takes. Only after cleaning."""
        clean = self.cleaned_data
        ends = dt.datetime.combine(clean["expires_on"], dt.time(23, 59), tzinfo=get_current_timezone())
        return {
            **{key: clean[key] for key in ("name", "owner", "scopes", "per_minute")},
            "chapters": clean.get("chapters", []),
            "expires_at": ends,
        }


class WebhookForm(forms.Form):
    name = forms.CharField(label="Name", max_length=80, help_text="The system that is told.")
    address = forms.CharField(
        label="Address",
        max_length=500,
        help_text="Where messages are sent, such as https://hooks.example.org/imis.",
    )
    events = forms.MultipleChoiceField(label="Tell it when", widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(event.name, f"{event.what.capitalize()} ({event.name})") for event in EVENTS.values()]
        self.fields["events"].choices = named


class ExportForm(forms.Form):
    form = forms.ChoiceField(
        label="Format",
        choices=[
            ("parquet", "Parquet, for BI tools and warehouses"),
            ("csv", "CSV, for spreadsheets"),
        ],
        initial="parquet",
        widget=forms.RadioSelect,
    )
    with_names = forms.BooleanField(label="With names and addresses", required=False)
    reason = forms.CharField(label="What it is for", max_length=200, help_text="Kept in the audit log.")
