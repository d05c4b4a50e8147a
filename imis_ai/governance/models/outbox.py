"""What leaves: one row per write to iMIS or message, from approval to receipt."""

from django.db import models
from django.db.models import Q

from imis_ai.governance.models.proposal import Proposal


class OutboxMessage(models.Model):
    """One write or message of one approved proposal. The row is the queue; nothing else sends."""

    class Way(models.TextChoices):
        SET = "set", "sets fields of an object of our own; repeating it is harmless"
        APPEND = "append", "adds a record; never sent again before it was looked for"
        EMAIL = "email"
        SMS = "sms"

    class State(models.TextChoices):
        QUEUED = "queued"
        SENDING = "sending"
        DONE = "done"
        UNKNOWN = "unknown", "no clear answer; looked for before anything else"
        PARKED = "parked", "needs a person"
        CANCELLED = "cancelled"
        DEAD = "dead", "refused for good"

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="messages")
    number = models.PositiveIntegerField(help_text="within the proposal")
    way = models.CharField(max_length=10, choices=Way)
    target = models.CharField(
        max_length=60, help_text="canonical name: AI_MemberInsight, task, note, email …"
    )
    imis_id = models.CharField(max_length=60, blank=True)
    fields = models.JSONField(help_text="canonical field names and values")
    reference = models.CharField(
        max_length=20, unique=True, help_text="IAI- and 13 characters, found in iMIS"
    )
    digest = models.CharField(max_length=64, help_text="of the approved proposal")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    not_before = models.DateTimeField(help_text="end of the hold")
    claimed_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    settle_until = models.DateTimeField(null=True, help_text="an unknown outcome is not looked for earlier")
    sent_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    imis_key = models.CharField(max_length=200, blank=True, help_text="key of what was written")
    before = models.JSONField(null=True, help_text="the fields as they stood; null: nothing was there")
    receipt = models.JSONField(null=True, help_text="what was read back")
    problem = models.CharField(max_length=40, blank=True, help_text="class of the refusal, for grouping")
    problem_text = models.TextField(blank=True, help_text="plain words; the raw answer stands in `answer`")
    answer = models.TextField(blank=True)
    revoke_requested_at = models.DateTimeField(null=True)
    reverses = models.ForeignKey("self", models.PROTECT, null=True, related_name="reversed_by")
    checked_at = models.DateTimeField(null=True, help_text="last nightly comparison with iMIS")

    class Meta:
        indexes = [
            models.Index(fields=["not_before", "id"], condition=Q(state="queued"), name="outbox_due"),
            models.Index(fields=["imis_id", "id"], name="outbox_by_member"),
            models.Index(fields=["state", "problem"], name="outbox_by_state"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "number"], name="outbox_once_per_write"),
            models.UniqueConstraint(
                fields=["imis_id", "target"],
                condition=Q(state__in=["sending", "unknown"]) & ~Q(imis_id=""),
                name="outbox_one_in_flight_per_member",
            ),
        ]
