"""The catalogue of offers in the admin: a form that writes a version, and the steps of two people."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from imis_ai.governance.admin.versioned import VersionedAdmin
from imis_ai.governance.messages import offers
from imis_ai.governance.models import Offer, OfferVersion

TERMS = tuple(offers.Terms.__dataclass_fields__)


def _money(label: str, about: str) -> forms.DecimalField:
    return forms.DecimalField(max_digits=14, decimal_places=2, min_value=0, label=label, help_text=about)


class OfferForm(forms.ModelForm):
    what = forms.CharField(
        max_length=200,
        help_text="As the member reads it.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    cost = _money("Cost", "What one costs us.")
    price_effect = forms.DecimalField(
        max_digits=5, decimal_places=2, min_value=0, max_value=100, initial=0, label="Percent off the dues"
    )
    ceiling = _money("Ceiling", "The most that one member may get.")
    budget = _money("Budget", "For all members together.")
    needs_approval_above = _money("Second person above", "Over this amount a second person approves.")
    expires_after_days = forms.IntegerField(min_value=1, max_value=365, initial=14)
    reasons = forms.CharField(
        required=False,
        help_text="Reasons and stages it fits, with commas between. Empty: any. In retention the reasons are"
        " groups of features (events, portal, payments …), the stages early, expiry, grace.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    parts = forms.IntegerField(
        min_value=0,
        max_value=12,
        initial=0,
        required=False,
        label="Parts",
        help_text="Of a payment plan: in how many parts the dues are paid. 0: no plan.",
    )
    note = forms.CharField(
        required=False,
        max_length=300,
        label="Why it is changed",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )

    class Meta:
        model = Offer
        fields = ("name", "needs")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        newest = self.instance.versions.first() if self.instance.pk else None
        if newest and "what" in self.fields:
            for name in TERMS:
                value = getattr(newest, name)
                self.fields[name].initial = ", ".join(value) if name == "reasons" else value

    def clean_parts(self) -> int:
        return self.cleaned_data["parts"] or 0

    def clean_reasons(self) -> list[str]:
        return [part.strip() for part in self.cleaned_data["reasons"].split(",") if part.strip()]


@admin.register(Offer)
class OfferAdmin(VersionedAdmin):
    form = OfferForm
    versions = OfferVersion
    steps = {
        "submit": offers.submit,
        "approve": offers.approve,
        "send_back": offers.send_back,
        "retire": offers.retire,
    }
    change_form_template = "governance/admin/offer.html"
    list_display = ("name", "live", "waiting")
    search_fields = ("name",)
    fields = ("name", "needs", *TERMS, "note")

    def of(self, version: OfferVersion) -> Offer:
        return version.offer

    def save_version(self, request: HttpRequest, row: Offer, entered: dict[str, Any]) -> OfferVersion:
        terms = offers.Terms(**{name: entered[name] for name in TERMS})
        return offers.save(offer=row, terms=terms, by=request.user, now=timezone.now(), note=entered["note"])

    def beside(self, request: HttpRequest, version: OfferVersion) -> dict[str, Any]:
        return {"history": version.offer.versions.all(), "left": offers.left_of_budget(version)}
