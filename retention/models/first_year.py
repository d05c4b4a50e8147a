"""What staff did about a step of a member's first year. The steps follow from what the member did."""

from django.conf import settings
from django.db import models


class FirstYearStep(models.Model):
    class What(models.TextChoices):
        ASKED = "asked", "a draft was made"
        SKIPPED = "skipped"

    member = models.ForeignKey("mirror.Member", models.CASCADE, related_name="+")
    day = models.PositiveSmallIntegerField(help_text="30, 60 or 90")
    what = models.CharField(max_length=10, choices=What)
    use = models.CharField(max_length=30, blank=True, help_text="of the text, such as first-year-peer")
    reason = models.CharField(max_length=20, blank=True, help_text="why it was skipped")
    proposal = models.ForeignKey("governance.Proposal", models.SET_NULL, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member", "day"], name="firstyearstep_once_per_member_and_day")
        ]
