"""Alerts: what a nightly rule found about one member, with its facts; and payment plans that were offered."""

from django.conf import settings
from django.db import models
from django.db.models import Q

PERSON = settings.AUTH_USER_MODEL


class Alert(models.Model):
    """One open alert per member and signal. Facts of a closed one do not open it again."""

    class Signal(models.TextChoices):
        FAILED = "failed", "Failed payments"
        ASKED = "asked", "Asked for time"
        AREA = "dear_area", "Moved to a dearer area"
        INDUSTRY = "industry", "Industry in a downturn"
        RIVAL = "rival", "New employer"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Acted on"
        DISMISSED = "dismissed", "Dismissed"
        OVER = "over", "No longer so"

    member = models.ForeignKey("mirror.Member", models.CASCADE)
    signal = models.CharField(max_length=12, choices=Signal)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    newest_on = models.DateField(help_text="day of the newest fact")
    evidence = models.JSONField(help_text="list of facts: on (ISO date), what, source")
    money = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, help_text="what is owed, else the dues of the coming term"
    )
    suggested = models.CharField(max_length=200)
    owner = models.ForeignKey(PERSON, models.SET_NULL, null=True, related_name="+")
    owned_since = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="of the newest run that found it")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(PERSON, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=20, blank=True, help_text="why it was dismissed; see actions.alerts")
    note = models.CharField(max_length=300, blank=True)
    proposal = models.IntegerField(null=True, help_text="the suggestion that staff made of it")

    class Meta:
        indexes = [models.Index(fields=["state", "signal", "-newest_on"], name="alert_by_state_and_signal")]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "signal"], condition=Q(state="open"), name="alert_one_open_per_signal"
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True)
                | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="alert_closed_has_its_day",
            ),
            models.CheckConstraint(
                condition=~Q(state="dismissed") | ~Q(reason=""), name="alert_dismissed_says_why"
            ),
        ]


class PlanOffer(models.Model):
    """A pre-approved payment plan, put before one member. Whether it was sent stands with its proposal."""

    class Answer(models.TextChoices):
        NONE = "", "No answer yet"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"

    member = models.ForeignKey("mirror.Member", models.CASCADE)
    alert = models.ForeignKey(Alert, models.SET_NULL, null=True, related_name="plans")
    proposal = models.IntegerField(unique=True)
    use = models.IntegerField(help_text="the money set aside in the catalogue of offers")
    name = models.CharField(max_length=80, help_text="of the plan, as the catalogue names it")
    total = models.DecimalField(max_digits=14, decimal_places=2)
    parts = models.JSONField(help_text="list of parts: due_on (ISO date), amount (plain decimal)")
    invoice_on = models.DateField(help_text="when the invoice is expected; the offer came before")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(PERSON, models.SET_NULL, null=True, related_name="+")
    answer = models.CharField(max_length=10, choices=Answer, blank=True, default=Answer.NONE)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="rejected, run out, or withdrawn without an answer")
    setup = models.IntegerField(null=True, help_text="the suggestion to set the plan up, made on acceptance")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(answer="", ended_at__isnull=True),
                name="planoffer_one_open_per_member",
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="planoffer_answer_has_its_day",
            ),
        ]
