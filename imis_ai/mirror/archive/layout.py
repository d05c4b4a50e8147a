"""Which files and columns an archive may have, and the record each row becomes. Another file is one row."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from imis_ai.imis import records
from imis_ai.mirror.archive import values
from imis_ai.mirror.archive.values import NotUsable, Parser

Row = dict[str, Any]
KEY_LENGTH = 200
SHORT = values.text(60)
LINE = values.text(300)
BODY = values.text(256 * 1024)


@dataclass(frozen=True)
class Cell:
    name: str
    parse: Parser
    is_required: bool = False
    empty: Any = None


@dataclass(frozen=True)
class Layout:
    """One file. `key` says what must not occur twice; `refers`: columns that name a member or an event."""

    file: str
    cells: tuple[Cell, ...]
    build: Callable[[Row], list[records.Record]]
    key: Callable[[Row], str]
    refers: dict[str, str]


def key_of(*parts: object) -> str:
    """Parts joined; hashed where that would be longer than a key may be."""
    joined = ":".join(map(str, parts))
    return (
        joined if len(joined) <= KEY_LENGTH else hashlib.blake2b(joined.encode(), digest_size=20).hexdigest()
    )


def _pick(row: Row, *names: str) -> Row:
    return {name: row[name] for name in names}


def _in_order(row: Row, start: str, end: str) -> None:
    if row[start] and row[end] and row[end] < row[start]:
        raise NotUsable(f"{end} {row[end]} lies before {start} {row[start]}. Correct one of them.")


def _member(row: Row) -> list[records.Record]:
    imis_id = row["imis_id"]
    own = _pick(
        row,
        *("first_name", "last_name", "email", "phone", "title", "industry", "company_size", "city", "state"),
        *("postal_code", "country", "chapter", "member_type", "tier", "status", "paid_through", "auto_renew"),
        *("birth_year", "gender"),
    )
    member = records.Member(
        key=imis_id,
        kind=row["kind"] or "person",
        name=f"{row['first_name']} {row['last_name']}".strip(),
        organisation_imis_id=row["organisation_id"],
        joined_on=row["join_date"],
        **own,
    )
    consents = [
        records.Consent(key=f"{imis_id}:{channel}", member=imis_id, channel=channel, granted=granted)
        for channel in ("email", "sms", "phone")
        if (granted := row[f"{channel}_consent"]) is not None
    ]
    return [member, *consents]


def _term(row: Row) -> list[records.Record]:
    _in_order(row, "start_on", "end_on")
    key = key_of("csv", row["imis_id"], row["start_on"])
    own = _pick(row, "start_on", "end_on", "tier", "price", "method")
    return [records.Term(key=key, member=row["imis_id"], **own)]


def activity_key(row: Row) -> str:
    """From its id; without one, from all it says, to which the reader adds which repetition it is."""
    if own := row["activity_id"]:
        return own if ":" in own else f"act:{own}"
    told = "\x1f".join(str(value) for name, value in row.items() if name != "activity_id")
    return f"row:{hashlib.blake2b(told.encode(), digest_size=16).hexdigest()}"


def _activity(row: Row) -> list[records.Record]:
    own = _pick(row, "kind", "at", "reference", "detail", "quantity", "amount")
    return [records.Activity(key=row["key"], member=row["imis_id"], **own)]


def _event(row: Row) -> list[records.Record]:
    return [records.Event(key=row["event_id"], **_pick(row, "name", "kind", "starts_at", "chapter", "fee"))]


def _registration(row: Row) -> list[records.Record]:
    key = key_of("csv", row["event_id"], row["imis_id"], row["registered_at"].date())
    own = _pick(row, "registered_at", "attended", "cancelled_at", "amount")
    return [records.Registration(key=key, event=row["event_id"], member=row["imis_id"], **own)]


def _invoice(row: Row) -> list[records.Record]:
    _in_order(row, "term_start", "term_end")
    own = _pick(
        row,
        *("kind", "issued_on", "due_on", "amount", "paid_on", "balance", "tier", "term_start", "term_end"),
    )
    return [
        records.Invoice(key=row["invoice_id"], member=row["imis_id"], payer_imis_id=row["payer_id"], **own)
    ]


def _payment(row: Row) -> list[records.Record]:
    """Money received; a declined charge is an attempt and no money."""
    if row["decline_code"] or row["status"].lower() in ("failed", "declined"):
        if not row["imis_id"]:
            raise NotUsable("imis_id is empty, but a declined charge belongs to a member. Fill it in.")
        return [
            records.PaymentAttempt(
                key=row["payment_id"],
                member=row["imis_id"],
                at=datetime.combine(row["received_on"], time(12), UTC),
                succeeded=False,
                **_pick(row, "amount", "decline_code"),
            )
        ]
    own = _pick(row, "received_on", "amount", "payer_name", "method", "reference", "status")
    return [
        records.Payment(key=row["payment_id"], member=row["imis_id"], invoice_key=row["invoice_id"], **own)
    ]


def _text(row: Row) -> list[records.Record]:
    own = _pick(row, "source", "at", "question", "subject", "body", "reference")
    return [records.Text(key=row["text_id"], member=row["imis_id"], **own)]


def _committee(row: Row) -> list[records.Record]:
    _in_order(row, "start_on", "end_on")
    key = key_of("csv", *(row[name] for name in ("imis_id", "committee", "role", "start_on")))
    own = _pick(row, "committee", "role", "start_on", "end_on")
    return [records.CommitteeRole(key=key, member=row["imis_id"], **own)]


def _tier(row: Row) -> list[records.Record]:
    rank = row["rank"] or 0
    return [records.Tier(key=row["tier"], name=row["tier"], rank=rank, description=row["description"])]


def _price(row: Row) -> list[records.Record]:
    key = key_of(row["tier"], row["effective_on"])
    return [records.TierPrice(key=key, **_pick(row, "tier", "effective_on", "price"))]


def _benefit(row: Row) -> list[records.Record]:
    own = _pick(row, "description", "annual_cost")
    return [records.Benefit(key=row["benefit"], name=row["benefit"], **own)]


def _tier_benefit(row: Row) -> list[records.Record]:
    key = key_of(row["tier"], row["benefit"])
    return [records.TierBenefit(key=key, tier=row["tier"], benefit_name=row["benefit"])]


def _chapter(row: Row) -> list[records.Record]:
    return [records.Chapter(key=row["chapter"], name=row["name"] or row["chapter"], region=row["region"])]


def _change(row: Row) -> list[records.Record]:
    return [records.ProgrammeChange(key=key_of("csv", row["on"], row["what"]), **_pick(row, "on", "what"))]


def _by(*names: str) -> Callable[[Row], str]:
    return lambda row: key_of(*(row[name] for name in names))


# `*` marks what must be filled in; the word after the colon is one of the parsers below
_FILES: tuple[tuple[str, str, Callable[[Row], list[records.Record]], Callable[[Row], str]], ...] = (
    ("chapters.csv", "*chapter:short name:line region:short", _chapter, _by("chapter")),
    ("tiers.csv", "*tier:short rank:rank description:body", _tier, _by("tier")),
    ("prices.csv", "*tier:short *effective_on:day *price:money", _price, _by("tier", "effective_on")),
    ("benefits.csv", "*benefit:line description:body annual_cost:money", _benefit, _by("benefit")),
    ("tier_benefits.csv", "*tier:short *benefit:line", _tier_benefit, _by("tier", "benefit")),
    (
        "members.csv",
        (
            "*imis_id:short kind:kind first_name:line last_name:line email:line phone:short"
            " organisation_id:short title:line industry:line company_size:short city:line state:short"
            " postal_code:short country:short chapter:short member_type:short tier:short status:short"
            " *join_date:day paid_through:day auto_renew:yes"
            " birth_year:year gender:short email_consent:yes sms_consent:yes phone_consent:yes"
        ),
        _member,
        _by("imis_id"),
    ),
    (
        "events.csv",
        "*event_id:line name:line kind:short *starts_at:at chapter:short fee:money",
        _event,
        _by("event_id"),
    ),
    (
        "terms.csv",
        "*imis_id:member *start_on:day *end_on:day tier:short price:money method:short",
        _term,
        _by("imis_id", "start_on"),
    ),
    (
        "activities.csv",
        (
            "activity_id:line *imis_id:member *kind:short *at:at reference:line detail:line quantity:number"
            " amount:money"
        ),
        _activity,
        activity_key,
    ),
    (
        "registrations.csv",
        "*event_id:event *imis_id:member *registered_at:at attended:yes cancelled_at:at amount:money",
        _registration,
        _by("event_id", "imis_id", "registered_at"),
    ),
    (
        "invoices.csv",
        (
            "*invoice_id:line *imis_id:member payer_id:short kind:short *issued_on:day *due_on:day"
            " *amount:money paid_on:day balance:money tier:short term_start:day term_end:day"
        ),
        _invoice,
        _by("invoice_id"),
    ),
    (
        "payments.csv",
        (
            "*payment_id:line *received_on:day *amount:money imis_id:member payer_name:line method:short"
            " reference:line invoice_id:line status:short decline_code:short"
        ),
        _payment,
        _by("payment_id"),
    ),
    (
        "texts.csv",
        (
            "*text_id:line imis_id:member *source:short *at:at question:body subject:body *body:body"
            " reference:line"
        ),
        _text,
        _by("text_id"),
    ),
    (
        "committees.csv",
        "*imis_id:member *committee:line role:line *start_on:day end_on:day",
        _committee,
        _by("imis_id", "committee", "role", "start_on"),
    ),
    ("changes.csv", "*on:day *what:line", _change, _by("on", "what")),
)


def layouts(zone: ZoneInfo) -> tuple[Layout, ...]:
    """All files in the order of their references; times without an offset are local to `zone`."""
    parsers: dict[str, Parser] = {
        "short": SHORT,
        "member": SHORT,
        "line": LINE,
        "event": LINE,
        "body": BODY,
        "day": values.day,
        "at": values.moment(zone),
        "money": values.money,
        "number": values.number,
        "yes": values.boolean,
        "rank": values.whole(-1000, 1000),
        "year": values.whole(1800, 2200),
        "kind": values.choice(person="person", organisation="organisation", organization="organisation"),
    }
    return tuple(_layout(*file, parsers) for file in _FILES)


def _layout(file: str, columns: str, build: Callable, key: Callable, parsers: dict[str, Parser]) -> Layout:
    cells, refers = [], {}
    for name, kind in (column.split(":") for column in columns.split()):
        parse = parsers[kind]
        plain = name.lstrip("*")
        cells.append(Cell(plain, parse, name.startswith("*"), "" if parse in (SHORT, LINE, BODY) else None))
        if kind in ("member", "event"):
            refers[plain] = kind
    return Layout(file, tuple(cells), build, key, refers)
