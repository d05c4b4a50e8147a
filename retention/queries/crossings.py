"""Who is over the line of a band, by crossings: once over it, a member stays until well under it."""

from collections.abc import Collection

from django.db.models import QuerySet

from retention.models import Crossing


def standing(band: str) -> QuerySet[Crossing]:
    """The crossings that last, newest first. `md` is medium or higher, `hi` is high."""
    return Crossing.objects.filter(band=band, left_at=None).order_by("-entered_at", "-pk")


def to_ask(*, band: str = "hi") -> QuerySet[Crossing]:
    """Those whose effects in iMIS were not suggested yet, by risk."""
    found = standing(band).filter(asked_at=None, member__gone_at=None)
    return found.select_related("member").order_by("-risk", "pk")


def to_withdraw(*, band: str = "hi") -> QuerySet[Crossing]:
    """Those that ended after their effects were suggested."""
    over = Crossing.objects.filter(band=band, left_at__isnull=False, asked_at__isnull=False)
    return over.filter(withdrawn_at=None, member__gone_at=None).select_related("member").order_by("pk")


def of_members(member_ids: Collection[int]) -> QuerySet[Crossing]:
    return Crossing.objects.filter(member__in=member_ids).order_by("-entered_at", "-pk")
