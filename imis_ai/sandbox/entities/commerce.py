"""Money and membership as iMIS types them: invoices, payments, charges, tiers. Invoices are read-only."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from imis_ai.sandbox import wire
from imis_ai.sandbox.association import topics
from imis_ai.sandbox.entities.base import Entity, Row, TableEntity, full_names

PURPOSES = {"dues": 9, "event": 0, "product": 0, "adjustment": 13}
SUMMARY = wire.kind("PartySummaryData")


def party_summary(party_id: str | None, name: str | None = None) -> Row | None:
    return wire.typed(SUMMARY, PartyId=party_id, Id=party_id, Name=name) if party_id else None


class InvoiceSummary(TableEntity):
    """Typed invoices. A paid one has a Balance without Amount."""

    name, table_name, item_type = "InvoiceSummary", "Invoices", wire.kind("InvoiceSummaryData", wire.COMMERCE)
    aliases = {
        "soldtopartyid": "id",
        "billtopartyid": "payerid",
        "invoicenumber": "invoiceid",
        "invoiceamount": "amount",
    }

    def draw(self, row: Row) -> Row:
        paid = (row["Amount"] or 0) - (row["Balance"] or 0)
        return wire.typed(
            self.item_type,
            InvoiceId=row["InvoiceId"],
            InvoiceNumber=row["InvoiceId"],
            InvoiceDate=row["InvoiceDate"],
            DueDate=row["DueDate"],
            BillToParty=party_summary(row["PayerId"]),
            SoldToParty=party_summary(row["ID"]),
            Description=f"{row['Purpose']} invoice",
            InvoicePurpose=PURPOSES.get(row["Purpose"], 0),
            InvoiceAmount=wire.money(row["Amount"]),
            OriginalInvoiceAmount=wire.money(row["Amount"]),
            PaymentAmount=wire.money(paid),
            Balance=wire.money(row["Balance"]),
            AccountingMethod=0,
        )

    def create(self, body: Row, user: Any) -> Row:
        raise wire.Refusal(
            405, wire.http_error(f"The requested resource does not support http method 'POST' ({self.name}).")
        )

    def update(self, elements: list[str], body: Row, user: Any) -> Row:
        raise wire.Refusal(
            405, wire.http_error(f"The requested resource does not support http method 'PUT' ({self.name}).")
        )

    def delete(self, elements: list[str], user: Any) -> None:
        raise wire.Refusal(
            405,
            wire.http_error(f"The requested resource does not support http method 'DELETE' ({self.name})."),
        )


class Invoice(InvoiceSummary):
    name, item_type = "Invoice", wire.kind("InvoiceData", wire.COMMERCE)

    def draw(self, row: Row) -> Row:
        item = row["Tier"] or {"product": "LIBPLUS", "adjustment": "TIERADJ"}.get(
            row["Purpose"] or "", "EVENT"
        )
        line = wire.typed(
            wire.kind("InvoiceLineData", wire.COMMERCE),
            InvoiceId=row["InvoiceId"],
            InvoiceLineId=f"{row['InvoiceId']}-1",
            LineNumber=1,
            Item=wire.typed(wire.kind("ItemSummaryData", wire.COMMERCE), ItemId=item, ItemCode=item),
            Quantity=wire.typed(wire.kind("QuantityData", wire.COMMERCE), Amount=1.0),
            UnitPrice=wire.money(row["Amount"]),
            ExtendedAmount=wire.money(row["Amount"]),
            Balance=wire.money(row["Balance"]),
        )
        return super().draw(row) | {
            "Lines": wire.values([line], wire.kind("InvoiceLineDataCollection", wire.COMMERCE))
        }


class Payment(TableEntity):
    """Money received, with what it was applied to."""

    name, table_name, item_type = "Payment", "Payment", wire.kind("PaymentData", wire.COMMERCE)
    aliases = {"payorpartyid": "id", "paymentmethodid": "method", "paymentreference": "reference"}

    def draw(self, row: Row) -> Row:
        shape = wire.typed(
            self.item_type,
            PaymentId=str(row["PaymentId"]),
            PayorParty=party_summary(row["ID"], row["Payer"]),
            PaymentDate=row["PaymentDate"],
            Amount=wire.money(row["Amount"]),
            Status=row["Status"],
            PaymentMethodId=(row["Method"] or "").upper() or None,
            PaymentReference=row["Reference"],
            CurrencyCode="USD",
            BatchId=(row["PaymentDate"] or "")[:10].replace("-", "") or None,
            UpdateInformation=wire.typed(
                wire.kind("UpdateInformationData", wire.CORE), UpdatedOn=row["UpdatedOn"], UpdatedBy="MANAGER"
            ),
        )
        applied = []
        if row["InvoiceId"]:
            applied = [
                wire.typed(
                    wire.kind("PaymentApplicationData", wire.COMMERCE),
                    ApplicationAmount=wire.money(row["Amount"]),
                    InvoiceId=row["InvoiceId"],
                    InvoiceNumber=row["InvoiceId"],
                    InvoiceLineNumber=1,
                )
            ]
        return shape | {
            "PaymentApplications": wire.values(
                applied, wire.kind("PaymentApplicationDataCollection", wire.COMMERCE)
            )
        }

    def receive(
        self, bill: Row, amount: float, at: str, method: str = "card", reference: str | None = None
    ) -> str:
        """Record money for an invoice and take it off the balance; returns the payment's number."""
        table, bills = self.table, self.store.tables["Invoices"]
        number = table.next_number()
        table.extend(
            [
                {
                    "PaymentId": number,
                    "ID": bill["PayerId"],
                    "PaymentDate": at[:10],
                    "Amount": amount,
                    "Method": method,
                    "Reference": reference or f"ch_{number:09x}",
                    "InvoiceId": bill["InvoiceId"],
                    "Status": 2,
                    "UpdatedOn": at,
                }
            ]
        )
        position = bills.at(bill["InvoiceId"])
        left = round(bill["Balance"] - amount, 2)
        bills.set(position or 0, Balance=left, PaidOn=None if left > 0 else at[:10], ChangedOn=at)
        return str(number)

    def render(self, handles: Sequence[Any]) -> list[Any]:
        rows = self.table.rows(np.asarray(handles, np.int64))
        names = full_names(self.store, {row["ID"] for row in rows})
        return [self.draw(row | {"Payer": names.get(row["ID"])}) for row in rows]


class PaymentSummary(Payment):
    name, item_type = "PaymentSummary", wire.kind("PaymentSummaryData", wire.COMMERCE)

    def draw(self, row: Row) -> Row:
        return {k: v for k, v in super().draw(row).items() if k != "PaymentApplications"}


class DataVaultAttempt(TableEntity):
    """Automatic charges and how they ended."""

    name, item_type = "DataVaultAttempt", wire.kind("DataVaultAttemptData", wire.COMMERCE)

    def draw(self, row: Row) -> Row:
        return wire.typed(
            self.item_type,
            DataVaultAttemptId=str(row["DataVaultAttemptId"]),
            PartyId=row["PartyId"],
            AttemptDate=row["AttemptDate"],
            Amount=wire.money(row["Amount"]),
            Status=row["Status"],
            ResponseCode=row["ResponseCode"],
        )


class LegacyCustomerType(Entity):
    """The tier catalogue with its rates."""

    name, item_type = "LegacyCustomerType", wire.kind("LegacyCustomerTypeData")

    def find(self, conditions: Sequence[Any], order_by: str, descending: bool) -> list[Row]:
        if self.store.options.archive:
            return list(self.store.kept(self.name).values())
        return [
            wire.typed(
                self.item_type,
                CustomerTypeId=code,
                Description=name,
                IsMemberRecord=True,
                DuesCode1=code,
                Rate1=prices[1] / 100,
                Comments=about,
            )
            for code, name, about, prices in topics.TIERS
        ]

    def render(self, handles: Sequence[Any]) -> list[Row]:
        return list(handles)

    def get(self, elements: list[str]) -> Row:
        for row in self.find([], "", False):
            if row["CustomerTypeId"].lower() == elements[0].lower():
                return row
        raise self.missing(elements)
