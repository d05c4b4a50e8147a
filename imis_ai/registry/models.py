"""Trained models with their proof. The artefact is a signed skops file; nothing here is ever unpickled."""

from django.db import models
from django.db.models import Q


class TrainedModel(models.Model):
    class State(models.TextChoices):
        CANDIDATE = "candidate"
        LIVE = "live"
        RETIRED = "retired"

    name = models.CharField(max_length=60)
    version = models.CharField(max_length=60, help_text="year.month.number, counted per name")
    state = models.CharField(max_length=10, choices=State, default=State.CANDIDATE)
    as_of = models.DateField(help_text="every label it learnt from was final by this day")
    trained_at = models.DateTimeField()
    trained_by = models.CharField(max_length=150)
    promoted_at = models.DateTimeField(null=True)
    promoted_by = models.CharField(max_length=150, blank=True)
    retired_at = models.DateTimeField(null=True)
    artefact = models.BinaryField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the artefact")
    signature = models.CharField(max_length=64, help_text="HMAC over name, version and digest")
    features = models.JSONField(default=list)
    manifest = models.JSONField(default=dict, help_text="what it was trained on, and with which versions")
    evaluation = models.JSONField(default=dict, help_text="measures on time later than its training")
    baselines = models.JSONField(default=dict, help_text="the same measures of each plain baseline")
    calibration = models.JSONField(default=list, help_text="said against happened, by bin")
    notes = models.JSONField(default=list, help_text="sentences for staff: limits, and why a baseline ships")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="trained_model_version_once"),
            models.UniqueConstraint(
                fields=["name"], condition=Q(state="live"), name="trained_model_one_live_per_name"
            ),
            models.CheckConstraint(
                condition=Q(promoted_at__isnull=True, promoted_by="")
                | (Q(promoted_at__isnull=False) & ~Q(promoted_by="")),
                name="trained_model_promotion_names_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"
