"""What features add to the product: what they hold about a member, and how it is forgotten."""

from collections.abc import Iterator
from datetime import datetime

from imis_ai.features import actions
from imis_ai.features.queries import personal
from imis_ai.governance.privacy import Section, Subject, register_holder
from imis_ai.governance.privacy.periods import MONTH, register_period


def connect() -> None:
    """Called once at start."""
    register_period(
        "features.snapshots",
        what="Features",
        days=round(36 * MONTH),
        then="removed",
        purge=lambda before, now: actions.prune(now=now, before=before),
    )
    register_holder("features", export=_sections, erase=_erase, step=4)


def _sections(subject: Subject) -> Iterator[Section]:
    about = "Computed from the rows above, kept under a pseudonym without your name."
    rows = list(personal.features_of(pseudonym=subject.pseudonym)) if subject.pseudonym else []
    yield Section("Features", about, rows)
    shared = list(personal.published_of(pseudonym=subject.pseudonym)) if subject.pseudonym else []
    yield Section("Numbers shared between the parts of the product", about, shared)


def _erase(subject: Subject, now: datetime) -> str:
    actions.forget(pseudonyms=[subject.pseudonym])
    return "Removed from every snapshot, shared number and vector."
