"""The other typed objects and property bags: code tables, events, activities, payments and card charges."""

from decimal import Decimal
from typing import Any

from imis_ai.imis.parse import wire
from imis_ai.imis.parse.context import Context
from imis_ai.imis.parse.parties import named, when
from imis_ai.imis.parse.values import (
    Unreadable,
    day,
    key,
    line,
    maybe_moment,
    maybe_money,
    maybe_number,
    moment,
    money,
)
from imis_ai.imis.records import Activity, Chapter, Event, Payment, PaymentAttempt, Record, Tier

PAYMENT_STATUS = ("pending", "voided", "paid", "processed", "reversed", "partially_refunded", "refunded")
COMPLETE, FAILED = 1, 2


def amount_of(value: wire.Money | Decimal | None) -> Decimal | None:
    return value.amount if isinstance(value, wire.Money) else value


def chapter(raw: wire.GenTable, context: Context) -> list[Record]:
    code = key(raw.code, "Code")[:60]
    return [Chapter(key=code, name=line(raw.description) or code, region=line(raw.substitute, 100))]


def tier(raw: wire.CustomerType, context: Context) -> list[Record]:
    """Member types only. The rate in cents is the rank: dearer ranks higher."""
    if not raw.is_member_record:
        return []
    code = key(raw.customer_type_id, "CustomerTypeId")[:60]
    rate = maybe_money(amount_of(raw.rate1), "Rate1") or Decimal(0)
    return [Tier(key=code, name=line(raw.description) or code, rank=min(int(rate * 100), 2**31 - 1))]


def activity(raw: wire.Bag, context: Context) -> list[Record]:
    row: dict[str, Any] = wire.flat(raw.properties)
    get, c = row.get, context.columns["activities"]
    code = key(get(c["kind"]), c["kind"])
    whose = get(c["member"])
    return [
        Activity(
            key="act:" + activity_key(raw, row, context),
            member=key(get("ID") if whose is None else whose, c["member"]),
            kind=context.kinds.get(code.upper()) or code[:40].lower(),
            at=moment(get(c["at"]) or get(c["effective"]), c["at"], context.zone),
            reference=line(get(c["reference"]) or get("OTHER_CODE")),
            detail=line(get(c["detail"]), 300),
            quantity=maybe_number(get(c["quantity"]), c["quantity"]),
            amount=maybe_money(get(c["amount"]), c["amount"]),
        )
    ]


def activity_key(raw: wire.Bag, row: dict[str, Any], context: Context) -> str:
    name = context.columns["activities"]["key"]
    own = row.get(name)
    if own is None and raw.identity:
        elements = wire.each(raw.identity.identity_elements)
        own = elements[0] if elements else None
    return key(own, name)


def event(raw: wire.Event, context: Context) -> list[Record]:
    c, zone = context.columns["events"], context.zone
    extra = wire.flat(raw.additional_attributes)
    return [
        Event(
            key=key(raw.event_id, "EventId"),
            updated_on=maybe_moment(when(raw.update_information), "UpdatedOn", zone),
            name=line(raw.name, 300),
            kind=named(raw.category, 40).lower(),
            starts_at=moment(raw.start_date_time, "StartDateTime", zone),
            chapter=line(extra.get(c["chapter"]), 60),
            fee=maybe_money(extra.get(c["fee"]), c["fee"]),
        )
    ]


def payment(raw: wire.Payment, context: Context) -> list[Record]:
    payer, zone = raw.payor_party or wire.Named(), context.zone
    applied = [each for each in wire.each(raw.payment_applications) if each.invoice_id]
    if not 0 <= raw.status < len(PAYMENT_STATUS):
        raise Unreadable("Status is not one of the payment states")
    return [
        Payment(
            key=key(raw.payment_id, "PaymentId"),
            updated_on=maybe_moment(when(raw.update_information), "UpdatedOn", zone),
            member=line(payer.party_id or payer.id, 60),
            payer_name=line(payer.name, 300),
            received_on=day(raw.payment_date, "PaymentDate", zone),
            amount=money(amount_of(raw.amount) or Decimal(0), "Amount"),
            method=line(raw.payment_method_id, 30).lower(),
            reference=line(raw.payment_reference),
            invoice_key=line(applied[0].invoice_id) if applied else "",
            status=PAYMENT_STATUS[raw.status],
        )
    ]


def payment_attempt(raw: wire.Attempt, context: Context) -> list[Record]:
    """An attempt that is still waiting is no record yet; it comes with its outcome."""
    if raw.status == 0:
        return []
    return [
        PaymentAttempt(
            key=key(raw.data_vault_attempt_id, "DataVaultAttemptId"),
            updated_on=maybe_moment(when(raw.update_information), "UpdatedOn", context.zone),
            member=key(raw.party_id, "PartyId"),
            at=moment(raw.attempt_date, "AttemptDate", context.zone),
            amount=maybe_money(amount_of(raw.amount), "Amount"),
            succeeded=raw.status == COMPLETE,
            decline_code="" if raw.status == COMPLETE else line(raw.response_code, 60),
        )
    ]
