"""What was decided and changed, as a chain nobody can alter unseen. Appended by `governance.audit` only."""

from django.db import models


class AuditEntry(models.Model):
    """One link. Holds no personal data of members: those stand in AuditDetail, bound by `commitment`.

    The database refuses UPDATE, DELETE and TRUNCATE (migration 0002).
    """

    seq = models.BigIntegerField(primary_key=True, help_text="without gaps, from 1")
    at = models.DateTimeField(db_index=True)
    actor_id = models.BigIntegerField(
        null=True, help_text="the person's id, no foreign key; null: the machine"
    )
    actor = models.CharField(max_length=150, help_text="their name as it was")
    role = models.CharField(max_length=20, blank=True, help_text="their role as it was")
    action = models.CharField(max_length=80, help_text="dotted: retention.scored, proposal.approved")
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=200, blank=True)
    subject = models.CharField(
        max_length=36, blank=True, help_text="pseudonym of the member; means nothing once they are erased"
    )
    versions = models.JSONField(default=dict, help_text="name -> text: model, template, rule …")
    commitment = models.CharField(max_length=64, help_text="SHA-256 of nonce and detail")
    prev = models.CharField(max_length=64, help_text="SHA-256 of the entry before")
    mac = models.CharField(max_length=64, help_text="keyed hash of the SHA-256 of all the above")

    class Meta:
        indexes = [
            models.Index(fields=["actor_id", "-seq"], name="audit_by_actor"),
            models.Index(fields=["object_type", "object_id", "-seq"], name="audit_by_object"),
            models.Index(fields=["action", "-seq"], name="audit_by_action"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(seq__gte=1), name="audit_counts_from_one"),
            models.UniqueConstraint(fields=["prev"], name="audit_never_forks"),
        ]


class AuditDetail(models.Model):
    """The part that an erasure takes away. Without nonce the commitment says nothing about the content."""

    entry = models.OneToOneField(AuditEntry, models.PROTECT, primary_key=True, related_name="kept")
    nonce = models.CharField(max_length=32)
    imis_id = models.CharField(max_length=60, blank=True, db_index=True)
    detail = models.TextField(help_text="canonical JSON, as text so that it reads back to the byte")


class AuditHead(models.Model):
    """Where the chain ends, signed: entries cut off at the end are missed before the next seal."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField()
    head = models.CharField(max_length=64, help_text="SHA-256 of the last entry")
    mac = models.CharField(max_length=64)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="audit_has_one_head")]


class AuditSeal(models.Model):
    """A signed checkpoint. The same stands in a file in a second place (AUDIT_CHECKPOINT_DIR)."""

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    head = models.CharField(max_length=64, help_text="SHA-256 of entry `seq`")
    count = models.BigIntegerField(help_text="entries up to it")
    mac = models.CharField(max_length=64)
