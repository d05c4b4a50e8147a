"""What a person is told without asking: one row per person and thing, and one digest per person and day."""

from django.conf import settings
from django.db import models
from django.db.models import Q

PERSON = settings.AUTH_USER_MODEL


class Notification(models.Model):
    """One thing one person should know. `text` holds no personal data; it links to what it is about."""

    person = models.ForeignKey(PERSON, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, help_text="name in accounts.notices")
    key = models.CharField(max_length=120, help_text="the thing: told once for ever")
    text = models.CharField(max_length=300)
    address = models.CharField(max_length=300)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "key"], name="notification_once_per_thing")
        ]
        indexes = [
            models.Index(fields=["person"], condition=Q(read_at=None), name="notification_unread"),
            models.Index(fields=["person", "-at"], name="notification_by_person"),
        ]


class Digest(models.Model):
    """The daily e-mail of one person. Claimed before it leaves, so that no second one ever does."""

    class State(models.TextChoices):
        SENDING = "sending", "being handed over"
        SENT = "sent"
        EMPTY = "empty", "nothing to tell"
        UNKNOWN = "unknown", "nobody knows whether it arrived; it is told and not sent again"

    person = models.ForeignKey(PERSON, models.CASCADE, related_name="+")
    on = models.DateField(help_text="the association's day")
    state = models.CharField(max_length=10, choices=State)
    counts = models.JSONField(default=dict)
    claimed_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "on"], name="digest_once_per_person_and_day"),
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(sent_at__isnull=False), name="digest_sent_has_its_time"
            ),
        ]
