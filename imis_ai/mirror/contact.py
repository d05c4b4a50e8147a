"""Whether and how members can be reached, as iMIS has it: addresses, consent, and what asks for silence."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Exists, F, OuterRef, QuerySet, Sum

from imis_ai.accounts.models import User
from imis_ai.mirror import access
from imis_ai.mirror.models import Activity, Consent, Invoice, Member, MemberAlias, Payment, Term
from imis_ai.ui import words

NOT_RECEIVED = ("failed", "declined", "void", "voided", "reversed", "refunded", "cancelled")
OPENED, CLOSED = "case_opened", "case_closed"


@dataclass(frozen=True)
class Person:
    """One living record. `ids` are all the numbers this person had before records were merged."""

    imis_id: str
    ids: tuple[str, ...]
    name: str
    email: str
    phone: str
    status: str
    chapter: str
    is_gone: bool
    consent: dict[str, bool] = field(default_factory=dict)
    given_name: str = ""
    gender: str = ""

    @property
    def them(self) -> str:
        return them(self.gender)


def them(gender: str) -> str:
    """The word for a person in a sentence, from what iMIS was told; never guessed from a name."""
    return {"m": "him", "male": "him", "f": "her", "female": "her"}.get(gender.casefold(), "them")


def people(imis_ids: Collection[str]) -> dict[str, Person]:
    """By the number that was asked for; a merged record answers with the one that was kept."""
    aliases = dict(
        MemberAlias.objects.filter(imis_id__in=imis_ids).values_list("imis_id", "retained_imis_id")
    )
    wanted = {aliases.get(imis_id, imis_id) for imis_id in imis_ids}
    earlier: dict[str, list[str]] = {}
    for old, kept in MemberAlias.objects.filter(retained_imis_id__in=wanted).values_list(
        "imis_id", "retained_imis_id"
    ):
        earlier.setdefault(kept, []).append(old)
    members = {row.imis_id: row for row in Member.objects.filter(imis_id__in=wanted)}
    consent: dict[int, dict[str, bool]] = {}
    for member, channel, granted in Consent.objects.filter(member__in=members.values()).values_list(
        "member", "channel", "granted"
    ):
        consent.setdefault(member, {})[channel] = granted
    found = {}
    for imis_id in imis_ids:
        if row := members.get(aliases.get(imis_id, imis_id)):
            ids = (row.imis_id, *sorted(earlier.get(row.imis_id, ())))
            found[imis_id] = _person(row, ids, consent.get(row.pk, {}))
    return found


def alive(imis_ids: Collection[str]) -> QuerySet[Member]:
    """Those of the members who are alive in iMIS, for rules that choose among members."""
    return Member.objects.filter(imis_id__in=imis_ids, gone_at=None)


def retained(imis_id: str) -> str:
    """The number that counts today: that of the record which was kept when records were merged."""
    kept = MemberAlias.objects.filter(imis_id=imis_id).values_list("retained_imis_id", flat=True).first()
    return kept or imis_id


def paid_since(imis_ids: Collection[str], since: date) -> dict[str, date]:
    """Day of the last money that came in from each member on or after `since`."""
    found: dict[str, date] = {}
    payments = (
        Payment.objects.filter(member__imis_id__in=imis_ids, received_on__gte=since, amount__gt=0)
        .exclude(status__in=NOT_RECEIVED)
        .values_list("member__imis_id", "received_on")
    )
    settled = Invoice.objects.filter(member__imis_id__in=imis_ids, paid_on__gte=since, amount__gt=0)
    for imis_id, on in [*payments, *settled.values_list("member__imis_id", "paid_on")]:
        found[imis_id] = max(on, found.get(imis_id, on))
    return found


def open_cases(imis_ids: Collection[str], since: datetime) -> dict[str, datetime]:
    """When the newest case was opened that nobody has closed since."""
    closed = Activity.objects.filter(member=OuterRef("member"), kind=CLOSED, at__gte=OuterRef("at"))
    opened = Activity.objects.filter(member__imis_id__in=imis_ids, kind=OPENED, at__gte=since)
    rows = opened.filter(~Exists(closed)).order_by("at").values_list("member__imis_id", "at")
    return dict(rows)


def highest_paying(share: float, since: date) -> set[str]:
    """The members who brought in most since that day: the top `share` of those alive, by money received."""
    alive = Member.objects.filter(gone_at=None).count()
    paid = Payment.objects.filter(received_on__gte=since, member__gone_at=None).exclude(
        status__in=NOT_RECEIVED
    )
    sums: dict[str, Decimal] = dict(
        paid.filter(member__isnull=False)
        .values("member__imis_id")
        .annotate(total=Sum("amount"))
        .filter(total__gt=0)
        .order_by("-total", "member__imis_id")
        .values_list("member__imis_id", "total")
    )
    if not sums:
        return set()
    number = min(max(1, round(alive * share)), len(sums))
    least = list(sums.values())[number - 1]
    return {imis_id for imis_id, total in sums.items() if total >= least}


def renewed_since(moments: dict[str, datetime]) -> dict[str, date]:
    """For members with a moment each: start of the first term bought for a day after it."""
    found: dict[str, date] = {}
    rows = Term.objects.filter(member__imis_id__in=moments).order_by("start_on")
    for imis_id, starts in rows.values_list("member__imis_id", "start_on"):
        if starts > moments[imis_id].date():
            found.setdefault(imis_id, starts)
    return found


def opens_since(imis_ids: Collection[str], since: datetime, until: datetime) -> dict[str, list[datetime]]:
    """Moments at which each of them opened or clicked an e-mail, oldest first. One query."""
    kinds = ("email_open", "email_click")
    rows = Activity.objects.filter(
        member__imis_id__in=imis_ids, kind__in=kinds, at__gte=since, at__lte=until
    ).order_by("at")
    found: dict[str, list[datetime]] = {}
    for imis_id, at in rows.values_list("member__imis_id", "at"):
        found.setdefault(imis_id, []).append(at)
    return found


def visible(viewer: User, imis_ids: Collection[str]) -> dict[str, str]:
    """Names of those of these members whom the viewer may see."""
    return dict(access.members(viewer).filter(imis_id__in=imis_ids).values_list("imis_id", "name"))


def some(*, viewer: User, number: int) -> dict[str, str]:
    """A few members to try a text on, with names as the viewer may see them: those we know most about."""
    rows = access.members(viewer).filter(kind=Member.Kind.PERSON).exclude(first_name="")
    rows = rows.order_by(F("tier").desc(nulls_last=True), "imis_id")[:number]
    shown = access.sees_names(viewer)
    return {row.imis_id: str(row) if shown else words.masked(str(row)) for row in rows}


def by_email(address: str) -> list[str]:
    """Members alive with this address."""
    rows = Member.objects.filter(email__iexact=address, gone_at=None).exclude(email="")
    return list(rows.values_list("imis_id", flat=True)[:5])


def _person(row: Member, ids: tuple[str, ...], consent: dict[str, bool]) -> Person:
    return Person(
        imis_id=row.imis_id,
        ids=ids,
        name=row.name,
        email=row.email,
        phone=row.phone,
        status=row.status,
        chapter=row.chapter_id or "",
        is_gone=row.gone_at is not None,
        consent=consent,
        given_name=row.first_name,
        gender=row.gender,
    )
