"""What the recorded rows become, by resource."""

import datetime as dt
from decimal import Decimal

from imis_ai.imis import records

EXPECTED = {
    "chapters": [
        records.Chapter(key="TX", name="Texas", region="South"),
        records.Chapter(key="GULF", name="Gulf"),
    ],
    "tiers": [
        records.Tier(key="PRO", name="Professional", rank=28550),
        records.Tier(key="FEL", name="Fellow", rank=41000),
        records.Tier(key="FREE", name="Student", rank=0),
    ],
    "tier_prices": [
        records.TierPrice(
            key="PRO:2024-09-01", tier="PRO", effective_on=dt.date(2024, 9, 1), price=Decimal("285.5")
        )
    ],
    "benefits": [
        records.Benefit(key="Journal", name="Journal", description="Four a year", annual_cost=Decimal(12))
    ],
    "tier_benefits": [records.TierBenefit(key="PRO:Journal", tier="PRO", benefit_name="Journal")],
    "terms": [
        records.Term(
            key="5001",
            updated_on=dt.datetime(2025, 9, 1, 17, tzinfo=dt.UTC),
            member="00101",
            start_on=dt.date(2025, 9, 1),
            end_on=dt.date(2026, 8, 31),
            tier="PRO",
            price=Decimal("285.5"),
            method="card",
        )
    ],
    "activities": [
        records.Activity(
            key="act:9001",
            member="00101",
            kind="donation",
            at=dt.datetime(2025, 8, 1, 15, 30, tzinfo=dt.UTC),
            reference="FUND",
            detail="Annual gift",
            quantity=0.0,
            amount=Decimal("87.55"),
        ),
        records.Activity(
            key="act:9002",
            member="00101",
            kind="mentor",
            at=dt.datetime(2025, 8, 2, 5, tzinfo=dt.UTC),
            reference="Q",
        ),
    ],
    "email_events": [
        records.Activity(
            key="mail:1",
            member="00101",
            kind="email_open",
            at=dt.datetime(2026, 1, 5, 14, tzinfo=dt.UTC),
            reference="January news",
        )
    ],
    "events": [
        records.Event(
            key="CONF26",
            updated_on=dt.datetime(2026, 1, 1, 6, tzinfo=dt.UTC),
            name="Annual conference",
            kind="annual_conference",
            starts_at=dt.datetime(2026, 6, 1, 14, tzinfo=dt.UTC),
            chapter="TX",
            fee=Decimal("450.0"),
        ),
        records.Event(
            key="WEB1", name="Webinar", kind="webinar", starts_at=dt.datetime(2026, 2, 2, tzinfo=dt.UTC)
        ),
    ],
    "registrations": [
        records.Registration(
            key="CONF26-101",
            updated_on=dt.datetime(2026, 1, 15, 17, tzinfo=dt.UTC),
            event="CONF26",
            member="00101",
            registered_at=dt.datetime(2026, 1, 15, 17, tzinfo=dt.UTC),
            attended=False,
            amount=Decimal("450.0"),
        )
    ],
    "invoices": [
        records.Invoice(
            key="70001",
            updated_on=dt.datetime(2025, 8, 20, 15, tzinfo=dt.UTC),
            member="00101",
            payer_imis_id="201",
            kind="dues",
            issued_on=dt.date(2025, 7, 1),
            due_on=dt.date(2025, 9, 1),
            amount=Decimal("285.5"),
            balance=Decimal("0.0"),
            paid_on=dt.date(2025, 8, 20),
            tier="PRO",
            term_start=dt.date(2025, 9, 1),
            term_end=dt.date(2026, 8, 31),
        )
    ],
    "invoice_lines": [
        records.InvoiceLine(
            key="70001:1",
            updated_on=dt.datetime(2025, 8, 20, 15, tzinfo=dt.UTC),
            member="00101",
            invoice="70001",
            number=1,
            item="PRO",
            quantity=Decimal("1.0"),
            amount=Decimal("285.5"),
        )
    ],
    "payments": [
        records.Payment(
            key="P1",
            member="00101",
            payer_name="Ms. Ann Example",
            received_on=dt.date(2025, 8, 20),
            amount=Decimal("285.5"),
            method="visa",
            reference="ref 1",
            invoice_key="70001",
            status="paid",
        ),
        records.Payment(key="P0", received_on=dt.date(2025, 8, 21), amount=Decimal(0), status="pending"),
    ],
    "payment_attempts": [
        records.PaymentAttempt(
            key="A1",
            member="00101",
            at=dt.datetime(2026, 1, 10, 9, tzinfo=dt.UTC),
            amount=Decimal("285.5"),
            succeeded=False,
            decline_code="insufficient_funds",
        ),
        records.PaymentAttempt(
            key="A2",
            member="00101",
            at=dt.datetime(2026, 1, 12, 9, tzinfo=dt.UTC),
            amount=Decimal("285.5"),
            succeeded=True,
        ),
    ],
    "committees": [
        records.CommitteeRole(
            key="D1",
            member="00101",
            committee="Standards",
            role="Member",
            start_on=dt.date(2022, 1, 1),
            end_on=dt.date(2023, 12, 31),
        ),
        records.CommitteeRole(
            key="D2", member="00101", committee="Standards", role="Chair", start_on=dt.date(2024, 1, 1)
        ),
    ],
    "texts": [
        records.Text(
            key="1",
            updated_on=dt.datetime(2026, 1, 20, 16, tzinfo=dt.UTC),
            member="00101",
            source="survey",
            at=dt.datetime(2026, 1, 20, 16, tzinfo=dt.UTC),
            question="How was it?",
            subject="Renewal",
            body="Fine.\nBut dear.",
            reference="S-1",
        )
    ],
    "relationships": [
        records.Relationship(
            key="3", member="00101", other_imis_id="900", kind="staff_owner", start_on=dt.date(2024, 1, 1)
        )
    ],
    "deletions": [
        records.Deletion(key="301", updated_on=dt.datetime(2026, 1, 1, 6, tzinfo=dt.UTC), erased=True)
    ],
    "members": [
        records.Member(
            key="00101",
            updated_on=dt.datetime(2026, 2, 1, 16, 30, tzinfo=dt.UTC),
            first_name="Ann",
            last_name="Example",
            name="Ms. Ann Example",
            email="ann@example.org",
            phone="+1 312 555 0101",
            organisation_imis_id="201",
            title="Director",
            company_size="250",
            city="Austin",
            state="TX",
            postal_code="73301",
            country="US",
            chapter="TX",
            tier="PRO",
            member_type="PRO",
            status="A",
            joined_on=dt.date(2011, 2, 3),
            paid_through=dt.date(2026, 8, 31),
            auto_renew=True,
            birth_year=1979,
            gender="F",
        ),
        records.Consent(key="00101:email", member="00101", channel="email", granted=True),
        records.Consent(key="00101:sms", member="00101", channel="sms", granted=False),
        records.Member(
            key="201", kind="organisation", name="Acme", industry="ENERGY", status="D", is_deleted=True
        ),
    ],
}
