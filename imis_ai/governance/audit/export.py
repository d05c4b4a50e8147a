"""The log as lines of JSON for the stand-alone verifier and for an auditor's own programs."""

from collections.abc import Iterator

from imis_ai.governance.audit import chain
from imis_ai.governance.audit.verify import REMOVED
from imis_ai.governance.models import AuditEntry


def lines(*, has_details: bool) -> Iterator[str]:
    """Every entry from the first. Without details the file holds no personal data of members."""
    aside = ("nonce", "imis_id", "detail")
    columns = (*chain.FIELDS, "mac", *(f"kept__{name}" for name in aside))
    for row in AuditEntry.objects.order_by("seq").values_list(*columns).iterator(chunk_size=5000):
        entry = dict(zip((*chain.FIELDS, "mac", *aside), row, strict=True))
        entry["at"] = chain.instant(entry["at"])
        if not has_details and entry["action"] != REMOVED:  # that one names no member
            for name in aside:
                del entry[name]
        yield chain.canonical(entry) + "\n"
