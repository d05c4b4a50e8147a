"""What a text or an offer must have gone through before it is used: written by one, approved by another."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Versioned(models.Model):
    """One version. Its words never change after it left the desk of who wrote it."""

    class State(models.TextChoices):
        DRAFT = "draft"
        WAITING = "waiting", "waiting for a second person"
        APPROVED = "approved"
        RETIRED = "retired"

    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    note = models.CharField(max_length=300, blank=True, help_text="why it was changed")
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    written_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="%(class)s_approval_names_a_person",
            ),
            models.CheckConstraint(
                condition=Q(written_by__isnull=True)
                | Q(approved_by__isnull=True)
                | ~Q(approved_by=F("written_by")),
                name="%(class)s_needs_a_second_person",
            ),
        ]
