"""Contacts: Party with its narrower services and the cheap summary.

Reads come from the table, or from what was PUT.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from imis_ai.sandbox import wire
from imis_ai.sandbox.accounts import Account
from imis_ai.sandbox.entities import party_writes as writes
from imis_ai.sandbox.entities.base import Row, TableEntity, full_names
from imis_ai.sandbox.filters import Filter

PERSON, ORGANIZATION = wire.kind("PersonData"), wire.kind("OrganizationData")
STATUS_NAMES = {"A": ("Active", 1), "D": ("Marked for delete", 3), "I": ("Inactive", 2)}
ATTRIBUTES = wire.PROPERTIES
EMAILS, PHONES = wire.kind("EmailDataCollection"), wire.kind("PhoneDataCollection")
ADDRESSES = wire.kind("FullAddressDataCollection")
PREFERENCES = f"{wire.MEMBERSHIP}.PartyCommunicationTypePreferenceDataCollection, Asi.Contracts"
EMAIL, PHONE = wire.kind("EmailData"), wire.kind("PhoneData")
NO_SALUTATIONS = wire.values([], wire.kind("PartySalutationDataCollection"))
NO_NETWORKS = wire.values([], wire.kind("PartySocialNetworkDataCollection"))
NO_FINANCES = {
    "$type": wire.kind("FinancialInformationData"),
    "GiftAidInformation": {"$type": wire.kind("GiftAidInformationData")},
}
CHANNELS = {"EMAIL": "EmailConsent", "SMS": "SmsConsent", "PHONE": "PhoneConsent"}


def attributes(row: Row) -> Row:
    """The nine additional attributes; the five restricted ones are always there."""
    paid = row["PaidThruDate"]
    return wire.bag(
        {
            "CustomerTypeCode": row["CustomerTypeCode"],
            "JoinDate": row["JoinDate"],
            "PaidThruDate": paid,
            "RenewedThruDate": paid,
            "Chapter": row["Chapter"],
            "BillingCategory": row["BillingCategory"],
            "MajorKey": row["PartyId"],
            "ParentPartyId": row["EmployerId"],
            "CompanySize": row["CompanySize"],
        }
    )


def address(row: Row) -> Row:
    place = {
        "$type": wire.kind("AddressData"),
        "AddressLines": wire.values([row["Street"]] if row["Street"] else [], wire.STRINGS),
        "CityName": row["City"],
        "CountryCode": "US",
        "CountryName": "United States",
        "CountrySubEntityCode": row["State"],
        "PostalCode": row["PostalCode"],
    }
    return {
        "$type": wire.kind("FullAddressData"),
        "AddressPurpose": "Address",
        "Address": place,
        "CommunicationPreferences": {
            "$type": wire.kind("CommunicationPreferenceDataCollection"),
            "$values": [],
        },
    }


def preferences(row: Row) -> Row:
    """Consent per channel; an opted-out one has no OptInFlag."""
    of = wire.kind("PartyCommunicationTypePreferenceData")
    found = [
        wire.typed(of, CommunicationTypeId=channel, OptInFlag=bool(row[column]))
        for channel, column in CHANNELS.items()
    ]
    return wire.values(found, PREFERENCES)


def common(row: Row, name: str, sort: str) -> Row:
    """The members that people and organisations share."""
    label, active = STATUS_NAMES.get(row["Status"] or "A", STATUS_NAMES["A"])
    email, phone = row["Email"], row["Phone"]
    emails = [{"$type": EMAIL, "Address": email, "EmailType": "_Primary", "IsPrimary": True}] if email else []
    phones = (
        [{"$type": PHONE, "Number": phone, "PhoneType": "_Work Phone", "IsPrimary": True}] if phone else []
    )
    return {
        "Id": row["PartyId"],
        "PartyId": row["PartyId"],
        "UniformId": uniform(row["PartyId"]),
        "Name": name,
        "Sort": sort,
        "Status": wire.typed(
            wire.kind("PartyStatusData"), PartyStatusId=row["Status"], Description=label, ActiveStatus=active
        ),
        "AdditionalAttributes": attributes(row),
        "Addresses": wire.values([address(row)], ADDRESSES),
        "AlternateIds": wire.values(
            [{"$type": wire.kind("AlternateIdData"), "Id": row["PartyId"], "IdType": "MajorKey"}],
            wire.kind("AlternateIdDataCollection"),
        ),
        "Emails": wire.values(emails, EMAILS),
        "Phones": wire.values(phones, PHONES),
        "Salutations": NO_SALUTATIONS,
        "SocialNetworks": NO_NETWORKS,
        "CommunicationTypePreferences": preferences(row),
        "FinancialInformation": NO_FINANCES,
        "UpdateInformation": {
            "$type": wire.kind("UpdateInformationData", wire.CORE),
            "CreatedBy": "MANAGER",
            "CreatedOn": row["JoinDate"] or row["UpdatedOn"],
            "UpdatedBy": "MANAGER",
            "UpdatedOn": row["UpdatedOn"],
        },
    } | ({"IsMarkedForDelete": True} if row["Status"] == "D" else {})


def uniform(party_id: str) -> str:
    """The GUID of a contact, derived from its id."""
    number = int("".join(c for c in party_id if c.isdigit()) or 0) * 2_654_435_761 % 2**64
    tail = f"9{number >> 48 & 0xFFF:03x}-{number % 2**48:012x}"
    return f"{number >> 32:08x}-{number >> 16 & 0xFFFF:04x}-4{number & 0xFFF:03x}-{tail}"


def person(row: Row) -> Row:
    first, last = row["FirstName"] or "", row["LastName"] or ""
    full = f"{first} {last}".strip()
    shape = {"$type": PERSON} | common(row, full, f"{last}, {first}".strip(", "))
    shape["PersonName"] = wire.typed(
        wire.kind("PersonNameData"), FirstName=first or None, LastName=last or None
    ) | {"FullName": full}
    if row["BirthYear"]:
        shape["BirthDate"] = (
            f"{row['BirthYear']}-{len(row['PartyId'] + last) % 12 + 1:02d}-{len(full) % 27 + 1:02d}T00:00:00"
        )
    if row["Gender"]:
        shape["Gender"] = {"$type": wire.kind("GenderData"), "Code": row["Gender"]}
    if row["Title"]:
        shape["FunctionalTitle"] = row["Title"]
    if row["EmployerId"]:
        shape["PrimaryOrganization"] = wire.typed(
            wire.kind("PrimaryOrganizationInformationData"),
            OrganizationPartyId=row["EmployerId"],
            Name=row["Employer"],
            Title=row["Title"],
        )
    return shape


def organisation(row: Row) -> Row:
    name = row["LastName"] or ""
    shape = (
        {"$type": ORGANIZATION} | common(row, name, name) | {"IsOrganization": True, "OrganizationName": name}
    )
    shape["OrganizationType"] = "Company"
    shape["IndustryCodes"] = wire.values([row["Industry"]] if row["Industry"] else [], wire.STRINGS)
    return shape


class Party(TableEntity):
    """GET /api/Party mixes people and organisations."""

    name, table_name = "Party", "Party"
    item_type = wire.kind("PartyData")
    aliases = {
        "id": "partyid",
        "isorganization": "organization",
        "parentpartyid": "employerid",
        "phone": "phone",
        "name": "lastname",
    }

    def find(self, conditions: Sequence[Filter], order_by: str, descending: bool) -> Any:
        by_guid = [c for c in conditions if c.name == "uniformid"]
        found = super().find([c for c in conditions if c.name != "uniformid"], order_by, descending)
        if by_guid:
            wanted = {v.lower() for c in by_guid for v in c.values}
            ids = self.table.columns["PartyId"].wire(found)
            found = found[[uniform(i) in wanted for i in ids]]
        return found

    def render(self, handles: Sequence[Any]) -> list[Any]:
        stored = self.store.kept("Party")
        return [stored.get(row["PartyId"]) or self.draw(row) for row in self.rows(handles)]

    def rows(self, handles: Sequence[Any]) -> list[Row]:
        """The table's rows with the employer's name."""
        rows = self.table.rows(np.asarray(handles, np.int64))
        names = full_names(self.store, {row["EmployerId"] for row in rows})
        return [row | {"Employer": names.get(row["EmployerId"])} for row in rows]

    def draw(self, row: Row) -> Row:
        return organisation(row) if row["Organization"] else person(row)

    def check(self, body: Row, user: Account) -> None:
        position = self.table.at((writes.members(body)).get("PartyId"))
        if position is not None:
            writes.refuse_restricted(writes.members(body), self.table.row(position), user)

    def create(self, body: Row, user: Account) -> Row:
        """A new contact under the next number; restricted attributes of non-staff are ignored by refusing
        them.
        """
        body = writes.members(body)
        if not (body.get("PersonName") or {}).get("LastName") and not body.get("OrganizationName"):
            raise wire.invalid(("LastName", None, "A last name or an organization name is required."))
        writes.refuse_restricted(body, {}, user)
        key, at = f"{self.store.number(700_000):06d}", self.store.clock.text()
        self.table.extend([{"PartyId": key, "UpdatedOn": at} | writes.columns(body, None)])
        self.announce("Created", key)
        return self._store(key, body, at, user)

    def update(self, elements: list[str], body: Row, user: Account) -> Row:
        """Replace the whole object: omitted lists are emptied."""
        body, position = writes.members(body), self.table.at(elements[0])
        if position is None:
            raise self.missing(elements)
        before, at = self.table.row(position), self.store.clock.text()
        writes.refuse_restricted(body, before, user)
        after = writes.columns({"$type": PERSON} | body, before)
        self.table.set(position, **after, UpdatedOn=at)
        writes.log_changes(self.store, before["PartyId"], before, after, at, user.name)
        self.announce("Updated", before["PartyId"])
        return self._store(before["PartyId"], body, at, user)

    def _store(self, key: str, body: Row, at: str, user: Account) -> Row:
        position = self.table.at(key)
        row = self.rows([position])[0]
        kind = ORGANIZATION if row["Organization"] else PERSON
        stored = writes.document(body, key, kind, self.draw(row), at, user.name)
        self.store.kept("Party")[key] = stored
        return stored


class Person(Party):
    name, item_type = "Person", wire.kind("PersonData")

    def find(self, conditions: Sequence[Filter], order_by: str, descending: bool) -> Any:
        return super().find([*conditions, Filter("isorganization", "isfalse", ())], order_by, descending)


class Organization(Party):
    name, item_type = "Organization", wire.kind("OrganizationData")

    def find(self, conditions: Sequence[Filter], order_by: str, descending: bool) -> Any:
        return super().find([*conditions, Filter("isorganization", "istrue", ())], order_by, descending)


class PartySummary(Party):
    """Ids, names and places only."""

    name, item_type = "PartySummary", wire.kind("PartySummaryData")

    def render(self, handles: Sequence[Any]) -> list[Any]:
        return [self.draw(row) for row in self.rows(handles)]

    def draw(self, row: Row) -> Row:
        full = f"{row['FirstName'] or ''} {row['LastName'] or ''}".strip()
        return wire.typed(
            self.item_type,
            PartyId=row["PartyId"],
            Id=row["PartyId"],
            Name=full,
            CityName=row["City"],
            CountryName="United States",
            Email=row["Email"],
            Phone=row["Phone"],
            IsOrganization=bool(row["Organization"]),
        )


class CsContact(Party):
    """The read model of the desktop's Name table."""

    name, item_type = "CsContact", wire.GENERIC
    aliases = Party.aliases | {
        "membertype": "customertypecode",
        "iscompany": "organization",
        "lastupdated": "updatedon",
        "majorkey": "partyid",
    }

    def render(self, handles: Sequence[Any]) -> list[Any]:
        return [self.draw(row) for row in self.rows(handles)]

    def draw(self, row: Row) -> Row:
        full = f"{row['FirstName'] or ''} {row['LastName'] or ''}".strip()
        members = {
            "ID": row["PartyId"],
            "MemberType": row["CustomerTypeCode"],
            "Status": row["Status"],
            "PaidThrough": row["PaidThruDate"],
            "RenewedThru": row["PaidThruDate"],
            "Category": row["BillingCategory"],
            "Chapter": row["Chapter"],
            "FullName": full,
            "Company": row["Employer"],
            "IsCompany": bool(row["Organization"]),
            "FunctionalTitle": row["Title"],
            "JoinDate": row["JoinDate"],
            "LastUpdated": row["UpdatedOn"],
            "Email": row["Email"],
            "Country": "United States",
            "MajorKey": row["PartyId"],
        }
        return wire.generic(self.name, [row["PartyId"]], members, "Party", row["PartyId"])


class CsContactBasic(CsContact):
    name = "CsContactBasic"
