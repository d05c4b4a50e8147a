"""People who use the product, their role, and what they opened."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models

from imis_ai.accounts import rights


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
    theme = models.CharField(max_length=10, choices=Theme, default=Theme.SYSTEM)
    density = models.CharField(max_length=12, choices=Density, default=Density.COMFORTABLE)
    has_shortcuts = models.BooleanField(default=True, help_text="single-key shortcuts (WCAG 2.1.4)")

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def may(self, right: str) -> bool:
        """Whether this person's role carries the right. Superusers get no short-cut."""
        return self.is_active and self.role in rights.RIGHTS[right].roles


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
    detail = models.JSONField(default=dict, help_text="filters and row count of an export")
