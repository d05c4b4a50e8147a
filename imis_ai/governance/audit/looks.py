"""Looking into the log leaves an entry, too."""

from datetime import datetime
from typing import Any

from imis_ai.accounts.models import User
from imis_ai.governance.audit.append import record


def log_search(*, by: User, filters: dict[str, str], found: int, now: datetime) -> None:
    """Who looked for what. A member's number stands aside, where an erasure takes it away."""
    rest = {name: value for name, value in filters.items() if name != "member"}
    record(
        action="audit.searched",
        by=by,
        now=now,
        imis_id=filters.get("member", ""),
        detail={"filters": rest, "found": found},
    )


def log_export(*, by: User, what: str, detail: dict[str, Any], now: datetime) -> None:
    """Who took what out, with the filters of the list; again without the member's number in the clear."""
    filters = dict(detail.get("filters", {}))
    imis_id = filters.pop("member", "")
    record(
        action="audit.exported",
        by=by,
        now=now,
        imis_id=imis_id,
        detail={"after": what, **detail, "filters": filters},
    )
