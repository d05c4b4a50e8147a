"""Systems that may ask. No secret is stored: of a token only its hash."""

from django.conf import settings
from django.db import models
from django.db.models import Q

PERSON = settings.AUTH_USER_MODEL
PER_MINUTE = 120


class ApiClient(models.Model):
    """A system that reads with a part of its owner's rights. Without a token until the owner takes one."""

    name = models.CharField(max_length=80)
    owner = models.ForeignKey(PERSON, models.PROTECT, related_name="api_clients")
    scopes = models.JSONField(help_text="names in integrations.scopes")
    chapters = models.JSONField(default=list, help_text="codes; empty: all that its owner sees")
    per_minute = models.PositiveIntegerField(default=PER_MINUTE)
    registered_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    registered_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    public = models.CharField(max_length=12, blank=True, help_text="the part of the token that names it")
    token_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the token")
    token_made_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    last_used_at = models.DateTimeField(null=True)
    calls = models.BigIntegerField(default=0)
    allowance = models.FloatField(default=0, help_text="calls left at `last_used_at`; refills with time")

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["public"], condition=~Q(public=""), name="apiclient_once_per_token"
            ),
            models.CheckConstraint(
                condition=Q(public="", token_hash="", token_made_at__isnull=True)
                | (~Q(public="") & ~Q(token_hash="") & Q(token_made_at__isnull=False)),
                name="apiclient_token_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False, public=""),
                name="apiclient_revoked_has_no_token",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Webhook(models.Model):
    """A receiver and what it wants to hear. Its secret is made from the row and stored nowhere."""

    name = models.CharField(max_length=80)
    address = models.CharField(max_length=500)
    events = models.JSONField(help_text="names in integrations.webhooks.events")
    nonce = models.CharField(max_length=43, help_text="a new one makes a new secret")
    old_nonce = models.CharField(max_length=43, blank=True)
    old_until = models.DateTimeField(null=True, help_text="so long the old secret signs as well")
    told_seq = models.BigIntegerField(help_text="entry of the audit log up to which it was told")
    is_on = models.BooleanField(default=True)
    off_reason = models.CharField(max_length=200, blank=True)
    failing_since = models.DateTimeField(null=True, help_text="first failure since the last success")
    registered_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    registered_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One message to one receiver. The row is the queue: it goes out at least once, or says why not."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SENDING = "sending"
        DONE = "done", "delivered"
        GIVEN_UP = "given up"

    webhook = models.ForeignKey(Webhook, models.PROTECT, related_name="deliveries")
    event = models.CharField(max_length=40)
    seq = models.BigIntegerField(null=True, help_text="entry of the audit log; none for a test")
    message_id = models.CharField(max_length=40, unique=True, help_text="the same at every try")
    body = models.TextField(help_text="exactly as it is sent; no personal data")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    made_at = models.DateTimeField()
    next_try_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=200, blank=True, help_text="of the last try, in words")

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["next_try_at"], condition=Q(state="waiting"), name="delivery_due"),
            models.Index(fields=["lease_until"], condition=Q(state="sending"), name="delivery_leases"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["webhook", "seq"], name="delivery_once_per_entry"),
            models.CheckConstraint(
                condition=~Q(state="sending") | Q(lease_until__isnull=False),
                name="delivery_sending_has_a_lease",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(done_at__isnull=False), name="delivery_done_has_its_time"
            ),
        ]


class DatabaseReader(models.Model):
    """A database role that may read the schema `export`, with the reach of one person."""

    db_role = models.CharField(max_length=63, unique=True)
    person = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    since = models.DateTimeField()

    def __str__(self) -> str:
        return self.db_role


class Export(models.Model):
    """Tables for a warehouse in one file, for its asker alone and for a day. The content goes then."""

    class State(models.TextChoices):
        WAITING = "waiting", "being made"
        READY = "ready"
        FAILED = "failed"
        REMOVED = "removed"

    asked_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    client = models.ForeignKey(ApiClient, models.PROTECT, null=True, related_name="+")
    form = models.CharField(max_length=10, help_text="csv or parquet")
    reason = models.CharField(max_length=200, blank=True)
    with_names = models.BooleanField()
    chapters = models.JSONField(default=list, help_text="codes; empty: all that the asker sees")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    rows = models.JSONField(default=dict, help_text="name of the table -> number of rows")
    size = models.BigIntegerField(default=0)
    content = models.BinaryField(null=True, help_text="a zip; in the database, so that every process has it")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="ready") | Q(content__isnull=False, expires_at__isnull=False),
                name="export_ready_has_its_content_and_end",
            ),
            models.CheckConstraint(
                condition=Q(state="ready") | Q(content__isnull=True), name="export_keeps_nothing_afterwards"
            ),
        ]

    @property
    def total(self) -> int:
        return sum(self.rows.values())
