"""Service operations (_execute): by entity and operation, parameters in order."""

from collections.abc import Callable
from typing import Any

from imis_ai.sandbox import filters, queries, wire
from imis_ai.sandbox.accounts import ACCOUNTS, Account, user_document
from imis_ai.sandbox.entities.base import Entity, Row
from imis_ai.sandbox.entities.dues import Subscription

FOLDER_TYPE, QUERY_TYPE = "FOL", "IQD"
INVOICE_ACTIONS = {"processaccrualreversal", "processcashreversal", "processwriteoff", "processorderreversal"}
INVOICE_ADJUSTMENTS = {"processcashadjustment", "processaccrualadjustment", "processorderadjustment"}
READ_ONLY = {
    "querydefinition",
    "query",
    "documentsummary",
    "user",
    "usersecurity",
    "party",
    "boentitydefinition",
}


class Service(Entity):
    """A service without rows of its own."""

    def __init__(self, store: Any, name: str) -> None:
        super().__init__(store)
        self.name = name


SERVICES = ["QueryDefinition", "Query", "DocumentSummary", "LegacyBilling", "PartyMerge"]


def execute(app: Any, entity: Entity, body: Row, user: Account) -> wire.Answer:
    """Run one operation.

    EMS wraps the result, iMIS 2017 answers it bare. Writing ones need a writing account.
    """
    run = Operations(app, user)
    name, operation = entity.name.lower(), str(body.get("OperationName", "")).lower()
    if "PartyMergeRequest" in body.get("$type", ""):
        name, operation, parameters = "partymerge", "merge", [body]
    else:
        parameters = [wire.unbox(p) for p in wire.unwrap(body.get("Parameters"))]
    action = run.find(name, operation)
    if action is None:
        raise entity.not_implemented()
    reads = name in READ_ONLY or operation.startswith(("can", "validate", "haspermissions", "getinvoice"))
    if not reads and not user.may_write:
        raise wire.Refusal(403, wire.http_error("You do not have permission to perform this operation."))
    with app.writing:
        try:
            result = action(*parameters)
        except TypeError as error:
            raise wire.Refusal(
                400, wire.http_error("ArgumentFault: Incorrect number of parameters.")
            ) from error
        if not reads:
            app.store.record(
                {
                    "at": app.store.clock.text(),
                    "method": "POST",
                    "path": f"/api/{entity.name}/_execute",
                    "query": [],
                    "user": user.name,
                    "body": body,
                    "status": 200,
                }
            )
    bare = app.store.options.bare_execute
    return wire.Answer(200, wire.encode(result if bare else wire.service_response(result)))


class Operations:
    """What the services do here."""

    def __init__(self, app: Any, user: Account) -> None:
        self.app, self.store, self.user = app, app.store, user
        self.table: dict[str, dict[str, Callable[..., Any]]] = {
            "querydefinition": {"findbypath": self.definition, "getrestaccess": self.rest_access},
            "query": {"findbypath": self.definition},
            "documentsummary": {
                "findbypath": self.document,
                "finddocumentsinfolder": self.folder,
                "finddescendantdocumentsinfolder": self.folder,
            },
            "user": {"findbyusername": self.user_by_name},
            "usersecurity": {
                "findbyusername": self.user_by_name,
                "getuserroles": self.roles,
                "validateuser": self.validate_user,
            },
            "group": {"refreshdynamicgroup": self.refresh, "refreshdynamicgroupforparty": self.refresh},
            "groupmember": {"cancelallactiveandfuturegroupmembers": self.cancel_group},
            "legacybilling": {"runindividual": self.run_individual},
            "party": {"findbyalternateid": self.by_alternate},
            "partymerge": {"validatemergeeligibility": self.may_merge, "merge": self.merge},
            "boentitydefinition": {
                "getversion": lambda: "20.3.208",
                "validateentitydoesnotexist": self.is_new_entity,
            },
            "subscription": {"changesubscriptionownerasync": self.change_owner},
            "payment": {"reverse": self.reverse},
        }

    def find(self, entity: str, operation: str) -> Callable[..., Any] | None:
        """The function behind an operation, or None."""
        if entity == "invoice":
            if operation.startswith("can"):
                return self.can_change
            if operation in INVOICE_ACTIONS:
                return self.reverse_invoice
            return self.adjust_invoice if operation in INVOICE_ADJUSTMENTS else None
        return self.table.get(entity, {}).get(operation)

    def definition(self, path: str) -> Row | None:
        """The definition of a stored query; null when there is none at that path."""
        try:
            query = self.app.results.lookup(path)
        except wire.Refusal:
            return None
        columns = [
            wire.typed(
                wire.kind("QueryPropertyData", wire.CORE),
                Alias=name,
                PropertyName=f"{query.table}.{name}",
                DataTypeName="String",
            )
            for name in query.columns
        ]
        prompts = [
            wire.typed(wire.kind("CriteriaData", wire.CORE), PropertyName=name, Prompt=name, Operation=4)
            for name in query.prompts
        ]
        space = "System.Collections.ObjectModel.Collection`1[[System.Object, mscorlib]], mscorlib"
        return wire.typed(
            wire.kind("IqaQueryDefinitionData", wire.CORE),
            QueryDefinitionId=str(query.number),
            Path=path,
            IsAvailableToREST=True,
            Properties=wire.values(columns, space),
            Parameters=wire.values(prompts, space),
            Document=self._document(path, query.name, QUERY_TYPE),
        )

    def rest_access(self, paths: Any) -> Row:
        found = [bool(self.definition(path)) for path in (wire.unwrap(paths) or [paths])]
        return wire.values(
            found, "System.Collections.ObjectModel.Collection`1[[System.Boolean, mscorlib]], mscorlib"
        )

    def _document(self, path: str, name: str, kind: str) -> Row:
        return wire.typed(
            wire.kind("DocumentSummaryData", wire.CORE),
            DocumentId=f"doc-{name.lower()}",
            DocumentTypeId=kind,
            Name=name,
            Path=path,
            FolderPath=path.rpartition("/")[0],
            IsFolder=kind == FOLDER_TYPE,
            Status=40,
        )

    def document(self, path: str) -> Row | None:
        if path.rstrip("/").lower() == queries.FOLDER.lower():
            return self._document(queries.FOLDER, "imis_ai", FOLDER_TYPE)
        found = self.definition(path)
        return found["Document"] if found else None

    def folder(self, folder: str, *_: Any) -> Row:
        inside = [
            self._document(f"{queries.FOLDER}/{q.name}", q.name, QUERY_TYPE) for q in queries.QUERIES.values()
        ]
        of = "System.Collections.ObjectModel.Collection`1[[System.Object, mscorlib]], mscorlib"
        here = folder.rstrip("/").lower() in {queries.FOLDER.lower(), "$", f"doc-{queries.FOLDER[2:]}"}
        return wire.values(inside if here else [], of)

    def user_by_name(self, name: str) -> Row | None:
        account = ACCOUNTS.get(name.lower())
        return user_document(account) if account else None

    def roles(self, name: str) -> Row:
        account = ACCOUNTS.get(name.lower())
        return wire.values(account.roles if account else [], wire.STRINGS)

    def validate_user(self, name: str, password: str) -> bool:
        account = ACCOUNTS.get(name.lower())
        return bool(account and account.password == password)

    def refresh(self, group: str, party: str = "") -> bool:
        """Rebuild a dynamic group: its members become the contacts that a panel source of ours ties to the
        group's id, unless the row says that they left.
        """
        found = self.store.kept("Group").get(group)
        if found is None or not found.get("IsDynamic"):
            raise wire.invalid(("GroupId", group, "There is no dynamic group with this id."))
        found["RefreshedOn"] = self.store.clock.text()
        members = self.store.kept("GroupMember")
        rows = [
            r["values"]
            for k, panel in self.store.documents.items()
            if k.startswith("panel ")
            for r in panel.values()
        ]
        rows = [row for row in rows if "ID" in row and row.get("IsMember") is not False]
        wanted = {str(row["ID"]) for row in rows if group in {str(v) for v in row.values()}}
        for key in [
            k
            for k, m in members.items()
            if m["Group"]["GroupId"] == group and (not party or m["Party"]["PartyId"] == party)
        ]:
            del members[key]
        for member in sorted(wanted if not party else wanted & {party}):
            shape = {
                "GroupMemberId": f"{group}-{member}",
                "Group": found,
                "Party": {"PartyId": member},
                "IsActive": True,
            }
            members[f"{group}-{member}"] = (
                {"$type": wire.kind("GroupMemberData")} | shape | {"MembershipDetails": wire.values([], "")}
            )
        return True

    def cancel_group(self, group: str) -> int:
        members = self.store.kept("GroupMember")
        mine = [m for m in members.values() if m["Group"]["GroupId"] == group and m.pop("IsActive", False)]
        return len(mine)

    def _invoice(self, reference: Any) -> tuple[int, Row]:
        table = self.store.tables["Invoices"]
        position = table.at(str(reference) if str(reference).startswith("INV") else f"INV-{reference}")
        if position is None:
            raise wire.invalid(("InvoiceId", reference, "There is no such invoice."))
        return position, table.row(position)

    def can_change(self, reference: Any) -> bool:
        return self._invoice(reference)[1]["Amount"] > 0

    def reverse_invoice(self, data: Row) -> Row:
        """Close an open invoice without payment."""
        position, bill = self._invoice(data.get("InvoiceId"))
        if not bill["Balance"]:
            raise wire.invalid(
                ("InvoiceId", bill["InvoiceId"], "The invoice is paid; refund the payment first.")
            )
        self.store.tables["Invoices"].set(position, Balance=0, ChangedOn=self.store.clock.text())
        return {
            "$type": wire.kind("InvoiceActionResultData", wire.COMMERCE),
            "InvoiceId": bill["InvoiceId"],
            "Success": True,
        }

    def adjust_invoice(self, data: Row) -> Row:
        """Change amounts by line; a reason is required."""
        position, bill = self._invoice(data.get("InvoiceId"))
        if not data.get("AdjustmentReason"):
            raise wire.invalid(("AdjustmentReason", None, "A reason is required."))
        change = sum(
            float(line.get("AdjustmentPrice", 0)) for line in wire.unwrap(data.get("InvoiceLineAdjustments"))
        )
        left, amount = round(bill["Balance"] + change, 2), round(bill["Amount"] + change, 2)
        self.store.tables["Invoices"].set(
            position, Balance=left, Amount=amount, ChangedOn=self.store.clock.text()
        )
        return {
            "$type": wire.kind("InvoiceActionResultData", wire.COMMERCE),
            "InvoiceId": bill["InvoiceId"],
            "Success": True,
        }

    def run_individual(self, billing: Row, user_id: str = "") -> Row:
        """Bill one contact's renewal, unless dues are open already."""
        party = billing.get("IndividualBillingPartyId")
        subscriptions = Subscription(self.store)
        mine = subscriptions.render(subscriptions.find([filters.parse("PartyId", str(party))], "", False))
        if not mine:
            raise wire.invalid(
                ("IndividualBillingPartyId", party, "The contact has no subscription to bill.")
            )
        if subscriptions.open_balance(str(party), dues_only=True):
            raise wire.invalid(("IndividualBillingPartyId", party, "Dues are billed already and open."))
        amount = float((mine[0].get("BilledAmount") or {}).get("Amount", 0))
        number = subscriptions.bill({"PartyId": str(party), "ItemId": mine[0]["ItemId"]}, amount)
        return {
            "$type": wire.kind("BillingLogData"),
            "BillingCycleName": billing.get("BillingCycleId"),
            "Status": 2,
            "InvoiceId": number,
        }

    def by_alternate(self, kind: str, number: str) -> Row | None:
        position = self.store.tables["Party"].at(number)
        return self.app.entities["party"].render([position])[0] if position is not None else None

    def may_merge(self, request: Row) -> bool:
        at = self.store.tables["Party"].at
        return (
            at(request.get("MergeFromPartyId")) is not None and at(request.get("MergeToPartyId")) is not None
        )

    def merge(self, request: Row) -> bool:
        if not self.may_merge(request):
            raise wire.invalid(
                ("MergeFromPartyId", request.get("MergeFromPartyId"), "Both contacts must exist.")
            )
        self.app.control.edits.merge(
            discarded=request["MergeFromPartyId"], retained=request["MergeToPartyId"]
        )
        return True

    def is_new_entity(self, name: str) -> bool:
        return name not in self.store.kept("BOEntityDefinition")

    def change_owner(self, old: str, new: str, item: str) -> bool:
        subscriptions = Subscription(self.store)
        before = subscriptions.get([old, item])
        del subscriptions.kept[f"{old}|{item}"]
        subscriptions.kept[f"{new}|{item}"] = before | {"PartyId": new}
        return True

    def reverse(self, number: Any, *_: Any) -> bool:
        """Reverse a payment: the invoice is open again."""
        payments = self.store.tables["Payment"]
        position = payments.at(number)
        if position is None:
            raise wire.invalid(("PaymentId", number, "There is no such payment."))
        row, now = payments.row(position), self.store.clock.text()
        payments.set(position, Status=4, UpdatedOn=now)
        if row["InvoiceId"]:
            at, bill = self._invoice(row["InvoiceId"])
            self.store.tables["Invoices"].set(
                at, Balance=bill["Balance"] + row["Amount"], PaidOn=None, ChangedOn=now
            )
        return True
