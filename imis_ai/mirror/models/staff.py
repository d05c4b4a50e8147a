"""What staff say of the data: changes of the programme, problems counted, rows left as they are."""

from django.db import models
from django.db.models import Q


class EnteredChange(models.Model):
    """A change of the programme that staff entered here: trends are read by it, models learn anew for it."""

    class Kind(models.TextChoices):
        PRICE = "price", "Price"
        BENEFIT = "benefit", "Benefit"
        TIER = "tier", "Tier"
        POLICY = "policy", "Rule or policy"
        SERVICE = "service", "Portal, event or service"
        OTHER = "other", "Other"

    on = models.DateField()
    kind = models.CharField(max_length=10, choices=Kind)
    what = models.CharField(max_length=300)
    whom = models.CharField(max_length=200, blank=True, help_text="whom it touches; all members when empty")
    source = models.CharField(max_length=200, blank=True, help_text="where that is written")
    retrains = models.BooleanField(default=False, help_text="the models learn anew because of it")
    entered_by = models.CharField(max_length=150)
    entered_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    removed_by = models.CharField(max_length=150, blank=True)
    removed_because = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True) | ~Q(removed_by=""),
                name="entered_change_removed_by_somebody",
            )
        ]


class QualityCount(models.Model):
    """How many rows of one problem a check found on a day."""

    problem = models.CharField(max_length=40)
    on = models.DateField()
    number = models.IntegerField()
    ignored = models.IntegerField(default=0, help_text="of these, left as they are on purpose")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["problem", "on"], name="quality_counted_once_a_day")]


class QualityIgnored(models.Model):
    """A row that a person leaves as it is, with the reason; not counted among the problems any more."""

    problem = models.CharField(max_length=40)
    key = models.CharField(max_length=200, help_text="of the row, as the problem names it")
    reason = models.CharField(max_length=300)
    by = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["problem", "key"], name="quality_ignored_once")]
