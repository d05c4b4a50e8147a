"""What outreach may promise, what it promised, and whom the last night left out."""

from django.conf import settings
from django.db import models
from django.db.models import Q

PERSON = settings.AUTH_USER_MODEL


class Seats(models.Model):
    """Seats at a coming webinar that staff set aside as gifts; promised ones are counted in `Promise`."""

    event = models.CharField(max_length=60, unique=True, help_text="key of the event in iMIS")
    seats = models.PositiveSmallIntegerField()
    by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()


class Introducer(models.Model):
    """A member who agreed to be introduced, by name, to others of the same chapter."""

    member = models.ForeignKey("mirror.Member", models.CASCADE, related_name="+")
    agreed_at = models.DateTimeField()
    noted_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(ended_at=None), name="introducer_once_per_member"
            )
        ]


class Promise(models.Model):
    """A seat or an introduction held for one member while a draft or message stands behind it."""

    class What(models.TextChoices):
        SEAT = "seat", "a seat"
        PEER = "peer", "an introduction"

    member = models.ForeignKey("mirror.Member", models.CASCADE, related_name="+")
    what = models.CharField(max_length=10, choices=What)
    event = models.CharField(max_length=60, blank=True, help_text="key of the event in iMIS")
    peer = models.ForeignKey("mirror.Member", models.CASCADE, null=True, related_name="+")
    proposal = models.ForeignKey("governance.Proposal", models.CASCADE, null=True, related_name="+")
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member", "what"], condition=Q(ended_at=None), name="promise_one_open_of_a_kind"
            ),
            models.CheckConstraint(
                condition=Q(what="seat", peer=None) & ~Q(event="")
                | Q(what="peer", peer__isnull=False, event=""),
                name="promise_names_what_it_is",
            ),
        ]


class LeftOut(models.Model):
    """A member whom the last night would have written to, and the rule that stood against it."""

    member = models.ForeignKey("mirror.Member", models.CASCADE, related_name="+")
    on = models.DateField()
    purpose = models.CharField(max_length=20)
    rule = models.CharField(max_length=60)
    sentence = models.TextField()
    next_step = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member"], name="leftout_once_per_member")]
