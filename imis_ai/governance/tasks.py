"""The jobs of governance."""

from django.utils import timezone

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.jobs.progress import Progress
from imis_ai.jobs.registry import job


@job("audit.verify", title="Check the audit log", stages=("Entries",))
def verify_audit(progress: Progress, by: int | None = None) -> audit.Verdict:
    progress.stage("Entries")
    person = User.objects.filter(pk=by).first()
    verdict = audit.check(by=person, now=timezone.now(), advance=progress.advance)
    progress.note(verdict.sentence)
    return verdict


@job("audit.seal", title="Seal the audit log", refusals=(audit.Broken, audit.NotWritten))
def seal_audit(progress: Progress) -> None:
    """Part of the night: read the log whole, then seal it in two places."""
    progress.stage("Audit log")
    progress.note(audit.seal_the_day(now=timezone.now(), advance=progress.advance))
