"""Small associations for feature tests: rows by member number and days before or after a fixed day."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from imis_ai.mirror import models
from tests.factories.mirror import (
    ActivityFactory,
    CommitteeRoleFactory,
    EventFactory,
    InvoiceFactory,
    MemberFactory,
    PaymentAttemptFactory,
    PaymentFactory,
    RegistrationFactory,
    TermFactory,
    TierFactory,
    TierPriceFactory,
)

DAY = dt.date(2026, 1, 1)
NOW = dt.datetime(2026, 1, 1, 8, tzinfo=dt.UTC)


def day(offset: int) -> dt.date:
    """The day `offset` days after DAY; below 0 before it."""
    return DAY + dt.timedelta(days=offset)


def moment(offset: int, hour: int = 12) -> dt.datetime:
    return dt.datetime.combine(day(offset), dt.time(hour), dt.UTC)


def people(number: int, **fields) -> list[models.Member]:
    """Members without tier or chapter, who joined 1,000 days before DAY."""
    fields = {"chapter": None, "tier": None, "joined_on": day(-1000)} | fields
    return models.Member.objects.bulk_create(MemberFactory.build(**fields) for _ in range(number))


def did(member: models.Member, kind: str, *offsets: int, **fields) -> list[models.Activity]:
    """One activity of a kind on each of these days."""
    return models.Activity.objects.bulk_create(
        ActivityFactory.build(member=member, kind=kind, at=moment(offset), **fields) for offset in offsets
    )


def registered(
    member: models.Member, event_on: int, *, attended: bool | None = True, **fields
) -> models.Registration:
    """A registration made ten days before the event."""
    event = EventFactory(starts_at=moment(event_on), kind=fields.pop("kind", "webinar"), chapter=None)
    fields = {"registered_at": moment(event_on - 10)} | fields
    return RegistrationFactory(member=member, event=event, attended=attended, **fields)


def term(member: models.Member, start: int, end: int, **fields) -> models.Term:
    return TermFactory(member=member, start_on=day(start), end_on=day(end), **fields)


def invoice(member: models.Member, issued: int, due: int, paid: int | None, **fields) -> models.Invoice:
    paid_on = None if paid is None else day(paid)
    return InvoiceFactory(member=member, issued_on=day(issued), due_on=day(due), paid_on=paid_on, **fields)


def plant(members: list[models.Member], rows: Iterable[tuple]) -> None:
    """Rows drawn by a test: (table, member number, day, another day, number)."""
    tiers = [TierFactory(code=f"T{rank}", rank=rank) for rank in range(3)]
    for tier in tiers:
        TierPriceFactory(tier=tier, effective_on=day(-300), price=Decimal(100 + 10 * tier.rank))
        TierPriceFactory(tier=tier, effective_on=day(20), price=Decimal(200))
    for table, who, first, second, number in rows:
        MAKERS[table](members[who % len(members)], first, second, number, tiers)


def _activity(member, first, _second, number, _tiers):
    kind = KINDS[number % len(KINDS)]
    ActivityFactory(
        member=member, kind=kind, at=moment(first, number % 24), quantity=number, amount=Decimal(number),
        reference=f"r{number % 4}", detail=f"row {number % 3} level {number % 5}",
    )  # fmt: skip


def _term(member, first, second, number, tiers):
    later = max(first, first + abs(second))
    resigned = day(first + 30) if number % 7 == 0 else None
    TermFactory(
        member=member, tier=tiers[number % 3], start_on=day(first), end_on=day(later), resigned_on=resigned,
        price=Decimal(100 + number), method=("autopay", "card")[number % 2],
    )  # fmt: skip


def _registration(member, first, second, number, _tiers):
    attended = (True, False, None)[number % 3]
    cancelled = moment(second) if number % 5 == 0 else None
    kind = ("webinar", "annual_conference", "chapter_meeting")[number % 3]
    registered(member, first, attended=attended, kind=kind, cancelled_at=cancelled)


def _invoice(member, first, second, number, _tiers):
    paid = None if number % 4 == 0 else max(first, second)
    invoice(
        member, first, first + 30, paid, amount=Decimal(number + 1), kind=("dues", "event")[number % 2],
        term_start=day(first + 40), term_end=day(first + 400),
    )  # fmt: skip


def _payment(member, first, _second, number, _tiers):
    PaymentFactory(member=member, received_on=day(first), amount=Decimal(number + 1))


def _attempt(member, first, _second, number, _tiers):
    PaymentAttemptFactory(member=member, at=moment(first), succeeded=number % 2 == 0)


def _role(member, first, second, number, _tiers):
    end = None if number % 3 == 0 else day(max(first, second))
    role = ("Member", "Committee Chair")[number % 2]
    CommitteeRoleFactory(member=member, start_on=day(first), end_on=end, role=role)


KINDS = (
    "login", "page_view", "download", "email_sent", "email_open", "email_click", "community_post", "donation",
    "purchase", "benefit_use", "course_start", "course_complete", "kiosk_tap",
)  # fmt: skip
MAKERS = {
    "activity": _activity,
    "term": _term,
    "registration": _registration,
    "invoice": _invoice,
    "payment": _payment,
    "attempt": _attempt,
    "role": _role,
}
