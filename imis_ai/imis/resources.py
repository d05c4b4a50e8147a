"""What is read from iMIS, in the order of reading. Another resource is one row here and one parser."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from imis_ai.imis import records
from imis_ai.imis.fields import FIELDS, Field
from imis_ai.imis.parse import objects, parties, rows, wire
from imis_ai.imis.parse.context import Context
from imis_ai.imis.parse.page import Shape, column
from imis_ai.imis.parse.values import key
from imis_ai.imis.records import Record

QUERIES = "$/imis_ai/"
UPDATED = dt.timedelta(minutes=15)
WINDOW = dt.timedelta(days=45)
LOGS = dt.timedelta(days=7)

Parser = Callable[[Any, Context], list[Record]]
Strategy = Literal["updated", "window", "full"]


@dataclass(frozen=True)
class Resource:
    """One stream.

    `path` is an endpoint, or the path of a query (it starts with `$`). `since_param` is the filter that takes
    `ge:<local time>`; without it the stream is read whole. `strategy`: "updated" reads what changed, "window"
    re-reads the trailing `overlap` because the filter is not the time of change, "full" reads everything.
    Whoever computes `since` takes `overlap` off the cursor first. `also` is read after `path` into the same
    stream.
    """

    name: str
    path: str
    shape: Shape
    since_param: str = ""
    purpose: str = ""
    strategy: Strategy = "full"
    overlap: dt.timedelta = dt.timedelta(0)
    filters: tuple[tuple[str, str], ...] = ()
    also: tuple["Resource", ...] = ()
    fields: tuple[Field, ...] = field(default=())

    @property
    def parser(self) -> Parser:
        return self.shape.records


def attribute(name: str, wire_name: str) -> Callable[[Any, Context], str]:
    """Key of a typed object: one of its members."""
    return lambda row, _context: key(getattr(row, name), wire_name)


def _party_key(row: Any, _context: Context) -> str:
    return key(row.party_id if row.party_id is not None else row.id, "PartyId")


def _activity_key(row: Any, context: Context) -> str:
    if row.identity and (elements := wire.each(row.identity.identity_elements)):
        return key(elements[0], "SEQN")
    return objects.activity_key(row, wire.flat(row.properties), context)


def _group_member_key(row: Any, _context: Context) -> str:
    if row.group_member_id is not None:
        return key(row.group_member_id, "GroupMemberId")
    group, who = row.group or wire.Named(), row.party or wire.Named()
    return key(f"{group.group_id or group.id}:{who.party_id or who.id}", "GroupMemberId")


def _change_key(row: Any, _context: Context) -> str:
    elements = wire.each((row.identity or wire.Identity()).identity_elements)
    first = row.changes and next(iter(wire.each(row.changes)), None)
    return key(f"{elements[:1]}:{row.change_date}:{first.property_name if first else ''}", "Identity")


def _delete_key(row: Any, _context: Context) -> str:
    return key(f"{row.party_id}:{row.status}", "PartyId")


def _pair(resource: str, *names: str) -> Callable[[Any, Context], str]:
    """Key of a query row that is known by several columns."""

    def read(row: Any, context: Context) -> str:
        c = context.columns[resource]
        return key(":".join(key(row.get(c[name]), c[name]) for name in names), "key")

    return read


def _query(name: str, title: str, parser: Parser, makes: type[Record], purpose: str, **more: Any) -> Resource:
    names = more.pop("key", ("key",))
    read = column(name, names[0]) if len(names) == 1 else _pair(name, *names)
    shape = Shape(dict[str, Any], read, parser, makes)
    return Resource(name, QUERIES + title, shape, purpose=purpose, fields=FIELDS[name], **more)


def _object(name: str, path: str, shape: Shape, purpose: str, **more: Any) -> Resource:
    return Resource(name, path, shape, purpose=purpose, fields=FIELDS[name], **more)


CHANGED: dict[str, Any] = {"since_param": "Parameter", "strategy": "updated", "overlap": UPDATED}
MERGES = Resource(
    "deletions",
    "/api/ChangeLog",
    Shape(wire.ChangeLog, _change_key, parties.change_log, records.Deletion, ("ChangeLog",)),
    since_param="ChangeDate",
    filters=(("IdentityEntityTypeName", "Party"),),
)

_TABLE = (
    _object(
        "chapters",
        "/api/GenTable",
        Shape(wire.GenTable, attribute("code", "Code"), objects.chapter, records.Chapter, ("GenTable",)),
        "Chapters and their regions",
        filters=(("TableName", "CHAPTER"),),
    ),
    _object(
        "tiers",
        "/api/LegacyCustomerType",
        Shape(
            wire.CustomerType,
            attribute("customer_type_id", "CustomerTypeId"),
            objects.tier,
            records.Tier,
            ("CustomerType",),
        ),
        "Membership tiers",
    ),
    _query(
        "tier_prices",
        "TierPrices",
        rows.tier_price,
        records.TierPrice,
        "Prices of tiers over time",
        key=("tier", "effective_on"),
    ),
    _query("benefits", "Benefits", rows.benefit, records.Benefit, "What members can use", key=("name",)),
    _query(
        "tier_benefits",
        "TierBenefits",
        rows.tier_benefit,
        records.TierBenefit,
        "What each tier includes",
        key=("tier", "benefit_name"),
    ),
    _object(
        "members",
        "/api/Party",
        Shape(wire.Party, _party_key, parties.party, records.Member, ("Party", "Person", "Organization")),
        "Members, organisations and what they agreed to",
        since_param="UpdatedOn",
        strategy="updated",
        overlap=UPDATED,
    ),
    _query("terms", "Terms", rows.term, records.Term, "Membership periods", **CHANGED),
    _object(
        "activities",
        "/api/Activity",
        Shape(wire.Bag, _activity_key, objects.activity, records.Activity, ("GenericEntityData",)),
        "Donations, courses, cases, community",
        since_param="EFFECTIVE_DATE",
        strategy="window",
        overlap=WINDOW,
    ),
    _query(
        "web_visits",
        "WebActivity",
        rows.web_visit,
        records.Activity,
        "Logins, pages and downloads in the portal",
        since_param="Parameter",
        strategy="window",
        overlap=LOGS,
    ),
    _query(
        "email_events",
        "EmailEvents",
        rows.email_event,
        records.Activity,
        "Mailings sent, opened and clicked",
        since_param="Parameter",
        strategy="window",
        overlap=LOGS,
    ),
    _object(
        "events",
        "/api/Event",
        Shape(wire.Event, attribute("event_id", "EventId"), objects.event, records.Event, ("Event",)),
        "Events",
    ),
    _query(
        "registrations",
        "Registrations",
        rows.registration,
        records.Registration,
        "Who registered, came, or stayed away",
        **CHANGED,
    ),
    _query("invoices", "Invoices", rows.invoice, records.Invoice, "Invoices and open amounts", **CHANGED),
    _query(
        "invoice_lines",
        "InvoiceLines",
        rows.invoice_line,
        records.InvoiceLine,
        "What was billed",
        key=("invoice", "number"),
        **CHANGED,
    ),
    _object(
        "payments",
        "/api/Payment",
        Shape(
            wire.Payment, attribute("payment_id", "PaymentId"), objects.payment, records.Payment, ("Payment",)
        ),
        "Payments received",
        since_param="PaymentDate",
        strategy="window",
        overlap=WINDOW,
    ),
    _object(
        "payment_attempts",
        "/api/DataVaultAttempt",
        Shape(
            wire.Attempt,
            attribute("data_vault_attempt_id", "DataVaultAttemptId"),
            objects.payment_attempt,
            records.PaymentAttempt,
            ("DataVaultAttempt",),
        ),
        "Automatic card charges and how they ended",
        since_param="AttemptDate",
        strategy="window",
        overlap=WINDOW,
    ),
    _object(
        "committees",
        "/api/GroupMember",
        Shape(
            wire.GroupMember, _group_member_key, parties.group_member, records.CommitteeRole, ("GroupMember",)
        ),
        "Terms of office in committees",
        filters=(("GroupId", "startsWith:COMMITTEE"),),
    ),
    _query("texts", "Texts", rows.text, records.Text, "What members wrote", **CHANGED),
    _query(
        "relationships",
        "Relationships",
        rows.relationship,
        records.Relationship,
        "Employers and staff owners",
    ),
    _object(
        "deletions",
        "/api/PartyDeleteLog",
        Shape(wire.DeleteLog, _delete_key, parties.delete_log, records.Deletion, ("PartyDeleteLog",)),
        "Contacts that were erased or merged",
        also=(MERGES,),
        strategy="updated",
        overlap=UPDATED,
    ),
)

RESOURCES: dict[str, Resource] = {each.name: each for each in _TABLE}
IDS = _query("ids", "MemberIds", rows.imis_id, Record, "Ids only, to find deleted contacts")
