"""When members are usually there, who among staff looks after them, whether they may be called."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils.timezone import localtime

from imis_ai.mirror.models import Activity, Consent, Member, Relationship

SEEN = ("login", "email_open", "email_click")
YEAR = timedelta(days=365)
STAFF = ("staff_owner", "staff owner", "owner", "account manager", "advisor")


def hours(member_id: int, now: datetime) -> list[int]:
    """Hours of the day of logins and opened e-mails in a year, in the association's time zone."""
    rows = Activity.objects.filter(member_id=member_id, kind__in=SEEN, at__gte=now - YEAR, at__lte=now)
    return [localtime(at).hour for at in rows.order_by("-at").values_list("at", flat=True)[:200]]


def owners(imis_ids: Collection[str]) -> dict[str, str]:
    """The iMIS number of the staff member who looks after each, where a relationship says so."""
    rows = Relationship.objects.filter(member__imis_id__in=imis_ids, end_on=None)
    wanted = Q()
    for kind in STAFF:
        wanted |= Q(kind__iexact=kind)
    return dict(rows.filter(wanted).order_by("pk").values_list("member__imis_id", "other_imis_id"))


def callable_member(member: str = "member") -> Exists:
    """The condition that the member of a row has a phone number and has not refused calls."""
    refused = Consent.objects.filter(member=OuterRef("pk"), channel="phone", granted=False)
    alive = Member.objects.filter(pk=OuterRef(member)).exclude(phone="")
    return Exists(alive.exclude(Exists(refused)))


def phones(member_ids: Collection[int]) -> dict[int, str]:
    """Numbers as iMIS has them, of members who have not refused calls."""
    refused = Consent.objects.filter(member__in=member_ids, channel="phone", granted=False)
    rows = Member.objects.filter(pk__in=member_ids).exclude(pk__in=refused.values("member")).exclude(phone="")
    return dict(rows.values_list("pk", "phone"))
