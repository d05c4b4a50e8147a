"""How far each area has gone, what was asked and agreed on the way, and the switch that stops everything."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

PERSON = settings.AUTH_USER_MODEL


class RolloutStep(models.Model):
    """One level that an area has reached, and for whom. Without a row an area is read-only."""

    area = models.CharField(max_length=20)
    level = models.PositiveSmallIntegerField(help_text="1 assisted, 2 conditional automation")
    scope = models.JSONField(help_text="the pilot: imis_ai.rules JSON; members outside stay a level below")
    since = models.DateTimeField()

    class Meta:
        ordering = ["area", "level"]
        constraints = [
            models.UniqueConstraint(fields=["area", "level"], name="rolloutstep_once_per_level"),
            models.CheckConstraint(condition=Q(level__in=[1, 2]), name="rolloutstep_level_is_known"),
        ]


class RolloutChange(models.Model):
    """A step up, down or another scope: who asked, on which evidence, and who agreed. Never deleted."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting for a second person"
        DONE = "done"
        DECLINED = "declined"
        OVERTAKEN = "overtaken", "overtaken by a step down"

    area = models.CharField(max_length=20)
    from_level = models.PositiveSmallIntegerField()
    to_level = models.PositiveSmallIntegerField()
    scope = models.JSONField(default=dict, help_text="empty for a step down")
    evidence = models.JSONField(default=list, help_text="each piece as it stood when the change was made")
    feedback = models.JSONField(default=list, help_text="the answers of staff, as shown")
    most_per_day = models.PositiveIntegerField(
        default=0, help_text="how many suggestions of one kind the policy may approve a day"
    )
    reason = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    asked_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["area"], condition=Q(state="waiting"), name="rolloutchange_one_waits_per_area"
            ),
            models.CheckConstraint(
                condition=~Q(state="done")
                | Q(to_level__lt=F("from_level"))
                | Q(asked_by__isnull=True)
                | Q(decided_by__isnull=False) & ~Q(decided_by=F("asked_by")),
                name="rolloutchange_up_needs_a_second_person",
            ),
        ]


class Standstill(models.Model):
    """Everything that leaves is paused until a named person lets it go on."""

    is_on = models.BooleanField(default=True)
    since = models.DateTimeField()
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    end_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_on"], condition=Q(is_on=True), name="standstill_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(is_on=True, ended_at__isnull=True)
                | Q(is_on=False, ended_at__isnull=False, ended_by__isnull=False),
                name="standstill_ends_by_a_person",
            ),
        ]


class Feedback(models.Model):
    """One person's answers about one area at one level; the next answers replace them."""

    area = models.CharField(max_length=20)
    level = models.PositiveSmallIntegerField()
    by = models.ForeignKey(PERSON, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    answers = models.JSONField(help_text="question to answer, see governance.rollout.feedback")
    minutes = models.PositiveIntegerField(help_text="a day, as estimated by the person")
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["area", "level", "by"], name="feedback_once_per_person_and_level")
        ]


class BlindTest(models.Model):
    """A person judges members without seeing what the model says of them."""

    area = models.CharField(max_length=20)
    by = models.ForeignKey(PERSON, models.CASCADE, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["area", "by"], condition=Q(finished_at=None), name="blindtest_one_open_per_person"
            )
        ]


class BlindAnswer(models.Model):
    """One member of the test. What the model said is fixed at the start and shown at the end."""

    test = models.ForeignKey(BlindTest, models.CASCADE, related_name="answers")
    number = models.PositiveSmallIntegerField()
    imis_id = models.CharField(max_length=60)
    model_says = models.CharField(max_length=20)
    shown = models.CharField(max_length=100, blank=True, help_text="the model's answer in words")
    staff_says = models.CharField(max_length=20, blank=True)
    said_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["test", "number"], name="blindanswer_once_per_number")]
