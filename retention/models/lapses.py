"""Why members left, as found and as staff say; and what was learned over all members on a day."""

from django.db import models
from django.db.models import Q


class LapseReason(models.Model):
    """One lapse with its main reason. What a person chose stays, whatever is found later."""

    member = models.ForeignKey("mirror.Member", models.CASCADE)
    lapsed_on = models.DateField()
    is_resigned = models.BooleanField(default=False, help_text="left in mid-term")
    reason = models.CharField(max_length=20, help_text="key of calc.reasons.REASONS, as found")
    confidence = models.FloatField(help_text="0 to 1: share of the chance that this reason accounts for")
    evidence = models.JSONField(default=list, help_text="strongest first: reason, text, on (ISO day)")
    chosen = models.CharField(max_length=20, blank=True, help_text="what a person says instead")
    chosen_by = models.CharField(max_length=150, blank=True)
    chosen_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True)
    dues = models.DecimalField(max_digits=14, decimal_places=2, null=True, help_text="price of the last term")
    returned_on = models.DateField(null=True, help_text="first day of a later term")
    chance = models.FloatField(null=True, help_text="0 to 1: to return within a year")
    chance_low = models.FloatField(null=True)
    chance_high = models.FloatField(null=True)
    found_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member", "lapsed_on"], name="lapse_reason_once"),
            models.CheckConstraint(
                condition=Q(chosen="") | ~Q(chosen_by=""), name="lapse_reason_chosen_by_somebody"
            ),
        ]
        indexes = [models.Index(fields=["lapsed_on"], name="lapse_reason_by_day")]

    @property
    def main(self) -> str:
        """What counts: the person's word before the machine's."""
        return self.chosen or self.reason


class Study(models.Model):
    """Something learned over all members on a day: reasons, returns, cohorts, breaks. The newest counts."""

    name = models.CharField(max_length=40)
    as_of = models.DateField()
    made_at = models.DateTimeField()
    body = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "as_of"], name="study_once_a_day")]


class CohortPlan(models.Model):
    """Hours and money that staff plan for a cohort in a quarter; the newest row of a cohort counts."""

    by = models.CharField(max_length=20)
    cohort = models.CharField(max_length=100)
    quarter = models.CharField(max_length=7, help_text="2027-Q1")
    hours = models.DecimalField(max_digits=7, decimal_places=1, null=True)
    money = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    planned_by = models.CharField(max_length=150)
    planned_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["by", "cohort", "quarter"], name="cohort_planned_once"),
            models.CheckConstraint(
                condition=(Q(hours__isnull=True) | Q(hours__gte=0))
                & (Q(money__isnull=True) | Q(money__gte=0)),
                name="cohort_plan_not_below_nothing",
            ),
        ]


class WinBackOffer(models.Model):
    """Which offer of the catalogue goes with a reason; editable, the newest word counts."""

    reason = models.CharField(max_length=20, unique=True)
    offer = models.CharField(max_length=100, blank=True, help_text="name in the catalogue; empty: none")
    chosen_by = models.CharField(max_length=150)
    chosen_at = models.DateTimeField()
