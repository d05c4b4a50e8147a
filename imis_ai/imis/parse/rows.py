"""Rows of queries (IQA): flat objects whose column names staff chose. One function per query."""

from typing import Any

from imis_ai.imis.parse.context import Context
from imis_ai.imis.parse.values import (
    Unreadable,
    day,
    flag,
    key,
    line,
    maybe_day,
    maybe_moment,
    maybe_money,
    maybe_number,
    moment,
    money,
    whole,
    words,
)
from imis_ai.imis.records import (
    Activity,
    Benefit,
    Invoice,
    InvoiceLine,
    Record,
    Registration,
    Relationship,
    Term,
    Text,
    TierBenefit,
    TierPrice,
)

Row = dict[str, Any]


def tier_price(row: Row, context: Context) -> list[Record]:
    get, c = row.get, context.columns["tier_prices"]
    tier, since = key(get(c["tier"]), c["tier"]), day(get(c["effective_on"]), c["effective_on"], context.zone)
    return [
        TierPrice(
            key=f"{tier}:{since}", tier=tier, effective_on=since, price=money(get(c["price"]), c["price"])
        )
    ]


def benefit(row: Row, context: Context) -> list[Record]:
    get, c = row.get, context.columns["benefits"]
    name = key(get(c["name"]), c["name"])
    cost = maybe_money(get(c["annual_cost"]), c["annual_cost"])
    return [Benefit(key=name, name=name, description=words(get(c["description"])), annual_cost=cost)]


def tier_benefit(row: Row, context: Context) -> list[Record]:
    get, c = row.get, context.columns["tier_benefits"]
    tier, name = key(get(c["tier"]), c["tier"]), key(get(c["benefit_name"]), c["benefit_name"])
    return [TierBenefit(key=f"{tier}:{name}"[:200], tier=tier, benefit_name=name)]


def term(row: Row, context: Context) -> list[Record]:
    get, c, zone = row.get, context.columns["terms"], context.zone
    start, end = day(get(c["start_on"]), c["start_on"], zone), day(get(c["end_on"]), c["end_on"], zone)
    if end < start:
        raise Unreadable(f"{c['end_on']} lies before {c['start_on']}")
    return [
        Term(
            key=key(get(c["key"]), c["key"]),
            updated_on=maybe_moment(get(c["updated_on"]), c["updated_on"], zone),
            member=key(get(c["member"]), c["member"]),
            start_on=start,
            end_on=end,
            tier=line(get(c["tier"]), 60),
            price=maybe_money(get(c["price"]), c["price"]),
            method=line(get(c["method"]), 30).lower(),
            resigned_on=maybe_day(get(c["resigned_on"]), c["resigned_on"], zone),
        )
    ]


def web_visit(row: Row, context: Context) -> list[Record]:
    get, c = row.get, context.columns["web_visits"]
    return [
        Activity(
            key="web:" + key(get(c["key"]), c["key"]),
            member=key(get(c["member"]), c["member"]),
            kind=key(get(c["kind"]), c["kind"])[:40].lower(),
            at=moment(get(c["at"]), c["at"], context.zone),
            reference=line(get(c["reference"])),
            quantity=maybe_number(get(c["quantity"]), c["quantity"]),
        )
    ]


def email_event(row: Row, context: Context) -> list[Record]:
    get, c = row.get, context.columns["email_events"]
    return [
        Activity(
            key="mail:" + key(get(c["key"]), c["key"]),
            member=key(get(c["member"]), c["member"]),
            kind=key(get(c["kind"]), c["kind"])[:40].lower(),
            at=moment(get(c["at"]), c["at"], context.zone),
            reference=line(get(c["reference"])),
        )
    ]


def registration(row: Row, context: Context) -> list[Record]:
    get, c, zone = row.get, context.columns["registrations"], context.zone
    return [
        Registration(
            key=key(get(c["key"]), c["key"]),
            updated_on=maybe_moment(get(c["updated_on"]), c["updated_on"], zone),
            event=key(get(c["event"]), c["event"]),
            member=key(get(c["member"]), c["member"]),
            registered_at=moment(get(c["registered_at"]), c["registered_at"], zone),
            attended=flag(get(c["attended"]), c["attended"]),
            cancelled_at=maybe_moment(get(c["cancelled_at"]), c["cancelled_at"], zone),
            amount=maybe_money(get(c["amount"]), c["amount"]),
        )
    ]


def invoice(row: Row, context: Context) -> list[Record]:
    get, c, zone = row.get, context.columns["invoices"], context.zone
    return [
        Invoice(
            key=key(get(c["key"]), c["key"]),
            updated_on=maybe_moment(get(c["updated_on"]), c["updated_on"], zone),
            member=key(get(c["member"]), c["member"]),
            payer_imis_id=line(get(c["payer_imis_id"]), 60),
            kind=line(get(c["kind"]), 40).lower(),
            issued_on=day(get(c["issued_on"]), c["issued_on"], zone),
            due_on=day(get(c["due_on"]), c["due_on"], zone),
            amount=money(get(c["amount"]), c["amount"]),
            balance=maybe_money(get(c["balance"]), c["balance"]),
            paid_on=maybe_day(get(c["paid_on"]), c["paid_on"], zone),
            tier=line(get(c["tier"]), 60),
            term_start=maybe_day(get(c["term_start"]), c["term_start"], zone),
            term_end=maybe_day(get(c["term_end"]), c["term_end"], zone),
        )
    ]


def invoice_line(row: Row, context: Context) -> list[Record]:
    get, c = row.get, context.columns["invoice_lines"]
    of, number = key(get(c["invoice"]), c["invoice"]), whole(get(c["number"]), c["number"])
    return [
        InvoiceLine(
            key=f"{of}:{number}",
            updated_on=maybe_moment(get(c["updated_on"]), c["updated_on"], context.zone),
            member=key(get(c["member"]), c["member"]),
            invoice=of,
            number=number,
            item=line(get(c["item"]), 100),
            quantity=maybe_money(get(c["quantity"]), c["quantity"]),
            amount=money(get(c["amount"]), c["amount"]),
        )
    ]


def text(row: Row, context: Context) -> list[Record]:
    get, c, zone = row.get, context.columns["texts"], context.zone
    return [
        Text(
            key=key(get(c["key"]), c["key"]),
            updated_on=maybe_moment(get(c["updated_on"]), c["updated_on"], zone),
            member=key(get(c["member"]), c["member"]),
            source=line(get(c["source"]), 40).lower(),
            at=moment(get(c["at"]), c["at"], zone),
            question=words(get(c["question"])),
            subject=line(get(c["subject"]), 1000),
            body=words(get(c["body"])),
            reference=line(get(c["reference"])),
        )
    ]


def relationship(row: Row, context: Context) -> list[Record]:
    get, c, zone = row.get, context.columns["relationships"], context.zone
    return [
        Relationship(
            key=key(get(c["key"]), c["key"]),
            member=key(get(c["member"]), c["member"]),
            other_imis_id=key(get(c["other_imis_id"]), c["other_imis_id"]),
            kind=line(get(c["kind"]), 40).lower(),
            start_on=maybe_day(get(c["start_on"]), c["start_on"], zone),
            end_on=maybe_day(get(c["end_on"]), c["end_on"], zone),
        )
    ]


def imis_id(row: Row, context: Context) -> list[Record]:
    """The sweep wants keys only; page.py takes them and this makes no record."""
    return []
