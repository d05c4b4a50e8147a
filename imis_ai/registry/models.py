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
    reading = models.JSONField(
        default=dict, help_text="what it said on later time beside what happened, by tens, group and month"
    )
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


class ModelCheck(models.Model):
    """What one night found about a version: shifts of its features, outcomes of its scores, its effect."""

    model = models.ForeignKey(TrainedModel, models.CASCADE)
    on = models.DateField()
    shifts = models.JSONField(default=list, help_text="per feature, those that moved first")
    rate = models.JSONField(null=True, help_text="how often it happened lately beside what is usual")
    reading = models.JSONField(default=dict, help_text="stored scores of this version against what happened")
    effect = models.JSONField(null=True, help_text="members who would change band if it were live")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "on"], name="model_checked_once_a_day")]


class Finding(models.Model):
    """Something a check found that a person should look at. Gone when a later check finds it no more."""

    class Kind(models.TextChoices):
        SHIFT = "shift", "A feature moved"
        RATE = "rate", "What happens moved"
        GAP = "gap", "A group fares worse"

    name = models.CharField(max_length=60, help_text="of the model")
    version = models.CharField(max_length=60, help_text="that was looked at when it was found")
    kind = models.CharField(max_length=10, choices=Kind)
    about = models.CharField(max_length=200, help_text="the feature, or the group and the measure")
    sentence = models.CharField(max_length=400)
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="of the newest check that found it")
    gone_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.CharField(max_length=150, blank=True)
    reason = models.CharField(max_length=300, blank=True, help_text="why it is right as it is")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name", "kind", "about"],
                condition=Q(gone_at__isnull=True),
                name="finding_once_while_it_lasts",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | ~Q(accepted_by=""),
                name="finding_accepted_by_somebody",
            ),
        ]


class Switch(models.Model):
    """A version became the live one, or was refused that when its time had come."""

    model = models.ForeignKey(TrainedModel, models.CASCADE, related_name="switches")
    before = models.CharField(max_length=60, blank=True, help_text="the version that was live")
    at = models.DateTimeField()
    by = models.CharField(max_length=320, help_text="who decided")
    proposal = models.IntegerField(null=True, unique=True, help_text="the decision; none for a first model")
    digest = models.CharField(max_length=64)
    refused = models.CharField(max_length=400, blank=True)
