"""Requests of members about their own data: holds, erasures and certificates, how long things are kept."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class LegalHold(models.Model):
    """The law or a dispute asks us to keep a member's data: nothing of it is erased until it is lifted."""

    imis_id = models.CharField(max_length=60)
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    since = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["imis_id"], condition=Q(lifted_at=None), name="legalhold_one_open_per_member"
            ),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by=None)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="legalhold_lifting_names_a_person",
            ),
        ]


class Erasure(models.Model):
    """One erasure and its certificate. Once it is done, nothing in it leads to the person."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"

    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    imis_id = models.CharField(max_length=60, blank=True, help_text="empty once it is done")
    subject = models.JSONField(default=dict, help_text="what is searched for; empty once it is done")
    reason = models.CharField(max_length=300)
    proposal_id = models.BigIntegerField(
        null=True, help_text="the approved request; null: from the command line"
    )
    asked_by = models.CharField(max_length=150)
    agreed_by = models.CharField(max_length=150, blank=True)
    began_at = models.DateTimeField()
    steps = models.JSONField(default=list, help_text="[{number, at, said}] as they were finished")
    remains = models.JSONField(default=list, help_text="[[table, rows]] that still hold name, mail or phone")
    done_at = models.DateTimeField(null=True)
    physical_until = models.DateTimeField(null=True, help_text="by then backups and freed space are gone too")
    imis_confirmed_at = models.DateTimeField(null=True, help_text="a person erased it in iMIS itself")
    imis_confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["imis_id"], condition=Q(state="running"), name="erasure_one_open_per_member"
            ),
            models.UniqueConstraint(fields=["proposal_id"], name="erasure_once_per_request"),
            models.CheckConstraint(
                condition=~Q(state="done")
                | Q(imis_id="", subject={}, done_at__isnull=False, physical_until__isnull=False),
                name="erasure_done_names_nobody",
            ),
        ]


class Period(models.Model):
    """A period that the association made shorter than its default."""

    name = models.CharField(max_length=60, primary_key=True)
    days = models.PositiveIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
