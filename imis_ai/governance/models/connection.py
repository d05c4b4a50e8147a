"""What tests of the connection to iMIS found, and what was signed before anything was read. No secrets."""

from django.conf import settings
from django.db import models


class ConnectionTest(models.Model):
    """One look at one iMIS under both accounts."""

    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    address = models.CharField(max_length=300)
    is_test_system = models.BooleanField()
    problem = models.TextField(blank=True, help_text="why nothing could be asked; empty when it answered")
    endpoints = models.JSONField(default=list, help_text="resource, path, state, detail")
    names = models.JSONField(default=list, help_text="the dry run of the reading names, per feed")
    writing = models.JSONField(default=dict, help_text="what the write account was told")
    certificate_until = models.DateTimeField(null=True)
    token_seconds = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["-pk"]


class SignedChecklist(models.Model):
    """What a person answered for before anything was read from this iMIS. Never changed."""

    address = models.CharField(max_length=300, help_text="the iMIS it was signed for")
    answers = models.JSONField(help_text="licence, privacy notice, retention, lawful basis, as written")
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
