"""Where the lines between the bands are, by whose decision; and who has crossed one."""

from django.db import models
from django.db.models import F, Q


class Policy(models.Model):
    """One version that took effect. It is never changed: the next one replaces it."""

    class Mode(models.TextChoices):
        CUT = "cut", "A score"
        CAPACITY = "capacity", "As many as we can call"
        SHARE = "share", "A share of the members"

    class Every(models.TextChoices):
        DAY = "day", "Every working day"
        WEEK = "week", "Every Monday"
        MONTH = "month", "On the first of the month"

    version = models.PositiveIntegerField(unique=True)
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.CUT)
    high_from = models.FloatField(help_text="with a score as the line; else where it was when it began")
    medium_from = models.FloatField()
    top_share = models.FloatField(default=0.1, help_text="with a share as the line")
    calls_a_week = models.PositiveSmallIntegerField(default=10)
    hysteresis = models.FloatField(default=0.05, help_text="so far under a line somebody has left it")
    publish_every = models.CharField(max_length=5, choices=Every, default=Every.WEEK)
    proposal = models.PositiveIntegerField(unique=True, help_text="the decision of two people")
    decided_by = models.CharField(max_length=320)
    live_from = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["replaced_at"],
                condition=Q(replaced_at=None),
                name="policy_one_live",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(medium_from__gt=0, medium_from__lt=F("high_from"), high_from__lte=1),
                name="policy_medium_is_under_high",
            ),
            models.CheckConstraint(
                condition=Q(hysteresis__gte=0, hysteresis__lte=0.3, calls_a_week__gte=1)
                & Q(top_share__gt=0, top_share__lte=0.5),
                name="policy_makes_sense",
            ),
        ]

    def __str__(self) -> str:
        return f"policy {self.version}"


class Crossing(models.Model):
    """A member came over the line of a band. It ends well under the line, so that nobody flickers."""

    member = models.ForeignKey("mirror.Member", models.CASCADE)
    band = models.CharField(max_length=2, choices=[("hi", "High"), ("md", "Medium")])
    risk = models.FloatField(help_text="within 90 days, at the crossing")
    policy = models.PositiveIntegerField(help_text="version; 0: as it came")
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True, help_text="when its effects in iMIS were suggested")
    withdrawn_at = models.DateTimeField(null=True, help_text="when their end was suggested")

    class Meta:
        indexes = [models.Index(fields=["band", "entered_at"], name="crossing_by_band")]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "band"], condition=Q(left_at=None), name="crossing_once_while_it_lasts"
            )
        ]
