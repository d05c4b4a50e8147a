"""How each member takes part in the chapter, as of the last night."""

from django.db import models
from django.db.models import Q


class ChapterScore(models.Model):
    """Written anew each night; a member who is no longer one has no row."""

    member = models.OneToOneField("mirror.Member", models.CASCADE)
    as_of = models.DateField()
    score = models.FloatField(null=True, help_text="0 to 100; empty where iMIS holds none of its parts")
    before = models.FloatField(null=True, help_text="the same half a year earlier")
    parts = models.JSONField(
        help_text="points of each part, in the order of calc.chapters.PARTS; null: not held"
    )
    reasons = models.JSONField(help_text="why a liaison should call; see calc.chapters.WORDS")
    roles = models.JSONField(help_text="committees served on now or left lately: name, role, ended_on")
    is_silent = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=100.0001),
                name="chapterscore_within_100",
            )
        ]
