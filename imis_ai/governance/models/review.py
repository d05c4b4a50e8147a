"""Cases a model is not sure of, put before people; known ones among them show how well people judge."""

from django.conf import settings
from django.db import models
from django.db.models import Q

PERSON = settings.AUTH_USER_MODEL


class ReviewItem(models.Model):
    """One case of a queue. With a `known_answer` it is over already, and shows how the person judges."""

    class State(models.TextChoices):
        OPEN = "open"
        SAID = "said"
        GONE = "gone", "sure by now, or nobody came to it"

    queue = models.CharField(max_length=30, help_text="name in governance.reviewing.queues")
    area = models.CharField(max_length=20)
    imis_id = models.CharField(max_length=60)
    as_of = models.DateField(help_text="the day whose facts are shown")
    model_says = models.CharField(max_length=20)
    shown = models.CharField(max_length=200, help_text="the model's answer in words")
    model = models.CharField(max_length=60, blank=True)
    version = models.CharField(max_length=60, blank=True)
    why = models.CharField(max_length=300, help_text="why the model is not sure")
    hardness = models.FloatField(help_text="the hardest come first")
    known_answer = models.CharField(max_length=20, blank=True)
    entered_at = models.DateTimeField()
    owner = models.ForeignKey(PERSON, models.SET_NULL, null=True, related_name="+")
    opened_at = models.DateTimeField(null=True, help_text="first shown to who said it")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    says = models.CharField(max_length=20, blank=True)
    said_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    said_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-hardness", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["queue", "imis_id", "as_of"], name="reviewitem_once_per_member_and_day"
            ),
            models.CheckConstraint(
                condition=~Q(state="said")
                | ~Q(says="") & Q(said_by__isnull=False, said_at__isnull=False, ended_at__isnull=False),
                name="reviewitem_said_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["queue"], condition=Q(state="open"), name="reviewitem_open"),
            models.Index(fields=["said_by", "said_at"], name="reviewitem_by_person"),
        ]
