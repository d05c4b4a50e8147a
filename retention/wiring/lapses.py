"""What the study of lapses adds to the product: what is held of a member who left."""

from collections.abc import Iterator

from imis_ai.governance.privacy import Section, Subject, register_holder
from retention.calc.reasons import REASONS
from retention.models import LapseReason

ABOUT = "When your membership lapsed, and what the record points to as the main reason."


def connect() -> None:
    """Called once at start."""
    register_holder("lapses", export=_sections)  # they go with the member


def _sections(subject: Subject) -> Iterator[Section]:
    found = LapseReason.objects.filter(member__imis_id=subject.imis_id).order_by("lapsed_on")
    yield Section("Lapses", ABOUT, [_row(lapse) for lapse in found])


def _row(lapse: LapseReason) -> dict:
    return {
        "lapsed on": lapse.lapsed_on,
        "main reason": REASONS[lapse.main].label,
        "set by": lapse.chosen_by or "found by the product",
        "note": lapse.note,
        "what it rests on": "; ".join(f"{fact['text']} ({fact['on']})" for fact in lapse.evidence),
        "chance to return": lapse.chance,
    }
