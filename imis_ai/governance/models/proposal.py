"""A suggestion on its way to a decision, what each person decided, and what they saw when they did."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

WHO = ("by", "on_behalf_of", "policy__asked_by", "policy__decided_by")  # what `Decision.who` reads


class Proposal(models.Model):
    """One thing that would leave or take effect. After approval the payload never changes.

    Waiting, sent and confirmed are not stored here: they follow from the outbox messages.
    """

    class State(models.TextChoices):
        SUGGESTED = "suggested"
        LATER = "later"
        HALF = "half", "approved by one of two"
        APPROVED = "approved"
        REJECTED = "rejected"
        UNDONE = "undone"
        EXPIRED = "expired"

    class Verdict(models.TextChoices):
        BETTER = "better", "better than what you do now"
        NO_BETTER = "no better", "no better than what you do now"
        UNPROVEN = "unproven", "too little past to tell"
        NOT_NEEDED = "", "nothing is predicted"

    kind = models.CharField(max_length=60, help_text="name in governance.kinds")
    area = models.CharField(max_length=20)
    title = models.CharField(max_length=200, help_text="a sentence; no personal data")
    payload = models.JSONField(help_text="exactly what would take effect")
    digest = models.CharField(max_length=64, help_text="SHA-256 of kind and payload: what an approval binds")
    version = models.PositiveIntegerField(default=1, help_text="rises with each edit")
    evidence = models.JSONField(default=dict, help_text="checks and the replay against present practice")
    verdict = models.CharField(max_length=10, choices=Verdict, default=Verdict.NOT_NEEDED, blank=True)
    members = models.PositiveIntegerField(default=0, help_text="how many members it touches")
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, help_text="money at stake")
    imis_id = models.CharField(max_length=60, blank=True, help_text="the member, where it is about one")
    chapter = models.CharField(max_length=60, blank=True, help_text="code, where it concerns one chapter")
    scope = models.JSONField(
        default=dict, help_text="tier, chapter, segment, source, campaign: for the pilot"
    )
    made_from = models.JSONField(default=dict, help_text="run, model version, source dates: for staleness")
    state = models.CharField(max_length=10, choices=State, default=State.SUGGESTED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    assigned_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    later_until = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    hold_until = models.DateTimeField(null=True, help_text="until then an approval can be undone")
    policy_looked_at = models.DateTimeField(
        null=True, help_text="when the policy of its area decided on it or left it to a person"
    )
    reverses = models.ForeignKey("self", models.PROTECT, null=True, related_name="reversals")

    class Meta:
        indexes = [
            models.Index(fields=["state", "area", "due_at"], name="proposal_by_state"),
            models.Index(fields=["imis_id"], name="proposal_by_member"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "undone"])
                | Q(decided_at__isnull=False, hold_until__isnull=False),
                name="proposal_approved_has_its_hold",
            ),
            models.CheckConstraint(
                condition=~Q(verdict="no better") | ~Q(state__in=["half", "approved"]),
                name="proposal_no_better_is_never_approved",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Decision(models.Model):
    """What one person did with one version of a proposal. Appended, never changed."""

    class What(models.TextChoices):
        PROPOSE = "propose", "suggested"
        EDIT = "edit", "adjusted"
        APPROVE = "approve", "approved"
        REJECT = "reject", "rejected"
        LATER = "later", "set aside"
        ASSIGN = "assign", "assigned"
        NOTE = "note", "wrote a note"
        UNDO = "undo", "undone"
        REVERSE = "reverse", "asked to reverse"
        EXPIRE = "expire", "expired"

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="decisions")
    what = models.CharField(max_length=10, choices=What)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="who wrote the version that was approved",
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="who had passed such decisions on to the person",
    )
    policy = models.ForeignKey(
        "governance.RolloutChange",
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="the step to automatic that decided, raised by two people",
    )
    role = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField()
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    reason = models.CharField(max_length=40, blank=True, help_text="one of the kind's five reasons")
    note = models.TextField(blank=True)
    before = models.JSONField(null=True, help_text="the payload before an edit")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "digest", "by"],
                condition=Q(what="approve"),
                name="decision_approves_once_per_person",
            ),
            models.CheckConstraint(
                condition=~Q(what="approve") | Q(drafted_by__isnull=True) | ~Q(by=F("drafted_by")),
                name="decision_approver_did_not_draft",
            ),
            models.UniqueConstraint(
                fields=["proposal", "digest", "on_behalf_of"],
                condition=Q(what="approve"),
                name="decision_approves_once_on_behalf",
            ),
            models.CheckConstraint(
                condition=Q(on_behalf_of__isnull=True)
                | ~Q(on_behalf_of=F("by")) & (Q(drafted_by__isnull=True) | ~Q(on_behalf_of=F("drafted_by"))),
                name="decision_on_behalf_of_another",
            ),
            models.CheckConstraint(
                condition=~Q(what="approve") | Q(by__isnull=False) | Q(policy__isnull=False),
                name="decision_approval_names_who_stands_for_it",
            ),
            models.CheckConstraint(
                condition=Q(policy__isnull=True) | Q(by__isnull=True), name="decision_policy_is_no_person"
            ),
        ]

    def who(self) -> str:
        """Who stands for it, in words; read with `by`, `on_behalf_of` and both people of the policy."""
        if self.policy:
            return f"the policy raised by {self.policy.asked_by} and {self.policy.decided_by}"
        behalf = f" for {self.on_behalf_of}" if self.on_behalf_of else ""
        return f"{self.by or 'imis_ai'}{behalf}"


class Delegation(models.Model):
    """Somebody else decides for a while. The one who stands in needs the right too.

    `kind` and `area` empty mean all that the person decides on.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    stand_in = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    area = models.CharField(max_length=20, blank=True)
    kind = models.CharField(max_length=60, blank=True)
    from_on = models.DateField()
    to_on = models.DateField()
    reason = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="when it was ended before its time")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(to_on__gte=F("from_on")) & ~Q(person=F("stand_in")), name="delegation_makes_sense"
            )
        ]
