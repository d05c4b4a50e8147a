"""People who use the product, their role and rights, how rights change, and what they opened."""

from decimal import Decimal

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from imis_ai.accounts import rights

PERSON = settings.AUTH_USER_MODEL


class User(AbstractUser):
    class Role(models.TextChoices):
        MEMBERSHIP = "membership", "Membership manager"
        FINANCE = "finance", "Finance reviewer"
        ADMIN = "admin", "Administrator"
        CHAPTER = "chapter", "Chapter manager"
        EXECUTIVE = "executive", "Executive"

    class Theme(models.TextChoices):
        SYSTEM = "system", "Follow the system"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable", "Comfortable"
        COMPACT = "compact", "Compact"

    role = models.CharField(max_length=20, choices=Role, default=Role.EXECUTIVE)
    approval_limit = models.DecimalField(
        max_digits=14, decimal_places=2, default=Decimal(0), help_text="money this person may approve alone"
    )
    is_guardrail_owner = models.BooleanField(default=False)
    is_auditor = models.BooleanField(default=False, help_text="reads all, changes nothing")
    can_reveal_names = models.BooleanField(default=False)
    theme = models.CharField(max_length=10, choices=Theme, default=Theme.SYSTEM)
    density = models.CharField(max_length=12, choices=Density, default=Density.COMFORTABLE)
    has_shortcuts = models.BooleanField(default=True, help_text="single-key shortcuts (WCAG 2.1.4)")
    notices_off = models.JSONField(default=list, blank=True, help_text="kinds in accounts.notices")
    digest_hour = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="local hour of the daily e-mail; empty for none"
    )
    first_views = models.JSONField(
        default=dict, blank=True, help_text="address of a list -> what of it the navigation opens"
    )
    session_version = models.PositiveIntegerField(default=0, help_text="one more ends every session at once")
    last_seen_at = models.DateTimeField(null=True, editable=False)

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(Lower("email"), condition=~Q(email=""), name="user_once_per_email"),
            models.CheckConstraint(
                condition=~Q(is_auditor=True)
                | Q(role="executive", approval_limit=0, is_guardrail_owner=False, can_reveal_names=False),
                name="user_auditor_holds_nothing_else",
            ),
            models.CheckConstraint(
                condition=Q(digest_hour__isnull=True) | Q(digest_hour__lt=24), name="user_digest_has_an_hour"
            ),
            models.CheckConstraint(
                condition=~Q(role="admin") | Q(approval_limit=0, is_guardrail_owner=False),
                name="user_administrator_approves_nothing",
            ),
            models.CheckConstraint(
                condition=Q(approval_limit=0) | Q(role__in=["membership", "finance"], approval_limit__gt=0),
                name="user_limit_belongs_to_who_decides_on_money",
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def extras(self) -> tuple[str, ...]:
        """Names of the rights given to this person beside the role."""
        return tuple(name for name, extra in rights.EXTRAS.items() if getattr(self, extra.field))

    def may(self, right: str) -> bool:
        """Whether this person has the right, by role or given one by one. Superusers get no short-cut."""
        return self.is_active and rights.carries(right, role=self.role, extras=self.extras)

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """Sessions end with a new password and with a new session_version."""
        seal = f"{self.password} {self.session_version}"
        return salted_hmac("imis_ai.accounts.session", seal, secret=secret, algorithm="sha256").hexdigest()


class SavedView(models.Model):
    """A list as somebody wants to see it again: its address with filters and order, under a name."""

    person = models.ForeignKey(PERSON, models.CASCADE, related_name="saved_views")
    place = models.CharField(max_length=200, help_text="address without its query")
    query = models.CharField(max_length=1000, blank=True)
    name = models.CharField(max_length=60)
    role = models.CharField(max_length=20, blank=True, help_text="shared with everybody of this role")
    saved_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["place", "role"], name="savedview_shared")]
        constraints = [
            models.UniqueConstraint("person", "place", Lower("name"), name="savedview_one_of_a_name")
        ]


class RightsChange(models.Model):
    """One change of somebody's rights: asked for, and carried out at once or by a second administrator."""

    class State(models.TextChoices):
        WAITING = "waiting", "waits for a second administrator"
        DONE = "done"
        DECLINED = "declined"
        WITHDRAWN = "withdrawn"

    person = models.ForeignKey(PERSON, models.CASCADE, related_name="rights_changes")
    before = models.JSONField(help_text="role, chapters, limit, extras as they stood when it was asked for")
    after = models.JSONField()
    reason = models.CharField(max_length=200, blank=True)
    needs_second = models.BooleanField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    asked_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="done", needs_second=True)
                | Q(decided_by__isnull=False, asked_by__isnull=False) & ~Q(decided_by=F("asked_by")),
                name="rightschange_second_person_is_another",
            ),
            models.CheckConstraint(
                condition=(Q(asked_by__isnull=True) | ~Q(asked_by=F("person")))
                & (Q(decided_by__isnull=True) | ~Q(decided_by=F("person")) | ~Q(state="done")),
                name="rightschange_is_never_ones_own",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at__isnull=True)
                | ~Q(state="waiting") & Q(decided_at__isnull=False),
                name="rightschange_decided_has_its_time",
            ),
            models.UniqueConstraint(
                fields=["person"], condition=Q(state="waiting"), name="rightschange_one_waits_per_person"
            ),
        ]


class Invitation(models.Model):
    """A link by which a person chooses a password. The link is made from the row; no secret is stored."""

    person = models.ForeignKey(PERSON, models.CASCADE, related_name="invitations")
    nonce = models.CharField(max_length=43, unique=True)
    invited_by = models.ForeignKey(PERSON, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="invitation_one_open_per_person",
            )
        ]


class AccessReview(models.Model):
    """The quarterly look at everybody's rights. Open until each line is confirmed or marked."""

    quarter = models.CharField(max_length=7, unique=True, help_text="2026-Q4")
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    finished_at = models.DateTimeField(null=True)


class AccessReviewLine(models.Model):
    """One person's rights as they stood, and who found them right or not."""

    class Verdict(models.TextChoices):
        KEEP = "keep", "still needed"
        CHANGE = "change", "to be changed"

    review = models.ForeignKey(AccessReview, models.CASCADE, related_name="lines")
    person = models.ForeignKey(PERSON, models.CASCADE, related_name="+")
    held = models.JSONField(help_text="role, chapters, limit, extras, last seen")
    verdict = models.CharField(max_length=6, choices=Verdict, blank=True)
    by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(null=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["review", "person"], name="accessreviewline_once_per_person"),
            models.CheckConstraint(
                condition=Q(verdict="", by__isnull=True, at__isnull=True)
                | ~Q(verdict="") & Q(by__isnull=False, at__isnull=False) & ~Q(by=F("person")),
                name="accessreviewline_is_confirmed_by_another",
            ),
        ]


class AccessEntry(models.Model):
    """Who opened, revealed or exported personal data. Appended, never changed; keeps the bare iMIS id."""

    class What(models.TextChoices):
        MEMBER_OPENED = "member opened"
        NAMES_REVEALED = "names revealed"
        LIST_EXPORTED = "list exported"

    at = models.DateTimeField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    username = models.CharField(max_length=150)
    what = models.CharField(max_length=30, choices=What)
    imis_id = models.CharField(max_length=60, blank=True, db_index=True)
    detail = models.JSONField(default=dict, help_text="where it was; filters and row count of an export")
