"""The queue of record: one row per piece of background work, and a receipt per finished part of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

MAX_CLAIMS = 3  # a job that took three workers down with it is dead, not unlucky


class JobRun(models.Model):
    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        DEAD = "dead", "Given up"

    name = models.CharField(max_length=80)
    args = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    stages = models.JSONField(default=list, help_text='[{"name", "done", "total", "seconds"}], in order')
    message = models.TextField(blank=True, help_text="a sentence for staff")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    slot = models.CharField(
        max_length=120, null=True, unique=True, help_text="name and night of a scheduled run: one per night"
    )
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, help_text="last handed to a worker; says nothing more")
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    claims = models.PositiveSmallIntegerField(
        default=0, help_text="also the fence: a stale worker's number is lower"
    )

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["name", "-created_at"], name="jobs_by_name"),
            models.Index(fields=["id"], condition=Q(state__in=["queued", "running"]), name="jobs_open"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "args"], condition=Q(state="queued"), name="jobs_same_work_waits_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "done", "failed", "cancelled", "dead"]),
                name="jobs_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running"], finished_at=None)
                | (~Q(state__in=["queued", "running"]) & Q(finished_at__isnull=False)),
                name="jobs_finished_when_over",
            ),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(heartbeat_at__isnull=False),
                name="jobs_running_has_a_heartbeat",
            ),
            models.CheckConstraint(condition=Q(claims__lte=MAX_CLAIMS), name="jobs_claims_have_an_end"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.pk} ({self.state})"

    @property
    def is_over(self) -> bool:
        return self.state not in (self.State.QUEUED, self.State.RUNNING)


# who may follow whom; running follows itself when a lease ran out and another worker takes over
TRANSITIONS: dict[str, set[str]] = {
    "queued": {"running", "cancelled"},
    "running": {"running", "done", "failed", "cancelled", "dead"},
    "done": set(),
    "failed": {"queued"},
    "cancelled": {"queued"},
    "dead": {"queued"},
}


class JobPart(models.Model):
    """Receipt of one part of a job, written in the transaction of the part's own work."""

    job = models.ForeignKey(JobRun, models.CASCADE, related_name="parts")
    key = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "key"], name="jobs_part_done_once")]
