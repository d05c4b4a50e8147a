"""The one ledger of contacts with members over all areas, and what stands against the next one."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from imis_ai.governance.models.message import Channel, TemplateVersion
from imis_ai.governance.models.proposal import Proposal


class ContactEntry(models.Model):
    """One contact, from plan to answer. The reference is that of the outbox, the same on every try."""

    class State(models.TextChoices):
        PLANNED = "planned"
        SENDING = "sending", "handed over; no answer yet"
        SENT = "sent"
        STOPPED = "stopped", "not sent, for a reason"
        BOUNCED = "bounced"
        REPLIED = "replied"
        OPTED_OUT = "opted out"

    imis_id = models.CharField(max_length=60)
    channel = models.CharField(max_length=10, choices=Channel)
    area = models.CharField(max_length=20)
    proposal = models.ForeignKey(Proposal, models.PROTECT, null=True, related_name="contacts")
    version = models.ForeignKey(TemplateVersion, models.PROTECT, null=True, related_name="+")
    reference = models.CharField(max_length=20, unique=True, null=True)
    is_automatic = models.BooleanField(default=False, help_text="left without a person's click")
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    planned_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    state_at = models.DateTimeField()
    reason = models.TextField(blank=True, help_text="why this channel, or why it was stopped")
    address_digest = models.CharField(max_length=64, blank=True, help_text="so that a bounce names it")

    class Meta:
        indexes = [
            models.Index(fields=["imis_id", "sent_at"], name="contact_by_member"),
            models.Index(fields=["area", "sent_at"], name="contact_by_area"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "imis_id", "channel"],
                condition=Q(state__in=["planned", "sending"]),
                name="contact_planned_once_per_proposal",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["planned", "stopped"]) | Q(reference__isnull=False),
                name="contact_sent_has_its_reference",
            ),
        ]


class ContactEvent(models.Model):
    """What came back after a contact. Labels for learning are counted from these and from the mirror."""

    class Kind(models.TextChoices):
        REPLY = "reply"
        AUTO_REPLY = "auto reply"
        BOUNCE = "bounce"
        SOFT_BOUNCE = "soft bounce"
        STOP = "stop"
        ASKED = "asked for a person"

    entry = models.ForeignKey(ContactEntry, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=Kind)
    at = models.DateTimeField()
    key = models.CharField(max_length=200, help_text="of the message that came in; counted once")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "kind", "key"], name="contactevent_once")]


class Pause(models.Model):
    """A person said: leave this member alone for a while. Other pauses come from their sources."""

    class Reason(models.TextChoices):
        COMPLAINT = "complaint", "open complaint"
        DISPUTE = "dispute"
        BEREAVEMENT = "bereavement"
        MANUAL = "manual", "another reason"

    imis_id = models.CharField(max_length=60, db_index=True)
    area = models.CharField(max_length=20, blank=True, help_text="empty: every area")
    reason = models.CharField(max_length=12, choices=Reason)
    note = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason="manual") | Q(until__isnull=False), name="pause_by_hand_has_an_end"
            )
        ]


class OptOut(models.Model):
    """What a member does not want, told to us and not to iMIS; or an address that does not work."""

    class Kind(models.TextChoices):
        CHANNEL = "channel", "no messages by this channel"
        NO_MARKETING = "no marketing", "no messages but those about the account"
        NO_PROFILING = "no profiling", "no scores"
        RESTRICTED = "restricted", "no processing at all"
        UNUSABLE = "unusable", "the address does not work"

    imis_id = models.CharField(max_length=60, db_index=True)
    kind = models.CharField(max_length=12, choices=Kind)
    channel = models.CharField(max_length=10, choices=Channel, blank=True, help_text="empty: every channel")
    address_digest = models.CharField(max_length=64, blank=True, help_text="a new address works again")
    source = models.CharField(max_length=40, help_text="stop page, reply, bounce, staff")
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["imis_id", "kind", "channel", "address_digest"],
                condition=Q(ended_at__isnull=True),
                name="optout_once",
            )
        ]


class StaffItem(models.Model):
    """A member waits for a person: asked for one, answered something, or cannot be reached."""

    class Why(models.TextChoices):
        ASKED = "asked", "Asked for a person"
        REPLIED = "replied", "Replied to a message"
        UNREACHABLE = "unreachable", "A message came back"

    imis_id = models.CharField(max_length=60, blank=True)
    why = models.CharField(max_length=12, choices=Why)
    entry = models.ForeignKey(ContactEntry, models.CASCADE, null=True, related_name="staff_items")
    text = models.TextField(blank=True, help_text="what the member wrote on the page")
    key = models.CharField(max_length=200, help_text="one item per thing that came in")
    opened_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["opened_at"], condition=Q(done_at=None), name="staffitem_open")]
        constraints = [models.UniqueConstraint(fields=["why", "key"], name="staffitem_once")]
