"""Forms of the pages on experiments."""

from decimal import Decimal

from django import forms
from django.conf import settings

from imis_ai.governance.experiments import audience, plan
from imis_ai.governance.models import Experiment, Offer, TemplateVersion
from imis_ai.governance.rollout.areas import AREAS

SIZES = (("0.5", "Half"), ("0.3", "30 of 100"), ("0.2", "20 of 100"), ("0.1", "10 of 100"), ("0", "Nobody"))
ARMS = (1, 2, 3)


def _text(label: str, *, required: bool = True, most: int = 80, hint: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=most,
        help_text=hint,
        widget=forms.TextInput(attrs={"class": "inp"}),
    )


def _choice(label: str, choices, *, hint: str = "", required: bool = True) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=choices,
        required=required,
        help_text=hint,
        widget=forms.Select(attrs={"class": "inp"}),
    )


class PlanForm(forms.Form):
    """Everything that is fixed with the start."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        number = {"class": "inp", "inputmode": "decimal"}
        self.fields["name"] = _text("Name")
        self.fields["area"] = _choice("Area", [(each.name, each.label) for each in AREAS.values()])
        self.fields["audience"] = _choice("Who", audience.choices())
        self.fields["outcome_by"] = forms.DateField(
            label="Renewed by",
            help_text="The last day that counts. Until then the control group is left alone.",
            widget=forms.DateInput(attrs={"class": "inp", "type": "date"}),
        )
        self.fields["window_days"] = forms.IntegerField(
            label="Days after the term's end in which a renewal counts",
            min_value=0,
            max_value=365,
            initial=settings.GRACE_DAYS,
            widget=forms.NumberInput(attrs={"class": "inp"}),
        )
        self.fields["control_share"] = _choice("Left alone to compare", SIZES)
        self.fields["no_control_reason"] = _text(
            "Why nobody is left alone", required=False, most=300, hint="Only where nobody is. It is kept."
        )
        self.fields["rule"] = _choice(
            "When it is read",
            Experiment.Rule.choices,
            hint="One look sees smaller differences. Looking at any time needs a wider range.",
        )
        self.fields["cycles"] = forms.IntegerField(
            label="Cycles that are read together",
            min_value=1,
            max_value=12,
            initial=3,
            widget=forms.NumberInput(attrs={"class": "inp"}),
        )
        self.fields["is_everywhere"] = forms.BooleanField(
            label="Leave the control group alone in every area", required=False
        )
        self._add_arms(number)

    def _add_arms(self, number: dict[str, str]) -> None:
        versions = TemplateVersion.objects.filter(state=TemplateVersion.State.APPROVED)
        texts = versions.select_related("template").order_by("template__area", "template__name")
        choices = [(each.template_id, f"{each.template.name} ({each.template.area})") for each in texts]
        offers = [("", "No offer"), *Offer.objects.order_by("name").values_list("pk", "name")]
        for at in ARMS:
            self.fields[f"label_{at}"] = _text("What is tried", required=at == 1, most=60)
            self.fields[f"templates_{at}"] = forms.TypedMultipleChoiceField(
                label="Texts",
                choices=choices,
                coerce=int,
                required=False,
                help_text="None chosen: those of the outreach.",
                widget=forms.SelectMultiple(attrs={"class": "inp", "size": min(max(len(choices), 2), 5)}),
            )
            self.fields[f"offer_{at}"] = _choice("Offer", offers, required=False)
            self.fields[f"cadence_{at}"] = _text("Schedule", required=False)
            self.fields[f"cost_{at}"] = forms.DecimalField(
                label="Cost of contacting one member, staff time included",
                required=False,
                min_value=0,
                max_digits=10,
                decimal_places=2,
                widget=forms.TextInput(attrs=number),
            )

    @property
    def arms(self) -> list[tuple[int, list[forms.BoundField]]]:
        """The fields of each arm together."""
        names = ("label", "templates", "offer", "cadence", "cost")
        return [(at, [self[f"{name}_{at}"] for name in names]) for at in ARMS]

    @property
    def common(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if not name[-1].isdigit()]

    def plan(self) -> plan.Plan:
        clean = self.cleaned_data
        offers = {str(offer.pk): offer for offer in Offer.objects.all()}
        arms = [
            plan.ArmPlan(
                label=clean[f"label_{at}"],
                templates=clean[f"templates_{at}"],
                offer=offers.get(clean[f"offer_{at}"]),
                cadence=clean[f"cadence_{at}"],
                cost=clean[f"cost_{at}"] or Decimal(0),
            )
            for at in ARMS
            if clean[f"label_{at}"].strip()
        ]
        kept = (
            "name",
            "area",
            "audience",
            "outcome_by",
            "window_days",
            "no_control_reason",
            "rule",
            "cycles",
        )
        return plan.Plan(
            arms=arms,
            control_share=float(clean["control_share"]),
            is_everywhere=clean["is_everywhere"],
            **{name: clean[name] for name in kept},
        )
