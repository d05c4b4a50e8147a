"""What corrections teach a model: who said what of whom, and when; nothing that waits for a second person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils.timezone import localtime

from imis_ai.governance.corrections.topics import Topic
from imis_ai.governance.models import Correction
from imis_ai.mirror import queries as mirror

State = Correction.State
KEPT = (State.STANDING, State.EXPIRED)  # what was taken back or replaced was not meant


@dataclass(frozen=True)
class Said:
    """One correction without a name: pseudonym, day, and what the model takes it for."""

    pseudonym: str
    on: date
    means: str


def teaching(*, topic: Topic, until: date) -> list[Said]:
    """Made by that day, oldest first. Two queries."""
    meanings = {choice.key: choice.means for choice in topic.choices if choice.means}
    rows = Correction.objects.filter(
        Q(needs_second=False) | Q(agreed_by__isnull=False), card=topic.card, says__in=meanings, state__in=KEPT
    )
    found = [
        (row.imis_id, on, meanings[row.says])
        for row in rows.order_by("at")
        if (on := localtime(row.at).date()) <= until
    ]
    names = _pseudonyms({imis_id for imis_id, _, _ in found}) if found else {}
    return [Said(names[imis_id], on, means) for imis_id, on, means in found if imis_id in names]


def _pseudonyms(numbers: Iterable[str]) -> dict[str, str]:
    wanted = set(numbers)
    known = mirror.imis_ids_by_pseudonym()
    return {imis_id: str(pseudonym) for pseudonym, imis_id in known.items() if imis_id in wanted}
