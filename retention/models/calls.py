"""Calls: whom to ring in a period, with what, by whom, and what came of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Call(models.Model):
    """One member on the call list of one period. The facts on it are those of the day it was made ready."""

    class State(models.TextChoices):
        OPEN = "open", "to call"
        LATER = "later", "later"
        DONE = "done", "called"
        SKIPPED = "skipped", "skipped"

    class Why(models.TextChoices):
        VALUE = "value", "One of your most valuable members"
        WORTH = "worth", "Worth a call"

    class Outcome(models.TextChoices):
        REACHED = "reached", "Reached"
        VOICEMAIL = "voicemail", "Voicemail"
        WRONG_NUMBER = "wrong number", "Wrong number"
        WILL_RENEW = "will renew", "Will renew"
        WILL_NOT = "will not", "Will not renew"
        ASK_AGAIN = "ask again", "Ask again"

    member = models.ForeignKey("mirror.Member", models.CASCADE)
    period = models.DateField(help_text="first day of the period it was published for")
    why = models.CharField(max_length=10, choices=Why)
    place = models.PositiveIntegerField(help_text="in the order of worth, 1 first")
    worth = models.DecimalField(max_digits=14, decimal_places=2, help_text="money likely kept by the call")
    method = models.CharField(max_length=10, help_text="how worth was found: estimate or uplift")
    points = models.JSONField(default=list, help_text="talking points: text, source, on")
    contacts = models.JSONField(default=list, help_text="last contacts: text, on")
    best_hour = models.CharField(max_length=80, blank=True)
    facts_at = models.DateTimeField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    later_until = models.DateField(null=True)
    reason = models.CharField(max_length=40, blank=True, help_text="of later or skip")
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    minutes = models.PositiveSmallIntegerField(null=True)
    note = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    proposal = models.PositiveIntegerField(null=True, help_text="what it writes to iMIS")
    done_in_imis_at = models.DateTimeField(null=True, help_text="the task there was found finished")

    class Meta:
        ordering = ["place", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["member", "period"], name="call_once_a_period"),
            models.CheckConstraint(
                condition=~Q(state="done") | (~Q(outcome="") & Q(decided_at__isnull=False)),
                name="call_done_has_its_outcome",
            ),
        ]
