"""Legal holds: data that must be kept although somebody asks to erase it."""

from datetime import datetime

from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.models import LegalHold
from imis_ai.governance.refusals import Blocked, WhyNot


def open_hold(*, imis_id: str) -> LegalHold | None:
    return LegalHold.objects.filter(imis_id=imis_id, lifted_at=None).select_related("by").first()


@transaction.atomic
def place(*, imis_id: str, reason: str, by: User, now: datetime) -> LegalHold:
    """Nothing of the member is erased from now on. Twice changes nothing. Raises Blocked."""
    if not reason.strip():
        raise Blocked(
            WhyNot("A legal hold needs its reason.", rule="legal hold", next_step="Name the law or case.")
        )
    hold, is_new = LegalHold.objects.get_or_create(
        imis_id=imis_id, lifted_at=None, defaults={"reason": reason.strip()[:300], "by": by, "since": now}
    )
    if is_new:
        audit.record(
            action="legal hold.placed", by=by, now=now, imis_id=imis_id, detail={"reason": hold.reason}
        )
    return hold


@transaction.atomic
def lift(*, hold: LegalHold, by: User, now: datetime) -> bool:
    """False when a colleague was faster."""
    if not LegalHold.objects.filter(pk=hold.pk, lifted_at=None).update(lifted_at=now, lifted_by=by):
        return False
    audit.record(
        action="legal hold.lifted", by=by, now=now, imis_id=hold.imis_id, detail={"before": hold.reason}
    )
    return True
