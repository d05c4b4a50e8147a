"""What is written about contacts: notes, interactions, communication history, users."""

from typing import Any

from imis_ai.sandbox import wire
from imis_ai.sandbox.accounts import ACCOUNTS, Account, user_document
from imis_ai.sandbox.entities.base import DocumentEntity, Row


class Written(DocumentEntity):
    """A typed document with a number of its own and a stamp; the contact in `owner` must exist."""

    key = ""
    owner = "PartyId"
    required: tuple[str, ...] = ()

    def check(self, body: Row, user: Account) -> None:
        problems: list[tuple[str, Any, str]] = [
            (n, None, f"{n} is required.") for n in self.required if not body.get(n)
        ]
        party = body.get("PartyId") if self.owner == "PartyId" else (body.get("Party") or {}).get("PartyId")
        if self.owner and self.store.tables["Party"].at(party) is None:
            problems.append((self.owner, party, "There is no such contact."))
        if problems:
            raise wire.invalid(*problems)

    def create(self, body: Row, user: Account) -> Row:
        self.check(body, user)
        number = str(self.store.number())
        self.kept[number] = self._stored(number, body, user)
        return self.kept[number]

    def update(self, elements: list[str], body: Row, user: Account) -> Row:
        self.get(elements)
        self.check(body, user)
        self.kept[elements[0]] = self._stored(elements[0], body, user)
        return self.kept[elements[0]]

    def _stored(self, number: str, body: Row, user: Account) -> Row:
        stamp = wire.typed(
            wire.kind("UpdateInformationData", wire.CORE),
            UpdatedOn=self.store.clock.text(),
            UpdatedBy=user.name,
        )
        kept = {k: v for k, v in body.items() if v is not None and v is not False and v != 0}
        return {"$type": self.item_type} | kept | {self.key: number, "UpdateInformation": stamp}


class PartyNote(Written):
    name, key, item_type = "PartyNote", "PartyNoteId", wire.kind("PartyNoteData")
    required = ("Text",)


class ContactInteraction(Written):
    name, key = "ContactInteraction", "ContactInteractionId"
    item_type = wire.kind("ContactInteraction.ContactInteractionData")
    required = ("InteractionTypeCode", "InteractionDate")


class CommunicationLog(Written):
    name, key, owner = "CommunicationLog", "CommunicationLogId", ""
    item_type = wire.kind("CommunicationLogData", wire.COMMUNICATIONS)
    required = ("Subject",)


class CommunicationLogRecipient(Written):
    name, key, owner = "CommunicationLogRecipient", "CommunicationLogRecipientId", "Party"
    item_type = wire.kind("CommunicationLogRecipientData", wire.COMMUNICATIONS)
    required = ("CommunicationLog", "Address")
    fields = {
        "partyid": lambda d: d["Party"]["PartyId"],
        "communicationlogid": lambda d: d["CommunicationLog"]["CommunicationLogId"],
    }

    def check(self, body: Row, user: Account) -> None:
        super().check(body, user)
        log = (body.get("CommunicationLog") or {}).get("CommunicationLogId")
        if log not in self.store.kept("CommunicationLog"):
            raise wire.invalid(("CommunicationLogId", log, "There is no such communication."))


class User(DocumentEntity):
    """The accounts; read-only."""

    name, item_type = "User", wire.kind("UserData")

    @property
    def kept(self) -> dict[str, Row]:
        return {account.name: user_document(account) for account in ACCOUNTS.values()}


class UserSecurity(User):
    name, item_type = "UserSecurity", wire.kind("UserSecurityData")
