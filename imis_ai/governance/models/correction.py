"""What staff say against something that was shown. The row stays when it is over; how it ended is kept."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

PERSON = settings.AUTH_USER_MODEL


class Correction(models.Model):
    """One statement about a card of a member: `shown` is what stood there, `says` what staff say instead."""

    class State(models.TextChoices):
        STANDING = "standing"
        WITHDRAWN = "withdrawn"
        REPLACED = "replaced", "replaced by a later one"
        EXPIRED = "expired"

    class Source(models.TextChoices):
        CARD = "card", "on the member's card"
        LIST = "list", "several in a list"
        QUEUE = "queue", "in the review queue"

    area = models.CharField(max_length=20)
    card = models.CharField(max_length=30, help_text="name in governance.corrections.topics")
    imis_id = models.CharField(max_length=60)
    shown = models.CharField(max_length=200, blank=True, help_text="in words, as it was read")
    value = models.JSONField(default=dict, help_text="the figures behind it")
    model = models.CharField(max_length=60, blank=True)
    version = models.CharField(max_length=60, blank=True)
    says = models.CharField(max_length=20)
    reason = models.CharField(max_length=20, blank=True)
    text = models.CharField(max_length=500, blank=True)
    until = models.DateField(null=True, help_text="last day on which it stands; empty: until it is withdrawn")
    source = models.CharField(max_length=10, choices=Source, default=Source.CARD)
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    needs_second = models.BooleanField(default=False, help_text="teaches nothing before somebody agrees")
    agreed_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    agreed_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.STANDING)
    ended_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["card", "imis_id"],
                condition=Q(state="standing"),
                name="correction_one_stands",
            ),
            models.CheckConstraint(
                condition=Q(state="standing", ended_at__isnull=True)
                | ~Q(state="standing") & Q(ended_at__isnull=False),
                name="correction_over_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(agreed_by__isnull=True, agreed_at__isnull=True)
                | Q(agreed_at__isnull=False) & ~Q(agreed_by=F("by")),
                name="correction_agreed_by_somebody_else",
            ),
        ]
        indexes = [
            models.Index(fields=["imis_id"], name="correction_by_member"),
            models.Index(fields=["by", "at"], name="correction_by_person"),
        ]
