"""Which groups members belong to, where that is recorded: for seeing that no group fares worse. Read only."""

from collections.abc import Sequence
from datetime import date

from imis_ai.mirror.models import Member

AGES = ((0, 30, "under 30"), (30, 40, "30 to 39"), (40, 50, "40 to 49"), (50, 60, "50 to 59"),
        (60, 70, "60 to 69"), (70, 200, "70 and over"))  # fmt: skip
KINDS = ("Tier", "Chapter", "Region", "Age band", "Gender")


def groups_of(*, pseudonyms: Sequence[str], today: date) -> dict[str, list[str]]:
    """Per kind of group the group of each pseudonym, in their order; empty where it is not recorded."""
    found = Member.objects.filter(pseudonym__in=set(pseudonyms)).values_list(
        "pseudonym", "tier__name", "chapter__name", "chapter__region", "birth_year", "gender"
    )
    known = {
        str(pseudonym): (tier or "", chapter or "", region or "", _age(born, today), gender or "")
        for pseudonym, tier, chapter, region, born, gender in found
    }
    nothing = ("",) * len(KINDS)
    rows = [known.get(str(pseudonym), nothing) for pseudonym in pseudonyms]
    return {kind: [row[n] for row in rows] for n, kind in enumerate(KINDS)}


def _age(born: int | None, today: date) -> str:
    if not born:
        return ""
    age = today.year - born
    return next((label for low, high, label in AGES if low <= age < high), "")
