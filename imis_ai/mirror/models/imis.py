"""The local copy of iMIS in canonical names. Rows arrive in bulk, by `mirror.actions` only."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Func, Q, Value
from guardian.models import UserObjectPermissionBase


class Mirrored(models.Model):
    """What every mirrored row keeps of its origin."""

    key = models.CharField(max_length=200, help_text="iMIS key, prefixed where several sources meet")
    updated_on = models.DateTimeField(null=True, help_text="when iMIS says it changed")
    seen_at = models.DateTimeField(help_text="when we last read something new of it")
    row_hash = models.BigIntegerField(
        help_text="hash of what was parsed; equal hash, nothing written; 0 makes the next reading count"
    )

    class Meta:
        abstract = True
        # a constraint, not `unique=True`: that would add a second index for LIKE to every big table
        constraints = [models.UniqueConstraint(fields=["key"], name="%(class)s_once_per_key")]


class Chapter(models.Model):
    code = models.CharField(max_length=60, primary_key=True)
    name = models.CharField(max_length=200)
    region = models.CharField(max_length=100, blank=True)

    class Meta:
        permissions = [
            ("view_chapter_members", "See the members of this chapter"),
            ("draft_chapter_work", "Prepare outreach and calls for this chapter"),
            ("approve_chapter_work", "Approve outreach and calls for this chapter"),
        ]

    def __str__(self) -> str:
        return self.name


class ChapterGrant(UserObjectPermissionBase):
    """One right of one person on one chapter: guardian's table with a real key, written by actions only."""

    content_object = models.ForeignKey(Chapter, models.CASCADE)


class Tier(models.Model):
    code = models.CharField(max_length=60, primary_key=True)
    name = models.CharField(max_length=200)
    rank = models.IntegerField(default=0, help_text="higher is dearer; upgrades go up")
    description = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name


class TierPrice(Mirrored):
    tier = models.ForeignKey(Tier, models.CASCADE)
    effective_on = models.DateField()
    price = models.DecimalField(max_digits=14, decimal_places=2)


class Benefit(Mirrored):
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    annual_cost = models.DecimalField(max_digits=14, decimal_places=2, null=True)


class TierBenefit(Mirrored):
    tier = models.ForeignKey(Tier, models.CASCADE)
    benefit_name = models.CharField(max_length=200)


class Member(Mirrored):
    """A person or an organisation. `key` equals `imis_id`."""

    class Kind(models.TextChoices):
        PERSON = "person"
        ORGANISATION = "organisation"

    imis_id = models.CharField(max_length=60, unique=True)
    pseudonym = models.UUIDField(unique=True, help_text="the only identity that features and models see")
    salt = models.UUIDField(help_text="erased with the person, which breaks the pseudonym")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.PERSON)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=300, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=60, blank=True)
    organisation_imis_id = models.CharField(max_length=60, blank=True)
    title = models.CharField(max_length=200, blank=True)
    industry = models.CharField(max_length=100, blank=True)
    company_size = models.CharField(max_length=60, blank=True)
    city = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=60, blank=True)
    postal_code = models.CharField(max_length=30, blank=True)
    country = models.CharField(max_length=60, blank=True)
    chapter = models.ForeignKey(Chapter, models.PROTECT, null=True)
    tier = models.ForeignKey(Tier, models.PROTECT, null=True)
    member_type = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=60, blank=True)
    joined_on = models.DateField(null=True)
    paid_through = models.DateField(null=True)
    auto_renew = models.BooleanField(null=True)
    birth_year = models.SmallIntegerField(null=True)
    gender = models.CharField(max_length=30, blank=True)
    gone_at = models.DateTimeField(null=True, help_text="tombstone: deleted or merged away in iMIS")

    class Meta:
        constraints = Mirrored.Meta.constraints
        indexes = [
            models.Index(fields=["chapter", "last_name"], name="member_by_chapter"),
            models.Index(fields=["last_name", "name"], name="member_by_name"),
            models.Index(fields=["updated_on"], name="member_by_updated"),
            # whom a person may see is asked for on every list: answered without reading the wide rows
            models.Index(
                fields=["id"],
                include=["tier", "chapter"],
                name="member_alive",
                condition=models.Q(gone_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.imis_id


class MemberAlias(models.Model):
    """A discarded imis_id that was merged into a retained one."""

    imis_id = models.CharField(max_length=60, primary_key=True)
    retained_imis_id = models.CharField(max_length=60, db_index=True)
    merged_at = models.DateTimeField()


class ErasedKey(models.Model):
    """HMAC of the imis_id of an erased person, so that the next sync does not bring them back."""

    digest = models.BinaryField(max_length=32, primary_key=True)
    erased_at = models.DateTimeField()


class OfMember(Mirrored):
    member = models.ForeignKey(Member, models.CASCADE)

    class Meta(Mirrored.Meta):
        abstract = True


class Term(OfMember):
    """One membership period, bought at once. `end_on` is the last covered day as it was sold."""

    tier = models.ForeignKey(Tier, models.PROTECT, null=True)
    start_on = models.DateField()
    end_on = models.DateField()
    price = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    method = models.CharField(max_length=30, blank=True, help_text="card, autopay, cheque, invoice")
    resigned_on = models.DateField(null=True, help_text="mid-term resignation: the date it took effect")

    class Meta(OfMember.Meta):
        indexes = [models.Index(fields=["end_on"], name="term_by_end")]
        constraints = [
            *Mirrored.Meta.constraints,
            models.CheckConstraint(
                condition=Q(end_on__gte=models.F("start_on")), name="term_ends_after_it_starts"
            ),
        ]


class Activity(OfMember):
    """One thing a member did or received. The big table."""

    member = models.ForeignKey(Member, models.CASCADE, db_index=False)  # the index below begins with it
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    reference = models.CharField(max_length=200, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    quantity = models.FloatField(null=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    version = models.BigIntegerField(
        db_default=Func(Value("mirror_activity_version"), function="nextval"),
        help_text="rises with every insert and update; the columnar copy reads what is newer",
    )

    class Meta(OfMember.Meta):
        indexes = [
            models.Index(fields=["member", "at"], name="activity_by_member_and_time"),
            BrinIndex(fields=["version"], autosummarize=True, pages_per_range=32, name="activity_by_version"),
        ]


class Event(Mirrored):
    name = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=40, blank=True)
    starts_at = models.DateTimeField()
    chapter = models.ForeignKey(Chapter, models.PROTECT, null=True)
    fee = models.DecimalField(max_digits=14, decimal_places=2, null=True)


class Registration(OfMember):
    event = models.ForeignKey(Event, models.CASCADE)
    registered_at = models.DateTimeField()
    attended = models.BooleanField(null=True, help_text="not known until the event is over")
    cancelled_at = models.DateTimeField(null=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)


class Invoice(OfMember):
    payer_imis_id = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=40, blank=True, help_text="dues, event, product, donation")
    issued_on = models.DateField()
    due_on = models.DateField()
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    balance = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    paid_on = models.DateField(null=True, help_text="day the balance reached zero")
    tier = models.ForeignKey(Tier, models.PROTECT, null=True)
    term_start = models.DateField(null=True)
    term_end = models.DateField(null=True)

    class Meta(OfMember.Meta):
        indexes = [
            models.Index(fields=["due_on"], name="invoice_by_due"),
            models.Index(fields=["due_on"], name="invoice_unpaid", condition=Q(paid_on=None)),
            models.Index(fields=["paid_on"], name="invoice_by_paid"),
        ]


class InvoiceLine(OfMember):
    invoice = models.ForeignKey(Invoice, models.CASCADE)
    number = models.IntegerField()
    item = models.CharField(max_length=100, blank=True)
    quantity = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2)


class Payment(Mirrored):
    """Money received. The payer may be unknown to us."""

    member = models.ForeignKey(Member, models.SET_NULL, null=True)
    received_on = models.DateField()
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    payer_name = models.CharField(max_length=300, blank=True)
    method = models.CharField(max_length=30, blank=True)
    reference = models.CharField(max_length=200, blank=True)
    invoice_key = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=30, blank=True)


class PaymentAttempt(OfMember):
    """An automatic card charge and how it ended."""

    at = models.DateTimeField()
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    succeeded = models.BooleanField()
    decline_code = models.CharField(max_length=60, blank=True)


class CommitteeRole(OfMember):
    committee = models.CharField(max_length=200)
    role = models.CharField(max_length=100, blank=True)
    start_on = models.DateField()
    end_on = models.DateField(null=True)


class Text(OfMember):
    """Words a member wrote: survey, community, case, e-mail, event feedback. May be anonymous."""

    member = models.ForeignKey(Member, models.CASCADE, null=True)
    source = models.CharField(max_length=40)
    at = models.DateTimeField()
    question = models.TextField(blank=True)
    subject = models.TextField(blank=True)
    body = models.TextField()
    reference = models.CharField(max_length=200, blank=True)


class Consent(OfMember):
    class Channel(models.TextChoices):
        EMAIL = "email"
        SMS = "sms"
        PHONE = "phone"

    channel = models.CharField(max_length=10, choices=Channel)
    granted = models.BooleanField()


class Relationship(OfMember):
    """Staff owner, employer, and other links between contacts."""

    kind = models.CharField(max_length=40)
    other_imis_id = models.CharField(max_length=60)
    start_on = models.DateField(null=True)
    end_on = models.DateField(null=True)


class ProgrammeChange(Mirrored):
    """Something the association changed, dated, so that trends can show it."""

    on = models.DateField()
    what = models.CharField(max_length=300)


class Feed(models.Model):
    """One resource of one source: how far it is read, who reads it, and how it went."""

    class Health(models.TextChoices):
        NEVER = "never"
        FRESH = "fresh"
        FAILED = "failed"
        HELD = "held", "held: a person must look"

    name = models.CharField(max_length=40, primary_key=True)
    cursor = models.JSONField(default=dict, help_text="moves only in the transaction of the rows it covers")
    health = models.CharField(max_length=10, choices=Health, default=Health.NEVER)
    message = models.TextField(blank=True)
    rows = models.BigIntegerField(default=0, help_text="that iMIS held when it was last read as a whole")
    changed = models.BigIntegerField(default=0, help_text="new or changed rows of the last run")
    last_success_at = models.DateTimeField(null=True)
    last_try_at = models.DateTimeField(null=True)
    is_paused = models.BooleanField(default=False)


class FieldSwitch(models.Model):
    """A field of iMIS that a person switched off: it is no longer read, and emptied by the next run."""

    feed = models.CharField(max_length=40)
    field = models.CharField(max_length=60)
    reason = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=150)
    off_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["feed", "field"], name="field_switched_off_once")]


class Lease(models.Model):
    """Who may write the mirror now. The fence rises with each holder; a stale holder commits nothing."""

    name = models.CharField(max_length=40, primary_key=True)
    holder = models.CharField(max_length=100, blank=True)
    fence = models.BigIntegerField(default=0)
    epoch = models.BigIntegerField(
        default=0, help_text="rises when members are merged or erased; remembered ids are then out of date"
    )
    writes = models.BigIntegerField(default=0, help_text="number of the newest row of Change")
    expires_at = models.DateTimeField(null=True)


class Change(models.Model):
    """A day from which on dated rows came, changed or went. Numbers as of later days, computed before write
    number `write`, are out of date."""

    since = models.DateField(primary_key=True)
    write = models.BigIntegerField(help_text="number of the newest such writing")


class Reject(models.Model):
    """A record that could not be stored, kept with its reason until it is repaired or ignored."""

    feed = models.CharField(max_length=40, db_index=True)
    key = models.CharField(max_length=200)
    reason = models.CharField(max_length=300)
    waits_for = models.CharField(
        max_length=220,
        blank=True,
        db_index=True,
        help_text="member:<id>, event:<key> or invoice:<key> that is missing",
    )
    payload = models.JSONField(
        help_text="`type` and `record`: the parsed record, for another try; else what iMIS sent"
    )
    is_ignored = models.BooleanField(default=False, help_text="a person said that this row does not matter")
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["feed", "key"], name="reject_once_per_key")]


class Notice(models.Model):
    """A change notification from iMIS: a hint to read one record again, never data."""

    event_id = models.CharField(max_length=200, unique=True)
    event_type = models.CharField(max_length=100)
    subject = models.CharField(max_length=300)
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, db_index=True)


class DirtyMember(models.Model):
    """A member whose data changed since the last scoring."""

    member = models.OneToOneField(Member, models.CASCADE, primary_key=True)
    since = models.DateTimeField()
