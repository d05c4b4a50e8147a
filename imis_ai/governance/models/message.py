"""Words that may be sent, offers that may be made, and every text that was made from them."""

from django.db import models
from django.db.models import Q

from imis_ai.governance.models.proposal import Proposal
from imis_ai.governance.models.versioned import Versioned


class Channel(models.TextChoices):
    EMAIL = "email", "E-mail"
    SMS = "sms", "SMS"
    PORTAL = "portal", "Letter to the portal"


class Template(models.Model):
    """A text with named fields. What is sent is one of its approved versions, never the template itself."""

    name = models.CharField(max_length=80, unique=True)
    area = models.CharField(max_length=20, help_text="retention, segments, tiers, sentiment or renewals")
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.EMAIL)
    purpose = models.CharField(max_length=200, blank=True, help_text="when staff choose it, in a sentence")
    use = models.CharField(
        max_length=20,
        blank=True,
        help_text="drafted by itself for this: campaign, reminder, grace …; empty: by people only",
    )

    def __str__(self) -> str:
        return self.name


class TemplateVersion(Versioned):
    class Tone(models.TextChoices):
        WARM = "warm"
        NEUTRAL = "neutral"
        FORMAL = "formal"

    template = models.ForeignKey(Template, models.PROTECT, related_name="versions")
    language = models.CharField(max_length=10, default="en")
    subject = models.CharField(max_length=150, blank=True, help_text="e-mail only")
    body = models.TextField()
    tone = models.CharField(max_length=10, choices=Tone, default=Tone.WARM)
    allowed_fields = models.JSONField(default=list, help_text="names of facts; empty: those of the text")

    class Meta(Versioned.Meta):
        ordering = ["-number"]
        constraints = [
            *Versioned.Meta.constraints,
            models.UniqueConstraint(fields=["template", "number"], name="templateversion_once_per_number"),
            models.UniqueConstraint(
                fields=["template", "language"],
                condition=Q(state="approved"),
                name="templateversion_one_approved_per_language",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.number}"


class Offer(models.Model):
    """Something staff may give. What is not in this list cannot be offered."""

    class Needs(models.TextChoices):
        NOTHING = "", "nothing but the member's yes"
        SEAT = "seat", "a free seat that staff set aside"
        PEER = "peer", "a member who agreed to be introduced"

    name = models.CharField(max_length=80, unique=True)
    needs = models.CharField(max_length=10, choices=Needs, blank=True, help_text="looked for with each draft")

    def __str__(self) -> str:
        return self.name


class OfferVersion(Versioned):
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="versions")
    what = models.CharField(max_length=200, help_text="as the member reads it")
    cost = models.DecimalField(max_digits=14, decimal_places=2, help_text="what one costs us")
    price_effect = models.DecimalField(
        max_digits=14, decimal_places=2, default=0, help_text="percent off the dues; 0: the price stays"
    )
    ceiling = models.DecimalField(max_digits=14, decimal_places=2, help_text="most that one member may get")
    expires_after_days = models.PositiveSmallIntegerField(default=14)
    budget = models.DecimalField(max_digits=14, decimal_places=2, help_text="for all members together")
    needs_approval_above = models.DecimalField(max_digits=14, decimal_places=2)
    reasons = models.JSONField(default=list, help_text="reasons it fits; empty: any")
    parts = models.PositiveSmallIntegerField(
        default=0, help_text="of a payment plan: in how many parts the dues are paid; 0: no plan"
    )

    class Meta(Versioned.Meta):
        ordering = ["-number"]
        constraints = [
            *Versioned.Meta.constraints,
            models.UniqueConstraint(fields=["offer", "number"], name="offerversion_once_per_number"),
            models.UniqueConstraint(
                fields=["offer"], condition=Q(state="approved"), name="offerversion_one_approved"
            ),
            models.CheckConstraint(
                condition=Q(cost__gte=0, ceiling__gt=0, budget__gte=0, price_effect__range=(0, 100)),
                name="offerversion_amounts_make_sense",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offer} {self.number}"


class OfferUse(models.Model):
    """Money of a budget set aside for one member. Given back when the offer is withdrawn or not taken."""

    offer = models.ForeignKey(Offer, models.PROTECT, related_name="uses")
    version = models.ForeignKey(OfferVersion, models.PROTECT, related_name="+")
    imis_id = models.CharField(max_length=60, db_index=True)
    proposal = models.ForeignKey(Proposal, models.PROTECT, null=True, related_name="+")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    at = models.DateTimeField()
    expires_at = models.DateTimeField()
    given_back_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["offer", "imis_id"],
                condition=Q(given_back_at__isnull=True),
                name="offeruse_one_open_per_member",
            )
        ]


class Generation(models.Model):
    """One text that the system made: from which words, with which facts, and what came out."""

    imis_id = models.CharField(max_length=60, db_index=True)
    version = models.ForeignKey(TemplateVersion, models.PROTECT, null=True, related_name="+")
    maker = models.CharField(max_length=60, default="template", help_text="template, or the model's name")
    facts = models.JSONField(help_text="name, value, source and date of each; no text about the member")
    output_hash = models.CharField(max_length=64, help_text="SHA-256 of subject and body")
    made_at = models.DateTimeField()
    proposal = models.ForeignKey(Proposal, models.SET_NULL, null=True, related_name="+")
