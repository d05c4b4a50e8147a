"""People who use the product, and their role."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    class Role(models.TextChoices):
        MEMBERSHIP = "membership", "Membership manager"
        FINANCE = "finance", "Finance reviewer"
        ADMIN = "admin", "Administrator"
        CHAPTER = "chapter", "Chapter manager"
        EXECUTIVE = "executive", "Executive"

    class Theme(models.TextChoices):
        SYSTEM = "system"
        LIGHT = "light"
        DARK = "dark"

    role = models.CharField(max_length=20, choices=Role, default=Role.EXECUTIVE)
    theme = models.CharField(max_length=10, choices=Theme, default=Theme.SYSTEM)
    has_shortcuts = models.BooleanField(default=True, help_text="single-key shortcuts (WCAG 2.1.4)")

    def __str__(self) -> str:
        return self.get_full_name() or self.username
