"""Groups by which cohorts of members are formed, as they stand today. Reads only."""

from collections.abc import Sequence
from datetime import date

from imis_ai.mirror.models import Member, TierPrice

KINDS = ("tier", "industry", "chapter", "joined")


def groups(pseudonyms: Sequence[str]) -> dict[str, list[str]]:
    """Tier, industry, chapter and day of joining of each pseudonym, in their order; empty where not known.

    The industry of a person is that of the organisation they work for.
    """
    found = Member.objects.filter(gone_at=None).values_list(
        "pseudonym",
        "imis_id",
        "tier__name",
        "chapter__name",
        "industry",
        "organisation_imis_id",
        "joined_on",
    )
    rows = list(found)
    industry = {imis_id: own for _, imis_id, _, _, own, *_ in rows if own}
    known = {
        str(pseudonym): (tier or "", own or industry.get(employer, ""), chapter or "", str(joined or ""))
        for pseudonym, _, tier, chapter, own, employer, joined in rows
    }
    made = [known.get(str(each), ("",) * len(KINDS)) for each in pseudonyms]
    return {key: [row[k] for row in made] for k, key in enumerate(KINDS)}


def list_prices() -> list[tuple[int, date, float]]:
    """(rank of the tier, since when, price), oldest first."""
    found = TierPrice.objects.order_by("effective_on", "pk")
    return [
        (rank, on, float(price))
        for rank, on, price in found.values_list("tier__rank", "effective_on", "price")
    ]
