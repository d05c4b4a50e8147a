"""Subscriptions and mid-term adjustments: how a tier is changed in iMIS."""

from collections.abc import Sequence

import numpy as np

from imis_ai.sandbox import filters, wire
from imis_ai.sandbox.accounts import Account
from imis_ai.sandbox.association import topics
from imis_ai.sandbox.entities.base import DocumentEntity, Row
from imis_ai.sandbox.entities.commerce import Payment
from imis_ai.sandbox.filters import Filter

SERVER_SIDE = ("PaymentAmount", "ReminderCount", "ContinuousSince", "LastUpdated", "UpdatedBy", "Balance")
RATES = {code: prices[1] / 100 for code, *_, prices in topics.TIERS}


class Subscription(DocumentEntity):
    """id PartyId|ItemId. Built from the terms when first asked for; what is written stays."""

    name, item_type = "Subscription", wire.kind("SubscriptionData", wire.COMMERCE)
    fields = {"status": lambda d: d.get("Status", 0)}

    def find(self, conditions: Sequence[Filter], order_by: str, descending: bool) -> list[str]:
        only = next(
            (c.values for c in conditions if c.name == "partyid" and c.operator in {"eq", "in"}), None
        )
        self._fill(list(only) if only else None)
        return (
            sorted(super().find(conditions, order_by, descending))
            if not order_by
            else super().find(conditions, order_by, descending)
        )

    def get(self, elements: list[str]) -> Row:
        self._fill([elements[0]])
        return super().get(elements)

    def _fill(self, parties: list[str] | None) -> None:
        """Draw the subscriptions of these contacts (all when None) that nobody has asked for before."""
        known, table = self.store.kept("SubscriptionsDrawn"), self.store.tables["Terms"]
        wanted = table.find([Filter("id", "in", tuple(parties))] if parties else [])
        latest = {row["ID"]: row for row in table.rows(wanted)}
        for party, term in latest.items():
            if party not in known:
                known[party] = True
                self.kept.setdefault(f"{party}|{term['Tier']}", self._draw(term))

    def _draw(self, term: Row) -> Row:
        over = bool(term["ResignedOn"]) or np.datetime64(term["BillThrough"]) + np.timedelta64(
            60, "D"
        ) < np.datetime64(self.store.clock.now())
        balance = self.open_balance(term["ID"], dues_only=True)
        return wire.typed(
            self.item_type,
            PartyId=term["ID"],
            ItemId=term["Tier"],
            Status=1 if over else 0,
            IsMemberComponent=True,
            BeginDate=term["BillBegin"],
            BillBegin=term["BillBegin"],
            BillThrough=term["BillThrough"],
            PaidThru=term["BillThrough"],
            BilledAmount=wire.money(term["Price"]),
            Balance=wire.money(balance),
            PaymentAmount=wire.money(term["Price"]),
            CancelledAsOf=term["ResignedOn"],
            RenewMonths=12,
            BillToPartyId=term["ID"],
            LastUpdated=term["ChangedOn"],
            UpdatedBy="MANAGER",
        )

    def open_balance(self, party: str, *, dues_only: bool = False) -> float:
        """What the contact owes."""
        table = self.store.tables["Invoices"]
        conditions = [filters.parse("ID", party), filters.parse("Balance", "gt:0")]
        conditions += [filters.parse("Purpose", "in:dues|adjustment")] if dues_only else []
        return round(sum(table.columns["Balance"].wire(table.find(conditions))), 2)

    def check(self, body: Row, user: Account) -> None:
        problems = []
        if self.store.tables["Party"].at(body.get("PartyId")) is None:
            problems.append(("PartyId", body.get("PartyId"), "There is no such contact."))
        if not body.get("ItemId"):
            problems.append(("ItemId", None, "An item is required."))
        if problems:
            raise wire.invalid(*problems)

    def create(self, body: Row, user: Account) -> Row:
        """Add a subscription. Billed and without InvoiceId, it opens an invoice of its own."""
        self.check(body, user)
        key = f"{body['PartyId']}|{body['ItemId']}"
        self._fill([body["PartyId"]])
        if key in self.kept and self.kept[key].get("Status", 0) == 0:
            raise wire.Refusal(409, wire.http_error(f"Subscription {key} exists."), "Conflict")
        amount = float((body.get("BilledAmount") or {}).get("Amount", 0) or 0)
        stored = {"$type": self.item_type} | {
            k: v for k, v in body.items() if k not in SERVER_SIDE and v not in (None, False, 0)
        }
        if amount and body.get("BillSubscription", True) is not False:
            stored["InvoiceId"] = self.bill(body, amount)
            stored["Balance"] = wire.money(amount)
        self._stamp(stored, user)
        self.kept[key] = stored
        return stored

    def bill(self, body: Row, amount: float, purpose: str = "dues") -> str:
        """Join the invoice that is named, or open a new one.

        Returns its number; 400 when the named one does not exist.
        """
        table, at = self.store.tables["Invoices"], self.store.clock.text()
        if named := body.get("InvoiceId"):
            position = table.at(named)
            if position is None:
                raise wire.invalid(("InvoiceId", named, "There is no such invoice."))
            row = table.row(position)
            table.set(
                position,
                Amount=row["Amount"] + amount,
                Balance=(row["Balance"] or 0) + amount,
                PaidOn=None,
                ChangedOn=at,
            )
            return str(named)
        number = f"INV-{self.store.number(900_000)}"
        tier = body.get("ItemId") if body.get("ItemId") in RATES else None
        member = body["PartyId"]
        table.extend(
            [
                {
                    "InvoiceId": number,
                    "ID": member,
                    "PayerId": body.get("BillToPartyId") or member,
                    "Purpose": purpose,
                    "InvoiceDate": at[:10],
                    "DueDate": at[:10],
                    "Amount": amount,
                    "Balance": amount,
                    "Tier": tier,
                    "TermStart": body.get("BillBegin"),
                    "TermEnd": body.get("BillThrough"),
                    "ChangedOn": at,
                }
            ]
        )
        lines = self.store.tables["InvoiceLines"]
        lines.extend(
            [
                {
                    "LineId": lines.next_number(),
                    "InvoiceId": number,
                    "ID": member,
                    "LineNumber": 1,
                    "ItemId": body.get("ItemId"),
                    "Quantity": 1.0,
                    "Amount": amount,
                    "ChangedOn": at,
                }
            ]
        )
        return number

    def update(self, elements: list[str], body: Row, user: Account) -> Row:
        """Replace the subscription; amounts that only the server computes may not be changed."""
        before = self.get(elements)
        for name in ("PaymentAmount", "Balance"):
            old, new = (float((d.get(name) or {}).get("Amount", 0) or 0) for d in (before, body))
            if name in body and old != new:
                raise wire.invalid((name, new, f"{name} is computed and cannot be set."))
        stored = {"$type": self.item_type} | {k: v for k, v in body.items() if v not in (None, False, 0)}
        stored |= {name: before[name] for name in SERVER_SIDE if name in before}
        self._stamp(stored, user)
        self.kept["|".join(elements)] = stored
        return stored

    def _stamp(self, stored: Row, user: Account) -> None:
        stored |= {"LastUpdated": self.store.clock.text(), "UpdatedBy": user.name}
        if stored.get("IsMemberComponent") and stored.get("Status", 0) == 0 and stored["ItemId"] in RATES:
            party = self.store.tables["Party"]
            position = party.at(stored["PartyId"])
            if position is not None:
                party.set(position, CustomerTypeCode=stored["ItemId"], UpdatedOn=self.store.clock.text())
                self.store.kept("Party").pop(stored["PartyId"], None)

    def delete(self, elements: list[str], user: Account) -> None:
        raise self.not_implemented()


class MembershipAdjustment(DocumentEntity):
    """A mid-term change: needs a zero balance and the authorisation Dues:4. iMIS writes the invoice."""

    name, item_type = "MembershipAdjustment", wire.kind("MembershipAdjustmentData", wire.COMMERCE)

    def check(self, body: Row, user: Account) -> None:
        if "Dues:4" not in user.roles:
            raise wire.Refusal(403, wire.http_error("Module authorization level Dues:4 is required."))
        subscriptions = Subscription(self.store)
        subscriptions.check(body | {"ItemId": "any"}, user)
        if not body.get("AdjustmentReason"):
            raise wire.invalid(("AdjustmentReason", None, "A reason is required."))
        owed = subscriptions.open_balance(body["PartyId"])
        if owed:
            raise wire.invalid(
                (
                    "PartyId",
                    body["PartyId"],
                    f"The contact has an open balance of {owed:.2f}; adjustments need a zero balance.",
                )
            )

    def create(self, body: Row, user: Account) -> Row:
        """Cancel and add the items; the amounts become one adjustment invoice each."""
        self.check(body, user)
        subscriptions, invoices = Subscription(self.store), []
        for item in wire.unwrap(body.get("AdjustmentItems")):
            key = [body["PartyId"], item["ItemId"]]
            action, amount = item.get("Action", 0), float(item.get("AdjustmentAmount", 0) or 0)
            if action == 2:
                before = subscriptions.get(key)
                subscriptions.kept["|".join(key)] = before | {
                    "Status": 1,
                    "CancelledAsOf": body["AdjustmentEffectiveDate"],
                }
            elif action == 1:
                subscriptions.create(
                    {
                        "PartyId": key[0],
                        "ItemId": key[1],
                        "IsMemberComponent": True,
                        "BillSubscription": False,
                        "BillBegin": body["AdjustmentEffectiveDate"],
                        "AdjustmentReason": body["AdjustmentReason"],
                    },
                    user,
                )
            if amount:
                invoices.append(
                    subscriptions.bill({"PartyId": key[0], "ItemId": key[1]}, amount, "adjustment")
                )
        number = f"{self.store.number():06d}"
        stored = {"$type": self.item_type} | body | {"InvoiceIds": wire.values(invoices, wire.STRINGS)}
        self.kept[number] = stored
        return stored


class LegacyPartyMembership(DocumentEntity):
    """A member's whole dues picture in one call."""

    name, item_type = "LegacyPartyMembership", wire.kind("LegacyPartyMembershipData")

    def get(self, elements: list[str]) -> Row:
        party = self.store.tables["Party"]
        position = party.at(elements[0])
        if position is None:
            raise self.missing(elements)
        row, subscriptions = party.row(position), Subscription(self.store)
        mine = subscriptions.render(subscriptions.find([filters.parse("PartyId", elements[0])], "", False))
        live = [s for s in mine if s.get("Status", 0) == 0]
        return wire.typed(
            self.item_type,
            PartyId=elements[0],
            MemberTypeName=row["CustomerTypeCode"],
            BillBegin=live[0]["BillBegin"] if live else None,
            BillEnd=live[0].get("BillThrough") if live else None,
            IsAdjustable=not subscriptions.open_balance(elements[0]),
            Subscriptions=wire.values(mine, wire.kind("SubscriptionDataCollection", wire.COMMERCE)),
        )


class ComboOrder(DocumentEntity):
    """Payments against invoices. More than the balance is an error."""

    name, item_type = "ComboOrder", wire.kind("ComboOrderData", wire.COMMERCE)

    def check(self, body: Row, user: Account) -> None:
        for payment in wire.unwrap(body.get("Payments")):
            for application in wire.unwrap(payment.get("Applications")):
                bills = self.store.tables["Invoices"]
                position = bills.at(application.get("InvoiceId"))
                if position is None:
                    raise wire.invalid(
                        ("InvoiceId", application.get("InvoiceId"), "There is no such invoice.")
                    )
                if _amount(application) > (bills.row(position)["Balance"] or 0) + 0.001:
                    raise wire.invalid(
                        (
                            "ApplicationAmount",
                            _amount(application),
                            "The payment exceeds the balance of the invoice.",
                        )
                    )

    def create(self, body: Row, user: Account) -> Row:
        self.check(body, user)
        at, receive = self.store.clock.text(), self.store.tables["Invoices"]
        for payment in wire.unwrap(body.get("Payments")):
            for application in wire.unwrap(payment.get("Applications")):
                bill = receive.row(receive.at(application["InvoiceId"]) or 0)
                method = str((payment.get("PaymentMethod") or {}).get("PaymentMethodId", "card")).lower()
                Payment(self.store).receive(
                    bill, _amount(application), at, method, payment.get("ReferenceNumber")
                )
        number = f"{self.store.number():06d}"
        self.kept[number] = {"$type": self.item_type} | body | {"ComboOrderId": number}
        return self.kept[number]


def _amount(application: Row) -> float:
    value = application.get("ApplicationAmount") or 0
    return float(value.get("Amount", 0) or 0) if isinstance(value, dict) else float(value)
