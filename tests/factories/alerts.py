"""What alerts are made from: a member with a term, charges, moves, and the usual day of invoices."""

import datetime as dt
from decimal import Decimal

from imis_ai.governance import guardrails
from imis_ai.governance.guardrails import defaults
from imis_ai.governance.models import GuardrailVersion, Offer, OfferVersion
from retention.models import Alert
from tests.factories.accounts import UserFactory
from tests.factories.messages import VersionFactory, reachable
from tests.factories.mirror import (
    ActivityFactory,
    InvoiceFactory,
    MemberFactory,
    PaymentAttemptFactory,
    TermFactory,
)

NOW = dt.datetime(2026, 6, 1, 15, tzinfo=dt.UTC)
TODAY = NOW.date()
DAY = dt.timedelta(days=1)


def lists(**entries) -> None:
    """The shipped guardrails, with these lists (competitors=[...]) or signals ("on") in place of theirs."""
    defaults.load(now=NOW)
    for kind, told in entries.items():
        field = "on" if kind == "signals" else "entries"
        version = GuardrailVersion.objects.get(guardrail__kind=kind)
        version.settings = {field: told}
        version.save()
    assert guardrails.entries("asks_for_time")


def member(*, ends: int = 120, **fields):
    """Reachable, with a term that ends in so many days at 620.00."""
    made = reachable(**({"first_name": "Dana"} | fields))
    TermFactory(
        member=made, start_on=TODAY + (ends - 365) * DAY, end_on=TODAY + ends * DAY, price=Decimal("620.00")
    )
    return made


def charges(who, *days_ago: int, succeeded: bool = False):
    for ago in days_ago:
        PaymentAttemptFactory(
            member=who, at=NOW - ago * DAY, succeeded=succeeded, decline_code="insufficient_funds"
        )


def usual_invoices(days_before: int = 45) -> None:
    """Renewals of other members, invoiced that many days before their term begins."""
    other = MemberFactory()
    for n in range(20):
        start = TODAY - (30 + n) * DAY
        InvoiceFactory(
            member=other,
            issued_on=start - days_before * DAY,
            due_on=start,
            term_start=start,
            term_end=start + 364 * DAY,
        )


def visits(who, *days_ago: int):
    for ago in days_ago:
        ActivityFactory(member=who, kind="login", at=NOW - ago * DAY)


def plan(*, parts: int = 3, ceiling: str = "1000", second_above: str = "800") -> OfferVersion:
    """A pre-approved plan of the catalogue and the text to offer it with."""
    VersionFactory(
        template__name="Payment plan",
        template__use="plan",
        subject="Paying your dues in parts",
        body="Dear {{ first_name }},\n\nYou can pay in parts: {{ offer }}.\n\nKind regards",
    )
    return OfferVersion.objects.create(
        offer=Offer.objects.create(name="Dues in parts"),
        number=1,
        state="approved",
        what="your dues in monthly parts",
        cost=Decimal(0),
        ceiling=Decimal(ceiling),
        budget=Decimal(5000),
        needs_approval_above=Decimal(second_above),
        expires_after_days=30,
        reasons=[],
        parts=parts,
        written_by=UserFactory(),
        written_at=NOW,
        approved_by=UserFactory(),
        approved_at=NOW,
    )


def alert(who, **fields) -> Alert:
    """One open alert, as a night would have made it."""
    told = {
        "signal": "failed",
        "newest_on": TODAY,
        "evidence": [
            {"on": TODAY.isoformat(), "what": "A card payment failed", "source": "payment attempts"}
        ],
        "money": Decimal("620.00"),
        "suggested": "Offer a payment plan by 20 Jul, before the invoice",
        "opened_at": NOW,
        "seen_at": NOW,
    }
    return Alert.objects.create(member=who, **(told | fields))
