"""Comparisons of what we do with what would have happened anyway: arms, who is in which, what was found.

The database refuses to change an assignment, the arms and the rules of a comparison once it has started.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from imis_ai.governance.models.message import Offer
from imis_ai.governance.models.proposal import Proposal

PERSON = settings.AUTH_USER_MODEL


class Experiment(models.Model):
    """One campaign with its control group. What counts as success is written before anybody is drawn."""

    class State(models.TextChoices):
        DRAFT = "draft", "not started"
        RUNNING = "running", "running"
        STOPPED = "stopped", "stopped"
        DONE = "done", "read"

    class Rule(models.TextChoices):
        FIXED = "fixed", "one look, on the day after the last one that counts"
        ANYTIME = "anytime", "at any time, with a wider range"

    name = models.CharField(max_length=80)
    area = models.CharField(max_length=20)
    audience = models.CharField(max_length=40, help_text="name in experiments.audience")
    series = models.CharField(max_length=80, help_text="cycles of one series are read together")
    cycle = models.PositiveSmallIntegerField(default=1)
    cycles = models.PositiveSmallIntegerField(default=1, help_text="after how many the pooled figure is read")
    rule = models.CharField(max_length=10, choices=Rule, default=Rule.FIXED)
    level = models.FloatField(default=0.95, help_text="of the range, over all comparisons together")
    least = models.PositiveSmallIntegerField(default=10, help_text="known outcomes an arm needs")
    window_days = models.PositiveSmallIntegerField(help_text="a renewal counts so long after the term's end")
    outcome_by = models.DateField(
        help_text="last day that counts; the control group is left alone until then"
    )
    is_everywhere = models.BooleanField(default=False, help_text="the control group is left alone everywhere")
    is_standing = models.BooleanField(default=False, help_text="drawn by itself with an area's outreach")
    no_control_reason = models.CharField(max_length=300, blank=True)
    planned_members = models.PositiveIntegerField(default=0, help_text="when it was planned")
    planned_rate = models.FloatField(null=True, help_text="renewals of the past, for the power note")
    seed = models.CharField(max_length=64, blank=True, help_text="drawn at the start, so nobody chose it")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    proposal = models.ForeignKey(Proposal, models.PROTECT, null=True, related_name="+")
    made_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=300, blank=True)
    result = models.JSONField(null=True, help_text="what was read at the end; read once")
    adopted = models.ForeignKey("Arm", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["area", "outcome_by"], condition=Q(state="running"), name="exp_runs")]
        constraints = [
            models.UniqueConstraint(
                fields=["area"],
                condition=Q(state="running", is_standing=True),
                name="experiment_one_standing_per_area",
            ),
            models.CheckConstraint(
                condition=Q(state="draft", started_at=None) | (Q(started_at__isnull=False) & ~Q(seed="")),
                name="experiment_started_has_its_seed",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "running"], ended_at=None)
                | Q(state__in=["stopped", "done"], ended_at__isnull=False),
                name="experiment_ended_has_its_day",
            ),
            models.CheckConstraint(
                condition=Q(level__gte=0.5, level__lt=1, cycle__gte=1, cycles__gte=1, least__gte=1),
                name="experiment_rules_make_sense",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Arm(models.Model):
    """One thing that is tried, or the members who are left alone to compare."""

    experiment = models.ForeignKey(Experiment, models.PROTECT, related_name="arms")
    number = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=60)
    is_control = models.BooleanField(default=False)
    share = models.FloatField()
    templates = models.JSONField(default=list, help_text="ids of texts; empty: those of the outreach")
    offer = models.ForeignKey(Offer, models.PROTECT, null=True, related_name="+")
    cadence = models.CharField(max_length=80, blank=True, help_text="name of a schedule, for who sends by it")
    cost = models.DecimalField(
        max_digits=14, decimal_places=2, default=0, help_text="of contacting one member, staff time included"
    )

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "number"], name="arm_once_per_number"),
            models.UniqueConstraint(
                fields=["experiment"], condition=Q(is_control=True), name="arm_one_control"
            ),
            models.CheckConstraint(
                condition=Q(share__gt=0, share__lt=1, cost__gte=0), name="arm_has_a_share"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class Assignment(models.Model):
    """Which arm a member is in. Stored before the first contact; never changed, never drawn again."""

    experiment = models.ForeignKey(Experiment, models.PROTECT, related_name="assignments")
    arm = models.ForeignKey(Arm, models.PROTECT, related_name="assignments")
    imis_id = models.CharField(max_length=60)
    stratum = models.CharField(max_length=120)
    chapter = models.CharField(max_length=60, blank=True)
    term_end = models.DateField(help_text="of the term that ran; a later one is a renewal")
    decided_on = models.DateField(help_text="last day on which a renewal counts for this member")
    dues = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    is_late = models.BooleanField(default=False, help_text="came after the start, by the same seed")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["imis_id"], name="assignment_by_member")]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "imis_id"], name="assignment_once"),
            models.CheckConstraint(
                condition=Q(decided_on__gte=F("term_end")), name="assignment_is_decided_after_its_term"
            ),
        ]


class Holdout(models.Model):
    """Whether an area keeps a control group by itself. Without a row it does: switching off has a reason."""

    area = models.CharField(max_length=20, unique=True)
    is_on = models.BooleanField(default=True)
    share = models.FloatField(default=0.1)
    reason = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(is_on=True) | ~Q(reason=""), name="holdout_off_has_a_reason"),
            models.CheckConstraint(
                condition=Q(share__gte=0.02, share__lte=0.5), name="holdout_share_is_fair"
            ),
        ]
