"""What iMIS keeps no history of: a few fields of a member, as one reading found them different."""

from django.db import models

from imis_ai.mirror.models.imis import Member


class MemberChange(models.Model):
    """Written with the reading that replaced the value; what was not known before is no change."""

    class Field(models.TextChoices):
        EMPLOYER = "employer"
        TITLE = "title"
        POSTCODE = "postal_code"

    member = models.ForeignKey(Member, models.CASCADE)
    field = models.CharField(max_length=20, choices=Field)
    before = models.CharField(max_length=200)
    after = models.CharField(max_length=200, blank=True)
    on = models.DateField(help_text="day of the change as iMIS dates it, else of the reading")

    class Meta:
        indexes = [models.Index(fields=["on"], name="memberchange_by_day")]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "field", "on", "before"], name="memberchange_once_a_day_from_a_value"
            )
        ]
