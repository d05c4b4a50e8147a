"""Contacts, terms and employment of an archive."""

from pathlib import Path

import numpy as np

from imis_ai.sandbox.archive.cells import cents, flags, numbers, rows, times, words
from imis_ai.sandbox.columns import Column, Flags, Labels, Numbers, Table

NAMES = {
    "PartyId": "imis_id",
    "FirstName": "first_name",
    "LastName": "last_name",
    "Email": "email",
    "Phone": "phone",
    "Title": "title",
    "Industry": "industry",
    "CompanySize": "company_size",
    "City": "city",
    "State": "state",
    "PostalCode": "postal_code",
    "Chapter": "chapter",
    "EmployerId": "organisation_id",
    "Gender": "gender",
}


def parties(folder: Path) -> Table:
    found = sorted(rows(folder, "members.csv"), key=lambda row: row["imis_id"])
    company = np.array([row.get("kind", "") == "organisation" for row in found], bool)
    status = [
        "A" if row.get("status", "").lower() in {"", "active", "a"} else row["status"][:1].upper()
        for row in found
    ]
    methods = [{"true": "AUTOPAY"}.get(row.get("auto_renew", "").lower()) for row in found]
    columns: dict[str, Column] = {column: words(found, name) for column, name in NAMES.items()}
    birth = [int(row["birth_year"]) if row.get("birth_year") else Numbers.null for row in found]
    return Table(
        "Party",
        "PartyId",
        columns
        | {
            "Organization": Flags(company.astype(np.int8)),
            "BirthYear": Numbers(np.array(birth, np.int64)),
            "Street": Labels(np.full(len(found), -1), []),
            "BillingCategory": Labels.of(methods),
            "EmailConsent": flags(found, "email_consent"),
            "SmsConsent": flags(found, "sms_consent"),
            "PhoneConsent": flags(found, "phone_consent"),
            "CustomerTypeCode": Labels.of([r.get("tier") or r.get("member_type") or None for r in found]),
            "JoinDate": times(found, "join_date"),
            "PaidThruDate": times(found, "paid_through"),
            "UpdatedOn": times(found, "join_date"),
            "Status": Labels.of(status),
        },
    )


def terms(folder: Path) -> Table:
    found = sorted(rows(folder, "terms.csv"), key=lambda row: (row["start_on"], row["imis_id"]))
    return Table(
        "Terms",
        "TermId",
        {
            "TermId": numbers(len(found)),
            "ID": words(found, "imis_id"),
            "Tier": words(found, "tier"),
            "BillBegin": times(found, "start_on"),
            "BillThrough": times(found, "end_on"),
            "Price": cents(found, "price"),
            "Method": words(found, "method"),
            "ResignedOn": times(found, "resigned_on"),
            "ChangedOn": times(found, "start_on"),
        },
    )


def relations(folder: Path) -> Table:
    found = [row for row in rows(folder, "members.csv") if row.get("organisation_id")]
    return Table(
        "Relationships",
        "RelationshipId",
        {
            "RelationshipId": numbers(len(found)),
            "ID": words(found, "imis_id"),
            "OtherId": words(found, "organisation_id"),
            "Kind": Labels.of(["employer"] * len(found)),
            "StartOn": times(found, "join_date"),
            "EndOn": times([{} for _ in found], "none"),
        },
    )
