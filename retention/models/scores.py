"""Scores. One `ScoreRun` is staged whole, then made current in one UPDATE."""

from django.db import models
from django.db.models import F, Q, Value

from retention.calc.bands import Bands

WORTH_A_LOOK = 0.25  # lists begin at medium risk; rows below are seldom read in the order of 30 or 60 days


class ScoreRun(models.Model):
    as_of = models.DateField()
    model_name = models.CharField(max_length=60)
    model_version = models.CharField(max_length=60)
    created_at = models.DateTimeField()
    is_current = models.BooleanField(default=False)
    is_backfill = models.BooleanField(
        default=False,
        help_text="computed afterwards for a past date, with a model that is younger than the date",
    )
    scored = models.IntegerField(default=0)
    abstained = models.IntegerField(default=0)
    high_value = models.DecimalField(
        max_digits=14,
        decimal_places=2,
        null=True,
        help_text="from here on a member is among the tenth of the scored with the highest value",
    )
    medium_from = models.FloatField(null=True, help_text="lines of the policy; empty: as they come")
    high_from = models.FloatField(null=True)
    worth = models.JSONField(default=dict, help_text="how the worth of a call is found, and from how much")
    totals = models.JSONField(
        default=dict,
        db_default=Value({}, models.JSONField()),
        help_text="by chapter code: scored, at_risk, lost (dues), ending and renewing (terms in 90 days)",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_current"], condition=Q(is_current=True), name="score_run_one_current"
            )
        ]

    @property
    def bands(self) -> Bands:
        """The lines between the bands of its scores."""
        return Bands.of(self.medium_from, self.high_from)


class ScoreInputs(models.Model):
    """What the model was fed with for members of a run, kept so that a score can be computed again.

    `rows` is an array file without code in it. Rescored members have a younger one beside the run's first.
    """

    run = models.ForeignKey(ScoreRun, models.CASCADE)
    made_at = models.DateTimeField()
    rows = models.BinaryField()


class RiskScore(models.Model):
    """Chances are 0 to 1, ranges are 80 % ranges; `risk_renewal`: to lapse at the next renewal."""

    run = models.ForeignKey(ScoreRun, models.CASCADE, db_index=False)  # the indexes below begin with it
    member = models.ForeignKey("mirror.Member", models.CASCADE)
    risk_30 = models.FloatField(null=True)
    low_30 = models.FloatField(null=True)
    high_30 = models.FloatField(null=True)
    risk_60 = models.FloatField(null=True)
    low_60 = models.FloatField(null=True)
    high_60 = models.FloatField(null=True)
    risk_90 = models.FloatField(null=True)
    low_90 = models.FloatField(null=True)
    high_90 = models.FloatField(null=True)
    risk_renewal = models.FloatField(null=True)
    low_renewal = models.FloatField(null=True)
    high_renewal = models.FloatField(null=True)
    lapse_on = models.DateField(null=True, help_text="most likely lapse date")
    lapse_from = models.DateField(null=True)
    lapse_to = models.DateField(null=True)
    renews_on = models.DateField(null=True, help_text="end of the current term")
    dues = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, help_text="price of the current term"
    )
    value = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, help_text="what the member paid in the last 12 months"
    )
    factors = models.JSONField(
        default=list,
        help_text="up to three, strongest first: feature, chip (<= 26 characters), sentence, evidence, "
        "weight 0 to 1, direction raises or lowers",
    )
    abstained = models.CharField(
        max_length=200, blank=True, help_text="why there is no score; empty when there is one"
    )

    class Meta:
        indexes = [  # in the order of the list, so that a page reads its 50 rows and no more
            models.Index(F("run"), F("risk_90").desc(nulls_last=True), F("id"), name="score_by_risk_90"),
            models.Index(
                F("run"),
                F("risk_60").desc(nulls_last=True),
                F("id"),
                name="score_by_risk_60",
                condition=Q(risk_60__gte=WORTH_A_LOOK),
            ),
            models.Index(
                F("run"),
                F("risk_30").desc(nulls_last=True),
                F("id"),
                name="score_by_risk_30",
                condition=Q(risk_30__gte=WORTH_A_LOOK),
            ),
            models.Index(fields=["run", "renews_on"], name="score_by_renewal"),
            models.Index(fields=["run", "id"], name="score_abstained", condition=~Q(abstained="")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "member"],
                name="score_once_per_run",
                # what the first page adds up, so that sums over everybody do not read the wide rows
                include=[
                    "risk_90",
                    "low_90",
                    "high_90",
                    "risk_renewal",
                    "low_renewal",
                    "high_renewal",
                    "renews_on",
                    "dues",
                ],
            ),
            models.CheckConstraint(
                condition=Q(risk_90__isnull=True) | Q(risk_30__lte=F("risk_60"), risk_60__lte=F("risk_90")),
                name="score_never_falls_with_the_horizon",
            ),
        ]
