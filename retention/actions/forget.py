"""Erased people leave the inputs kept for computing scores again; their scores go with the member."""

from collections.abc import Collection

from retention.calc import stored
from retention.models import ScoreInputs


def forget(*, pseudonyms: Collection[str]) -> int:
    """Remove these members from every kept input; returns how many files were written anew."""
    changed = 0
    for kept in ScoreInputs.objects.order_by("pk").iterator(chunk_size=8):
        rows = stored.unpack(bytes(kept.rows))
        others = stored.without(rows, pseudonyms)
        if len(others) < len(rows):
            kept.rows = stored.pack(others)
            kept.save(update_fields=["rows"])
            changed += 1
    return changed
