"""The staff owner that iMIS names for a member, and who of our people that is: by the e-mail address."""

from datetime import date
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower

from imis_ai.mirror.models import Member, Relationship

STAFF_OWNER = "staff_owner"


def current(today: date) -> QuerySet[Relationship]:
    return Relationship.objects.filter(Q(end_on=None) | Q(end_on__gte=today), kind=STAFF_OWNER)


def name_of(member: Any, today: date) -> Subquery:
    """As a column: the name of the owner in iMIS; `member` is the path to the member's key."""
    name = Member.objects.filter(imis_id=OuterRef("other_imis_id")).values("name")[:1]
    rows = current(today).filter(member=member).order_by("-start_on", "-pk")
    return Subquery(rows.annotate(who=Subquery(name)).values("who")[:1])


def looked_after_by(emails: QuerySet, today: date) -> QuerySet:
    """Keys of members whose owner in iMIS has one of these addresses, in small letters."""
    staff = Member.objects.exclude(email="").annotate(address=Lower("email")).filter(address__in=emails)
    return current(today).filter(other_imis_id__in=staff.values("imis_id")).values("member")
