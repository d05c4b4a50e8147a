"""The periods of mirror, accounts and governance. Domains add their own from their wiring."""

from datetime import datetime

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session

from imis_ai.accounts import actions as people
from imis_ai.governance import audit
from imis_ai.governance.messages import ledger
from imis_ai.governance.models import AuditDetail, Proposal
from imis_ai.governance.privacy.own import empty_proposals
from imis_ai.governance.privacy.periods import MONTH, YEAR, register_period
from imis_ai.mirror import actions as mirror

BATCH = 50_000  # details removed in one night: the entry that says so names them all


def register() -> None:
    register_period(
        "mirror.gone",
        what="Members that iMIS no longer has",
        days=90,
        then="removed with all their rows",
        purge=lambda before, now: mirror.purge_gone(before=before, now=now),
    )
    register_period(
        "mirror.texts",
        what="Texts that members wrote",
        days=round(24 * MONTH),
        then="removed; labels stay under a pseudonym",
        purge=lambda before, now: mirror.purge_texts(before=before),
    )
    register_period(
        "messages.generated",
        what="Texts that were made, and the facts in them",
        days=round(12 * MONTH),
        then="removed",
        purge=lambda before, now: ledger.purge_generations(before=before),
    )
    register_period(
        "money.proposals",
        what="Decisions about money",
        days=7 * YEAR,
        then="emptied but for amount and reference; the audit chain stays",
        purge=_empty_money,
    )
    register_period(
        "audit.details",
        what="Details of the audit log",
        days=7 * YEAR,
        then="removed; the chain itself stays",
        purge=_remove_details,
    )
    register_period(
        "accounts.access",
        what="Who opened personal data",
        days=7 * YEAR,
        then="removed",
        purge=lambda before, now: people.purge_access(before=before),
    )
    register_period("accounts.sessions", what="Web sessions", days=30, then="removed", purge=_remove_sessions)
    register_period(
        "accounts.logins",
        what="Attempts to sign in",
        days=round(12 * MONTH),
        then="removed",
        purge=_remove_attempts,
    )
    register_period(
        "backups", what="Backups of the database", days=35, then="expire; set this where you make them"
    )


def _empty_money(before: datetime, now: datetime) -> int:
    old = Proposal.objects.filter(amount__isnull=False, decided_at__lt=before).exclude(
        payload__has_key="erased"
    )
    return empty_proposals(proposals=old)


def _remove_details(before: datetime, now: datetime) -> int:
    old = AuditDetail.objects.filter(entry__at__lt=before).exclude(entry__action=audit.REMOVED)
    seqs = list(old.order_by("pk").values_list("pk", flat=True)[:BATCH])
    return audit.remove_details(seqs=seqs, why="end of their period", now=now)


def _remove_sessions(before: datetime, now: datetime) -> int:
    """Sessions end after eight hours; what is expired goes."""
    return Session.objects.filter(expire_date__lt=now).delete()[0]


def _remove_attempts(before: datetime, now: datetime) -> int:
    return sum(
        model.objects.filter(attempt_time__lt=before).delete()[0]
        for model in (AccessAttempt, AccessFailureLog, AccessLog)
    )
