"""Rules that stand above every proposal, each version of them, and who agreed to it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

PERSON = settings.AUTH_USER_MODEL


class Guardrail(models.Model):
    """One rule under one name. What it says stands in its versions; at most one of them is live."""

    name = models.CharField(max_length=120, unique=True, help_text="Staff read it in refusals")
    kind = models.CharField(max_length=20, help_text="name in governance.guardrails.kinds")
    owner = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["kind", "name"]

    def __str__(self) -> str:
        return self.name


class GuardrailVersion(models.Model):
    """What a guardrail says from one day to another. Only the state and its times ever change."""

    class State(models.TextChoices):
        DRAFT = "draft"
        WAITING = "waiting", "waiting for a second person"
        LIVE = "live"
        DECLINED = "declined"
        RETIRED = "retired"

    guardrail = models.ForeignKey(Guardrail, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    is_off = models.BooleanField(default=False, help_text="this version objects to nothing")
    settings = models.JSONField(help_text="what its kind asks for, as entered")
    rule = models.JSONField(help_text="it objects where this holds; imis_ai.rules JSON over proposals")
    scope = models.JSONField(help_text="the part of the rule that says where it applies")
    effect = models.JSONField(default=dict, help_text="what it would have stopped, counted when asked")
    reason = models.CharField(max_length=300, blank=True, help_text="why it was changed")
    proposed_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField()
    live_from = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="retired or declined")

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["guardrail", "number"], name="guardrailversion_once_per_number"),
            models.UniqueConstraint(
                fields=["guardrail"], condition=Q(state="live"), name="guardrailversion_one_live"
            ),
            models.UniqueConstraint(
                fields=["guardrail"],
                condition=Q(state__in=["draft", "waiting"]),
                name="guardrailversion_one_on_its_way",
            ),
            models.CheckConstraint(
                condition=~Q(state="live") | Q(live_from__isnull=False, ended_at__isnull=True),
                name="guardrailversion_live_has_its_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.guardrail} {self.number}"


class GuardrailSignature(models.Model):
    """One person agreed to one version that somebody else proposed. Appended, never changed."""

    version = models.ForeignKey(GuardrailVersion, models.CASCADE, related_name="signatures")
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    proposed_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["version", "by"], name="guardrailsignature_once_per_person"),
            models.CheckConstraint(
                condition=Q(proposed_by__isnull=True) | ~Q(by=F("proposed_by")),
                name="guardrailsignature_is_a_second_person",
            ),
        ]
