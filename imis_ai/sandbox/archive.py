"""Archives (folders of CSV files): serving one over the API instead of the synthetic association."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from imis_ai.sandbox import wire
from imis_ai.sandbox.association import Association, behaviour, service
from imis_ai.sandbox.columns import Cents, Column, Flags, Labels, Numbers, Table, Times
from imis_ai.sandbox.store import Options

Row = dict[str, str]
VISITS, MAILS = set(behaviour.VISITS), set(behaviour.MAILS)
KINDS = {  # canonical kind -> activity type on the wire
    "donation": "DONATE", "purchase": "PURCHASE", "sponsorship": "SPONSOR", "course_start": "COURSEST", "course_complete": "COURSECO",
    "certification": "CERT", "volunteer_shift": "VOLUNTR", "case_opened": "CASE", "community_post": "POST", "community_reply": "REPLY",
    "profile_update": "PROFILE", "benefit_use": "BENEFIT",
}  # fmt: skip
TRUE = {"true", "1", "yes", "y", "t"}
NO_TIME = np.datetime64("NaT", "s")


def rows(folder: Path, name: str) -> list[Row]:
    """The rows of one file, none when it is absent. Missing columns read as empty."""
    path = folder / name
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8-sig") as handle:
        return [{k: (v or "").strip() for k, v in row.items() if k} for row in csv.DictReader(handle)]


def _words(found: list[Row], name: str) -> Labels:
    return Labels.of([row.get(name) or None for row in found])


def _times(found: list[Row], name: str) -> Times:
    return Times(
        np.array(
            [np.datetime64(row[name].replace(" ", "T"), "s") if row.get(name) else NO_TIME for row in found],
            "datetime64[s]",
        )
    )


def _cents(found: list[Row], name: str) -> Cents:
    return Cents(
        np.array([round(float(row[name]) * 100) if row.get(name) else Cents.null for row in found], np.int64)
    )


def _flags(found: list[Row], name: str) -> Flags:
    return Flags(
        np.array([-1 if not row.get(name) else int(row[name].lower() in TRUE) for row in found], np.int8)
    )


def _floats(found: list[Row], name: str) -> Numbers:
    return Numbers(np.array([float(row[name]) if row.get(name) else np.nan for row in found], float))


def _numbers(n: int, first: int = 1) -> Numbers:
    return Numbers(np.arange(first, first + n, dtype=np.int64))


def read(folder: Path, options: Options) -> Association:
    """The archive as an association without planted truth. Raises FileNotFoundError without a members.csv."""
    if not (folder / "members.csv").exists():
        raise FileNotFoundError(f"{folder} holds no members.csv; an archive needs at least that file")
    found = Association(today=options.today, seed=0, tables={})
    for table in [_parties(folder), _terms(folder), *_activities(folder), *_events(folder), *_money(folder), _texts(folder),
                  _relations(folder), *_catalogue(folder)]:  # fmt: skip
        found.tables[table.name] = table
    found.documents = _documents(folder, found)
    return found


def _parties(folder: Path) -> Table:
    found = sorted(rows(folder, "members.csv"), key=lambda row: row["imis_id"])
    company = np.array([row.get("kind", "") == "organisation" for row in found], bool)
    status = [
        "A" if row.get("status", "").lower() in {"", "active", "a"} else row["status"][:1].upper()
        for row in found
    ]
    methods = [{"true": "AUTOPAY"}.get(row.get("auto_renew", "").lower()) for row in found]
    words: dict[str, Callable[[], Column]] = {
        column: (lambda name=name: _words(found, name))
        for column, name in {"PartyId": "imis_id", "FirstName": "first_name", "LastName": "last_name", "Email": "email", "Phone": "phone",
                             "Title": "title", "Industry": "industry", "CompanySize": "company_size", "City": "city", "State": "state",
                             "PostalCode": "postal_code", "Chapter": "chapter", "EmployerId": "organisation_id", "Gender": "gender"}.items()
    }  # fmt: skip
    columns: dict[str, Column] = {column: build() for column, build in words.items()}
    birth = [int(row["birth_year"]) if row.get("birth_year") else Numbers.null for row in found]
    return Table("Party", "PartyId", columns | {
        "Organization": Flags(company.astype(np.int8)), "BirthYear": Numbers(np.array(birth, np.int64)),
        "Street": Labels(np.full(len(found), -1), []), "BillingCategory": Labels.of(methods),
        "EmailConsent": _flags(found, "email_consent"), "SmsConsent": _flags(found, "sms_consent"),
        "PhoneConsent": _flags(found, "phone_consent"), "CustomerTypeCode": Labels.of([r.get("tier") or r.get("member_type") or None for r in found]),
        "JoinDate": _times(found, "join_date"), "PaidThruDate": _times(found, "paid_through"),
        "UpdatedOn": _times(found, "join_date"), "Status": Labels.of(status),
    })  # fmt: skip


def _terms(folder: Path) -> Table:
    found = sorted(rows(folder, "terms.csv"), key=lambda row: (row["start_on"], row["imis_id"]))
    return Table("Terms", "TermId", {
        "TermId": _numbers(len(found)), "ID": _words(found, "imis_id"), "Tier": _words(found, "tier"), "BillBegin": _times(found, "start_on"),
        "BillThrough": _times(found, "end_on"), "Price": _cents(found, "price"), "Method": _words(found, "method"),
        "ResignedOn": _times(found, "resigned_on"), "ChangedOn": _times(found, "start_on"),
    })  # fmt: skip


def _activities(folder: Path) -> list[Table]:
    """Visits, mailings and the rest, each in its own table."""
    found = sorted(rows(folder, "activities.csv"), key=lambda row: (row["at"], row["imis_id"]))
    visits = [row for row in found if row["kind"] in VISITS]
    mails = [row for row in found if row["kind"] in MAILS]
    rest = [row for row in found if row["kind"] not in VISITS | MAILS]
    kinds = Labels.of([KINDS.get(row["kind"], row["kind"].upper()) for row in rest])
    nothing = {
        name: Labels(np.full(len(rest), -1), [])
        for name in ("OTHER_CODE", "CATEGORY", "NOTE", "SOLICITOR_ID", "SOURCE_SYSTEM")
    }
    effective = Times(_times(rest, "at").values.astype("datetime64[D]"))
    return [
        Table("WebActivity", "VisitId", {
            "VisitId": _numbers(len(visits)), "ID": _words(visits, "imis_id"), "Kind": _words(visits, "kind"), "At": _times(visits, "at"),
            "Reference": _words(visits, "reference"), "Minutes": _floats(visits, "quantity"),
        }),
        Table("EmailEvents", "EventId", {
            "EventId": _numbers(len(mails)), "ID": _words(mails, "imis_id"), "Kind": _words(mails, "kind"), "At": _times(mails, "at"),
            "Subject": _words(mails, "reference"),
        }),
        Table("Activity", "SEQN", {
            "SEQN": _numbers(len(rest)), "PartyId": _words(rest, "imis_id"), "ACTIVITY_TYPE": kinds, "TRANSACTION_DATE": _times(rest, "at"),
            "EFFECTIVE_DATE": effective, "PRODUCT_CODE": _words(rest, "reference"), "DESCRIPTION": _words(rest, "detail"),
            "QUANTITY": _floats(rest, "quantity"), "AMOUNT": _cents(rest, "amount"), "TICKLER_DATE": _times([{} for _ in rest], "none"),
            **nothing,
        }),
    ]  # fmt: skip


def _events(folder: Path) -> list[Table]:
    events = sorted(rows(folder, "events.csv"), key=lambda row: row["event_id"])
    found = sorted(
        rows(folder, "registrations.csv"),
        key=lambda row: (row["registered_at"], row["imis_id"], row["event_id"]),
    )
    return [
        Table("Event", "EventId", {
            "EventId": _words(events, "event_id"), "Name": _words(events, "name"), "Category": _words(events, "kind"),
            "StartDateTime": _times(events, "starts_at"), "EndDateTime": _times(events, "starts_at"), "Chapter": _words(events, "chapter"),
            "Fee": _cents(events, "fee"), "Status": Labels.of(["P"] * len(events)), "UpdatedOn": _times(events, "starts_at"),
        }),
        Table("Registrations", "RegistrationId", {
            "RegistrationId": _numbers(len(found)), "EventId": _words(found, "event_id"), "ID": _words(found, "imis_id"),
            "RegisteredOn": _times(found, "registered_at"), "Attended": _flags(found, "attended"), "CancelledOn": _times(found, "cancelled_at"),
            "Amount": _cents(found, "amount"), "ChangedOn": _times(found, "registered_at"),
        }),
    ]  # fmt: skip


def _money(folder: Path) -> list[Table]:
    bills = sorted(rows(folder, "invoices.csv"), key=lambda row: row["invoice_id"])
    paid = sorted(rows(folder, "payments.csv"), key=lambda row: row["payment_id"])
    failed = [
        row
        for row in paid
        if row.get("decline_code") or row.get("status", "").lower() in {"failed", "declined"}
    ]
    good = [row for row in paid if row not in failed] if failed else paid
    shared: dict[str, Column] = {
        "InvoiceId": _words(bills, "invoice_id"),
        "ID": _words(bills, "imis_id"),
        "Amount": _cents(bills, "amount"),
    }
    return [
        Table("Invoices", "InvoiceId", shared | {
            "PayerId": _words(bills, "payer_id"), "Purpose": _words(bills, "kind"), "InvoiceDate": _times(bills, "issued_on"),
            "DueDate": _times(bills, "due_on"), "Balance": _cents(bills, "balance"), "PaidOn": _times(bills, "paid_on"),
            "Tier": _words(bills, "tier"), "TermStart": _times(bills, "term_start"), "TermEnd": _times(bills, "term_end"),
            "ChangedOn": _times(bills, "issued_on"),
        }),
        Table("InvoiceLines", "LineId", {
            "LineId": _numbers(0), "InvoiceId": Labels([], []), "ID": Labels([], []), "LineNumber": _numbers(0), "ItemId": Labels([], []),
            "Quantity": _floats([], ""), "Amount": _cents([], ""), "ChangedOn": _times([], ""),
        }),
        Table("Payment", "PaymentId", {
            "PaymentId": _words(good, "payment_id"), "ID": _words(good, "imis_id"), "PaymentDate": _times(good, "received_on"),
            "Amount": _cents(good, "amount"), "Method": _words(good, "method"), "Reference": _words(good, "reference"),
            "InvoiceId": _words(good, "invoice_id"), "Status": Numbers(np.full(len(good), 2)), "UpdatedOn": _times(good, "received_on"),
        }),
        Table("DataVaultAttempt", "DataVaultAttemptId", {
            "DataVaultAttemptId": _words(failed, "payment_id"), "PartyId": _words(failed, "imis_id"), "AttemptDate": _times(failed, "received_on"),
            "Amount": _cents(failed, "amount"), "Status": Numbers(np.full(len(failed), 2)), "ResponseCode": _words(failed, "decline_code"),
        }),
    ]  # fmt: skip


def _texts(folder: Path) -> Table:
    found = sorted(rows(folder, "texts.csv"), key=lambda row: row["text_id"])
    words: dict[str, Column] = {
        c: _words(found, c.lower()) for c in ("Source", "Question", "Subject", "Body", "Reference")
    }
    return Table("Texts", "TextId", {
        "TextId": _words(found, "text_id"), "ID": _words(found, "imis_id"), "At": _times(found, "at"), "ChangedOn": _times(found, "at"),
    } | words)  # fmt: skip


def _relations(folder: Path) -> Table:
    found = [row for row in rows(folder, "members.csv") if row.get("organisation_id")]
    return Table("Relationships", "RelationshipId", {
        "RelationshipId": _numbers(len(found)), "ID": _words(found, "imis_id"), "OtherId": _words(found, "organisation_id"),
        "Kind": Labels.of(["employer"] * len(found)), "StartOn": _times(found, "join_date"), "EndOn": _times([{} for _ in found], "none"),
    })  # fmt: skip


def _catalogue(folder: Path) -> list[Table]:
    prices, benefits, pairs = (
        rows(folder, name) for name in ("prices.csv", "benefits.csv", "tier_benefits.csv")
    )
    return [
        Table("TierPrices", "Tier", {"Tier": _words(prices, "tier"), "EffectiveOn": _times(prices, "effective_on"), "Price": _cents(prices, "price")}),
        Table("Benefits", "Name", {
            "Name": _words(benefits, "benefit"), "Description": _words(benefits, "description"), "AnnualCost": _cents(benefits, "annual_cost"),
        }),
        Table("TierBenefits", "Benefit", {"Tier": _words(pairs, "tier"), "Benefit": _words(pairs, "benefit")}),
    ]  # fmt: skip


def _documents(folder: Path, found: Association) -> dict[str, dict[str, Any]]:
    """Chapters, tiers, activity types and committees of the archive."""
    chapters = {r["chapter"]: r for r in rows(folder, "chapters.csv")}
    for code in found.tables["Party"].columns["Chapter"].words:  # type: ignore[union-attr]
        chapters.setdefault(code, {"chapter": code})
    tiers = {r["tier"]: r for r in rows(folder, "tiers.csv")}
    for code in found.tables["Terms"].columns["Tier"].words:  # type: ignore[union-attr]
        tiers.setdefault(code, {"tier": code})
    kinds = found.tables["Activity"].columns["ACTIVITY_TYPE"].words  # type: ignore[union-attr]
    known = {code: text for code, text, _ in service.TYPES}
    return {
        "GenTable": {
            f"CHAPTER|{code}": {"$type": wire.kind("GenTableData", wire.CORE), "Table_Name": "CHAPTER", "Code": code, "Upper_Code": code.upper(),
                                "Substitute": row.get("region", ""), "Description": row.get("name") or code}
            for code, row in chapters.items() if code
        },
        "LegacyCustomerType": {
            code: wire.typed(wire.kind("LegacyCustomerTypeData"), CustomerTypeId=code, Description=row.get("description") or code,
                             IsMemberRecord=True, Rate1=float(row.get("rank") or 0))
            for code, row in tiers.items() if code
        },
        "LegacyActivityType": known | {code: code.capitalize() for code in kinds},
        "committees": {str(k): row for k, row in enumerate(rows(folder, "committees.csv"))},
    }  # fmt: skip
