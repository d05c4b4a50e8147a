"""What each source of data is worth to the churn model, and what fields that may be unfair would change."""

from django.db import models


class Ablation(models.Model):
    """One part with and without, measured for one version on the same later decisions."""

    class Kind(models.TextChoices):
        SOURCE = "source", "Source of data"
        FIELD = "field", "Field that may be unfair"

    version = models.CharField(max_length=60, help_text="of the churn model that was live")
    kind = models.CharField(max_length=10, choices=Kind)
    part = models.CharField(max_length=40)
    found_with = models.FloatField(help_text="share of later lapses among the fifth of members put first")
    found_without = models.FloatField()
    low = models.FloatField(help_text="80 % range of the gain")
    high = models.FloatField()
    lapses = models.IntegerField()
    members = models.IntegerField()
    gaps = models.JSONField(default=dict, help_text="of a field: widest gap between groups, with and without")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "kind", "part"], name="ablation_once_per_version")
        ]
