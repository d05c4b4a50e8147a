"""How the log was found last, and what jobs read: what the pages show beside the entries. Reads only."""

import json
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from imis_ai.governance.audit.nightly import VERIFIED
from imis_ai.governance.models import AuditEntry
from imis_ai.jobs import queries as job_queries
from imis_ai.jobs.models import JobRun


@dataclass(frozen=True)
class Found:
    at: datetime
    by: str
    is_whole: bool
    sentence: str
    seq: int


@dataclass(frozen=True)
class JobLine:
    job: JobRun
    title: str
    rows: list[tuple[str, int]]


def last_verdict() -> Found | None:
    """The newest check of the log; None before the first."""
    entry = AuditEntry.objects.filter(action=VERIFIED).select_related("kept").order_by("-seq").first()
    if entry is None:
        return None
    detail = json.loads(entry.kept.detail) if hasattr(entry, "kept") else {}
    return Found(entry.at, entry.actor, bool(detail.get("whole")), detail.get("sentence", ""), entry.seq)


def jobs() -> QuerySet[JobRun]:
    return JobRun.objects.select_related("requested_by").order_by("-pk")


def job_line(job: JobRun) -> JobLine:
    """Stages that counted something: each is an object of iMIS or a table of ours."""
    rows = [(stage["name"], stage["done"]) for stage in job.stages if stage["done"]]
    return JobLine(job, job_queries.title(job.name), rows)
