"""Writing the association as an archive (a folder of CSV files), the same data that is served over the
API.
"""

import csv
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from imis_ai.sandbox.archive.happenings import KINDS
from imis_ai.sandbox.association import Association, places, topics
from imis_ai.sandbox.columns import Table
from imis_ai.sandbox.store import Store

BLOCK = 50_000
STATUS = {"A": "active", "I": "lapsed", "D": "deleted"}
KIND_OF = {code: kind for kind, code in KINDS.items()}


# file, its header, the table it comes from, its columns, and which of them lose the time of day
PLAIN = [
    (
        "events.csv",
        "event_id,name,kind,starts_at,chapter,fee",
        "Event",
        "EventId Name Category StartDateTime Chapter Fee",
        (),
    ),
    (
        "registrations.csv",
        "event_id,imis_id,registered_at,attended,cancelled_at,amount",
        "Registrations",
        "EventId ID RegisteredOn Attended CancelledOn Amount",
        (),
    ),
    (
        "invoices.csv",
        "invoice_id,imis_id,payer_id,kind,issued_on,due_on,amount,paid_on,balance,tier,term_start,term_end",
        "Invoices",
        "InvoiceId ID PayerId Purpose InvoiceDate DueDate Amount PaidOn Balance Tier TermStart TermEnd",
        (4, 5, 7, 10, 11),
    ),
    (
        "texts.csv",
        "text_id,imis_id,source,at,question,subject,body,reference",
        "Texts",
        "TextId ID Source At Question Subject Body Reference",
        (),
    ),
    ("prices.csv", "tier,effective_on,price", "TierPrices", "Tier EffectiveOn Price", (1,)),
    ("benefits.csv", "benefit,description,annual_cost", "Benefits", "Name Description AnnualCost", ()),
    ("tier_benefits.csv", "tier,benefit", "TierBenefits", "Tier Benefit", ()),
]


def dump(store: Store, folder: Path) -> dict[str, int]:
    """Write every file; returns the number of rows of each. Existing files are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    tables, found = store.tables, store.association
    counts = {name: _write(folder / name, header, _simple(tables[table], columns, dates))
              for name, header, table, columns, dates in PLAIN}  # fmt: skip
    tiers = [(code, rank, name) for rank, (code, name, *_) in enumerate(topics.TIERS, 1)]
    activities = "activity_id,imis_id,kind,at,reference,detail,quantity,amount"
    payments = "payment_id,imis_id,received_on,amount,method,reference,invoice_id,status,decline_code"
    rise = str(max(tables["TierPrices"].columns["EffectiveOn"].values))[:10]
    return counts | {
        "members.csv": _write(folder / "members.csv", MEMBERS, _members(tables["Party"])),
        "terms.csv": _write(
            folder / "terms.csv", "imis_id,start_on,end_on,tier,price,method", _terms(tables["Terms"])
        ),
        "activities.csv": _write(folder / "activities.csv", activities, _activities(tables)),
        "payments.csv": _write(folder / "payments.csv", payments, _payments(tables)),
        "committees.csv": _write(
            folder / "committees.csv", "imis_id,committee,role,start_on,end_on", _committees(found)
        ),
        "tiers.csv": _write(folder / "tiers.csv", "tier,rank,description", tiers),
        "chapters.csv": _write(
            folder / "chapters.csv",
            "chapter,name,region",
            [(p.code, p.name, p.region) for p in places.CHAPTERS],
        ),
        "changes.csv": _write(folder / "changes.csv", "on,what", [(rise, "Dues rose in all tiers")]),
    }


def _write(path: Path, header: str, rows: Iterable[tuple[Any, ...]]) -> int:
    count = 0
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(header.split(","))
        for row in rows:
            writer.writerow(
                ["" if v is None else ("true" if v else "false") if isinstance(v, bool) else v for v in row]
            )
            count += 1
    return count


def _simple(table: Table, names: str, dates: Collection[int] = ()) -> Iterable[tuple[Any, ...]]:
    """The columns as they are; those in `dates` without the time of day."""
    found = table.find()
    for start in range(0, len(found), BLOCK):
        block = found[start : start + BLOCK]
        columns = [table.columns[name].wire(block) for name in names.split()]
        columns = [[v and v[:10] for v in c] if k in dates else c for k, c in enumerate(columns)]
        yield from zip(*columns, strict=True)


MEMBERS = (
    "imis_id,kind,first_name,last_name,email,phone,organisation_id,title,industry,company_size,city,state,postal_code,country,chapter,"
    "member_type,tier,status,join_date,paid_through,auto_renew,birth_year,gender,email_consent,sms_consent,phone_consent"
)


def _members(table: Table) -> Iterable[tuple[Any, ...]]:
    for r in table.rows(table.find()):
        if r["JoinDate"] is None:
            continue  # duplicates that were never members: the archive format asks for a date of joining
        yield (
            r["PartyId"],
            "organisation" if r["Organization"] else "person",
            r["FirstName"],
            r["LastName"],
            r["Email"],
            r["Phone"],
            r["EmployerId"],
            r["Title"],
            r["Industry"],
            r["CompanySize"],
            r["City"],
            r["State"],
            r["PostalCode"],
            "US",
            r["Chapter"],
            r["CustomerTypeCode"],
            r["CustomerTypeCode"],
            STATUS.get(r["Status"], r["Status"]),
            r["JoinDate"][:10],
            (r["PaidThruDate"] or "")[:10],
            r["BillingCategory"] == "AUTOPAY",
            r["BirthYear"],
            r["Gender"],
            r["EmailConsent"],
            r["SmsConsent"],
            r["PhoneConsent"],
        )


def _terms(table: Table) -> Iterable[tuple[Any, ...]]:
    """A term that was resigned ends on the day the resignation took effect."""
    for member, start, end, tier, price, method, resigned in _simple(
        table, "ID BillBegin BillThrough Tier Price Method ResignedOn", (1, 2, 6)
    ):
        yield member, start, resigned or end, tier, price, method


def _activities(tables: dict[str, Table]) -> Iterable[tuple[Any, ...]]:
    """Visits, mailings and activities under canonical kinds; ids as the mirror's keys."""
    for name, prefix, names in (
        ("WebActivity", "web", "VisitId ID Kind At Reference Minutes"),
        ("EmailEvents", "mail", "EventId ID Kind At Subject"),
        (
            "Activity",
            "act",
            "SEQN PartyId ACTIVITY_TYPE TRANSACTION_DATE PRODUCT_CODE DESCRIPTION QUANTITY AMOUNT",
        ),
    ):
        for key, member, kind, at, *rest in _simple(tables[name], names):
            reference, detail, quantity, amount = (
                (*rest, None, None)[:4] if name == "Activity" else (rest[0], None, *rest[1:], None, None)[:4]
            )
            yield (
                f"{prefix}:{key}",
                member,
                KIND_OF.get(kind, kind.lower()),
                at,
                reference,
                detail,
                quantity,
                amount,
            )


def _payments(tables: dict[str, Table]) -> Iterable[tuple[Any, ...]]:
    """Money received, and the failed charges with their decline codes."""
    for row in _simple(tables["Payment"], "PaymentId ID PaymentDate Amount Method Reference InvoiceId", (2,)):
        yield (*row, "paid", None)
    for key, member, at, amount, status, code in _simple(
        tables["DataVaultAttempt"],
        "DataVaultAttemptId PartyId AttemptDate Amount Status ResponseCode",
        (2,),
    ):
        if status == 2:
            yield f"attempt:{key}", member, at, amount, "autopay", None, None, "failed", code


def _committees(found: Association) -> Iterable[tuple[Any, ...]]:
    for party, committee, start, end, chairs in found.committees:
        day = [str(np.datetime64(d, "D")) if d else None for d in (start, end)]
        yield party, topics.COMMITTEES[committee], "chair" if chairs else "member", day[0], day[1]
