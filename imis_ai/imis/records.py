"""What iMIS records become once parsed: frozen, typed, in canonical names. For the API and for archives.

Text is never None (empty instead); unknown dates, numbers and flags are None. `key` is unique per type.
"""

import datetime as dt
from decimal import Decimal

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    updated_on: dt.datetime | None = None


class Chapter(Record, frozen=True, kw_only=True):
    """`key` is the chapter code."""

    name: str
    region: str = ""


class Tier(Record, frozen=True, kw_only=True):
    """`key` is the tier code."""

    name: str
    rank: int = 0
    description: str = ""


class TierPrice(Record, frozen=True, kw_only=True):
    tier: str
    effective_on: dt.date
    price: Decimal


class Benefit(Record, frozen=True, kw_only=True):
    name: str
    description: str = ""
    annual_cost: Decimal | None = None


class TierBenefit(Record, frozen=True, kw_only=True):
    tier: str
    benefit_name: str


class Member(Record, frozen=True, kw_only=True):
    """`key` is the imis_id."""

    kind: str = "person"
    first_name: str = ""
    last_name: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    organisation_imis_id: str = ""
    title: str = ""
    industry: str = ""
    company_size: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""
    chapter: str = ""
    tier: str = ""
    member_type: str = ""
    status: str = ""
    joined_on: dt.date | None = None
    paid_through: dt.date | None = None
    auto_renew: bool | None = None
    birth_year: int | None = None
    gender: str = ""
    is_deleted: bool = False


class Term(Record, frozen=True, kw_only=True):
    member: str
    start_on: dt.date
    end_on: dt.date
    tier: str = ""
    price: Decimal | None = None
    method: str = ""
    resigned_on: dt.date | None = None


class Activity(Record, frozen=True, kw_only=True):
    member: str
    kind: str
    at: dt.datetime
    reference: str = ""
    detail: str = ""
    quantity: float | None = None
    amount: Decimal | None = None


class Event(Record, frozen=True, kw_only=True):
    starts_at: dt.datetime
    name: str = ""
    kind: str = ""
    chapter: str = ""
    fee: Decimal | None = None


class Registration(Record, frozen=True, kw_only=True):
    event: str
    member: str
    registered_at: dt.datetime
    attended: bool | None = None
    cancelled_at: dt.datetime | None = None
    amount: Decimal | None = None


class Invoice(Record, frozen=True, kw_only=True):
    member: str
    issued_on: dt.date
    due_on: dt.date
    amount: Decimal
    payer_imis_id: str = ""
    kind: str = ""
    balance: Decimal | None = None
    paid_on: dt.date | None = None
    tier: str = ""
    term_start: dt.date | None = None
    term_end: dt.date | None = None


class InvoiceLine(Record, frozen=True, kw_only=True):
    member: str
    invoice: str
    number: int
    amount: Decimal
    item: str = ""
    quantity: Decimal | None = None


class Payment(Record, frozen=True, kw_only=True):
    received_on: dt.date
    amount: Decimal
    member: str = ""
    payer_name: str = ""
    method: str = ""
    reference: str = ""
    invoice_key: str = ""
    status: str = ""


class PaymentAttempt(Record, frozen=True, kw_only=True):
    member: str
    at: dt.datetime
    succeeded: bool
    amount: Decimal | None = None
    decline_code: str = ""


class CommitteeRole(Record, frozen=True, kw_only=True):
    member: str
    committee: str
    start_on: dt.date
    role: str = ""
    end_on: dt.date | None = None


class Text(Record, frozen=True, kw_only=True):
    member: str
    source: str
    at: dt.datetime
    body: str
    question: str = ""
    subject: str = ""
    reference: str = ""


class Consent(Record, frozen=True, kw_only=True):
    """`key` is `<imis_id>:<channel>`."""

    member: str
    channel: str
    granted: bool


class Relationship(Record, frozen=True, kw_only=True):
    member: str
    kind: str
    other_imis_id: str
    start_on: dt.date | None = None
    end_on: dt.date | None = None


class ProgrammeChange(Record, frozen=True, kw_only=True):
    on: dt.date
    what: str


class Deletion(Record, frozen=True, kw_only=True):
    """`key` is the imis_id that is gone; `retained` is set when it was merged into another one."""

    retained: str = ""
    erased: bool = False
