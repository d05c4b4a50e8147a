"""Which of our people looks after a member."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Ownership(models.Model):
    """One person looked after one member for a while; without an end, still does.

    It stands above the staff owner that iMIS names, which counts again once it has ended.
    """

    imis_id = models.CharField(max_length=60, db_index=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    since = models.DateTimeField()
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    until = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["person"], name="ownership_of_today", condition=Q(until=None))]
        constraints = [
            models.UniqueConstraint(
                fields=["imis_id"], condition=Q(until=None), name="ownership_one_at_a_time"
            )
        ]
