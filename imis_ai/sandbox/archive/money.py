"""Invoices, payments and failed charges of an archive, and what its tiers cost and offer."""

from pathlib import Path

import numpy as np

from imis_ai.sandbox.archive.cells import Row, cents, floats, numbers, rows, times, words
from imis_ai.sandbox.columns import Column, Labels, Numbers, Table


def money(folder: Path) -> list[Table]:
    """Invoices (an archive has no lines), payments received, failed charges."""
    paid = sorted(rows(folder, "payments.csv"), key=lambda row: row["payment_id"])
    failed = [
        r for r in paid if r.get("decline_code") or r.get("status", "").lower() in {"failed", "declined"}
    ]
    turned_down = {id(row) for row in failed}
    return [
        _invoices(folder),
        _no_lines(),
        _payments([r for r in paid if id(r) not in turned_down]),
        _attempts(failed),
    ]


def _invoices(folder: Path) -> Table:
    bills = sorted(rows(folder, "invoices.csv"), key=lambda row: row["invoice_id"])
    columns: dict[str, Column] = {
        "InvoiceId": words(bills, "invoice_id"),
        "ID": words(bills, "imis_id"),
        "Amount": cents(bills, "amount"),
        "PayerId": words(bills, "payer_id"),
        "Purpose": words(bills, "kind"),
        "InvoiceDate": times(bills, "issued_on"),
        "DueDate": times(bills, "due_on"),
        "Balance": cents(bills, "balance"),
        "PaidOn": times(bills, "paid_on"),
        "Tier": words(bills, "tier"),
        "TermStart": times(bills, "term_start"),
        "TermEnd": times(bills, "term_end"),
        "ChangedOn": times(bills, "issued_on"),
    }
    return Table("Invoices", "InvoiceId", columns)


def _no_lines() -> Table:
    columns: dict[str, Column] = {
        "LineId": numbers(0),
        "InvoiceId": Labels([], []),
        "ID": Labels([], []),
        "LineNumber": numbers(0),
        "ItemId": Labels([], []),
        "Quantity": floats([], ""),
        "Amount": cents([], ""),
        "ChangedOn": times([], ""),
    }
    return Table("InvoiceLines", "LineId", columns)


def _payments(paid: list[Row]) -> Table:
    columns: dict[str, Column] = {
        "PaymentId": words(paid, "payment_id"),
        "ID": words(paid, "imis_id"),
        "PaymentDate": times(paid, "received_on"),
        "Amount": cents(paid, "amount"),
        "Method": words(paid, "method"),
        "Reference": words(paid, "reference"),
        "InvoiceId": words(paid, "invoice_id"),
        "Status": Numbers(np.full(len(paid), 2)),
        "UpdatedOn": times(paid, "received_on"),
    }
    return Table("Payment", "PaymentId", columns)


def _attempts(failed: list[Row]) -> Table:
    columns: dict[str, Column] = {
        "DataVaultAttemptId": words(failed, "payment_id"),
        "PartyId": words(failed, "imis_id"),
        "AttemptDate": times(failed, "received_on"),
        "Amount": cents(failed, "amount"),
        "Status": Numbers(np.full(len(failed), 2)),
        "ResponseCode": words(failed, "decline_code"),
    }
    return Table("DataVaultAttempt", "DataVaultAttemptId", columns)


def catalogue(folder: Path) -> list[Table]:
    prices, benefits, pairs = (
        rows(folder, name) for name in ("prices.csv", "benefits.csv", "tier_benefits.csv")
    )
    return [
        Table(
            "TierPrices",
            "Tier",
            {
                "Tier": words(prices, "tier"),
                "EffectiveOn": times(prices, "effective_on"),
                "Price": cents(prices, "price"),
            },
        ),
        Table(
            "Benefits",
            "Name",
            {
                "Name": words(benefits, "benefit"),
                "Description": words(benefits, "description"),
                "AnnualCost": cents(benefits, "annual_cost"),
            },
        ),
        Table("TierBenefits", "Benefit", {"Tier": words(pairs, "tier"), "Benefit": words(pairs, "benefit")}),
    ]
