"""What is kept of features: numbers under pseudonyms. No name, no text, no iMIS key ever stands here."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Snapshot(models.Model):
    """All features as of one day. `pseudonyms` are 16 bytes each, in the order of every column's values."""

    as_of = models.DateField(unique=True)
    version = models.CharField(max_length=20, help_text="of the definitions it was computed with")
    write = models.BigIntegerField(help_text="number of the mirror's newest writing when this was computed")
    built_at = models.DateTimeField()
    members = models.IntegerField()
    pseudonyms = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.as_of}: {self.members} members"


class SnapshotColumn(models.Model):
    """One feature of one snapshot: compressed 32-bit floats, NaN where it is missing."""

    snapshot = models.ForeignKey(Snapshot, models.CASCADE, related_name="columns")
    name = models.CharField(max_length=120)
    covered = models.IntegerField(help_text="members with a value")
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["snapshot", "name"], name="snapshot_column_once")]


class PublishedValue(models.Model):
    """A number that one domain offers to the others, such as `retention.risk`."""

    name = models.CharField(max_length=80)
    as_of = models.DateField()
    version = models.CharField(max_length=60, help_text="of the model or rule that made it")
    pseudonym = models.UUIDField(db_index=True)
    value = models.FloatField()
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "as_of", "pseudonym"], name="published_once_a_day")
        ]


class MemberVector(models.Model):
    """A member's standardised features in few dimensions: near means alike."""

    pseudonym = models.UUIDField(primary_key=True)
    as_of = models.DateField()
    values = ArrayField(models.FloatField())
