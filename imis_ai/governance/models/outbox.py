"""What leaves: one row per write to iMIS or message, from approval to receipt."""

from django.conf import settings
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
    is_removal = models.BooleanField(default=False, help_text="takes away what the reversed one added")
    requeued = models.PositiveSmallIntegerField(default=0, help_text="times it was looked for and not there")
    completed_at = models.DateTimeField(null=True, help_text="a task: finished in iMIS by then")
    checked_at = models.DateTimeField(null=True, help_text="last nightly comparison with iMIS")

    class Meta:
        indexes = [
            models.Index(fields=["not_before", "id"], condition=Q(state="queued"), name="outbox_due"),
            models.Index(fields=["imis_id", "id"], name="outbox_by_member"),
            models.Index(fields=["state", "problem"], name="outbox_by_state"),
            models.Index(fields=["lease_until"], condition=Q(state="sending"), name="outbox_leases"),
            models.Index(fields=["settle_until"], condition=Q(state="unknown"), name="outbox_to_settle"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "number"], name="outbox_once_per_write"),
            models.UniqueConstraint(
                fields=["imis_id"],
                condition=Q(state="sending") & ~Q(imis_id=""),
                name="outbox_one_in_flight_per_member",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["queued", "sending", "done", "unknown", "parked", "cancelled", "dead"]
                ),
                name="outbox_state_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="sending") | Q(claimed_at__isnull=False, lease_until__isnull=False),
                name="outbox_sending_has_a_lease",
            ),
            models.CheckConstraint(
                condition=~Q(state="unknown") | Q(settle_until__isnull=False),
                name="outbox_unknown_has_its_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(done_at__isnull=False), name="outbox_done_has_its_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target} {self.reference} ({self.state})"


class OutboxFinding(models.Model):
    """What the nightly comparison found in iMIS that should not be so."""

    class What(models.TextChoices):
        STRANGER = "stranger", "a reference in iMIS that has no row here"
        DOUBLED = "doubled", "a reference that stands in iMIS twice"

    what = models.CharField(max_length=10, choices=What)
    target = models.CharField(max_length=60)
    reference = models.CharField(max_length=20)
    imis_keys = models.JSONField(default=list)
    found_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["what", "target", "reference"], name="outboxfinding_once")
        ]


class WriteName(models.Model):
    """What the association calls one of our objects in iMIS, and columns of another name there."""

    target = models.CharField(max_length=60, primary_key=True)
    object = models.CharField(max_length=60)
    columns = models.JSONField(default=dict, help_text="our name -> the name in iMIS")
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField()


class WriteStanding(models.Model):
    """What the last dry run found of one target in iMIS."""

    target = models.CharField(max_length=60, primary_key=True)
    standing = models.JSONField(help_text="as imis.writes.setup.Standing")
    checked_at = models.DateTimeField()
