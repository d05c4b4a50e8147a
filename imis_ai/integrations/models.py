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
