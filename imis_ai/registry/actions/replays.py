"""Computing a stored score again from the inputs kept with it, for a board or a committee."""

from datetime import datetime

from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.registry import cards
from imis_ai.registry.models import TrainedModel


@transaction.atomic
def replay(*, model: TrainedModel, imis_id: str, by: User, now: datetime) -> cards.Replayed | None:
    """The member's newest score by this version beside the same computed anew; None where there is none, or
    none that the person may see. The look is logged.
    """
    found = cards.find(model.name).replay(by, model, imis_id)
    if found is not None:
        detail = {"as_of": found.as_of, "is_same": found.is_same, "checksum": model.digest}
        versions = {"model": str(model)}
        audit.record(
            action="model.replayed", by=by, now=now, imis_id=imis_id, detail=detail, versions=versions
        )
    return found
