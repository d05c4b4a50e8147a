"""Many decisions that one person asked for at once, carried out as a job."""

from django.conf import settings
from django.db import models


class SeveralDecided(models.Model):
    """What was chosen as it was seen, and item by item what came of it. A run that stops goes on later."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    do = models.CharField(max_length=10, help_text="approve, reject or later")
    kind = models.CharField(max_length=60)
    chosen = models.JSONField(help_text="number of each suggestion -> version and digest as it was seen")
    asked = models.JSONField(default=dict, help_text="note, reason, until")
    done = models.JSONField(default=list, help_text="numbers of the suggestions decided")
    left = models.JSONField(default=list, help_text="number and sentence of each that was not")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
