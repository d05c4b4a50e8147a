"""Writing contacts: the whole object is replaced, restricted attributes are refused, every change is
logged.
"""

from typing import Any

from imis_ai.sandbox import wire
from imis_ai.sandbox.accounts import Account
from imis_ai.sandbox.entities import records
from imis_ai.sandbox.entities.base import Row
from imis_ai.sandbox.store import Store

RESTRICTED = ("CustomerTypeCode", "JoinDate", "PaidThruDate", "RenewedThruDate", "Chapter")
FREE = ("BillingCategory", "CompanySize")
LISTS = (
    "Addresses",
    "AlternateIds",
    "Emails",
    "Phones",
    "Salutations",
    "SocialNetworks",
    "CommunicationTypePreferences",
)
CHANNELS = {"EMAIL": "EmailConsent", "SMS": "SmsConsent", "PHONE": "PhoneConsent"}


def members(body: Row) -> Row:
    """The body with its top-level names in iMIS' own case."""
    known = {
        n.lower(): n
        for n in (
            *LISTS,
            "PartyId",
            "Id",
            "PersonName",
            "OrganizationName",
            "FunctionalTitle",
            "Gender",
            "Status",
            "BirthDate",
            "AdditionalAttributes",
            "IndustryCodes",
            "PrimaryOrganization",
            "IsMarkedForDelete",
            "IsOrganization",
            "FinancialInformation",
            "UpdateInformation",
            "Name",
            "Sort",
        )
    }
    return {known.get(name.lower(), name): value for name, value in body.items()}


def _primary(items: Any, member: str) -> str | None:
    found = [i for i in wire.unwrap(items) if isinstance(i, dict)]
    best = next((i for i in found if i.get("IsPrimary")), found[0] if found else {})
    return best.get(member) or None


def columns(body: Row, before: Row | None) -> Row:
    """The table's columns as the object has them; restricted ones stay as they were unless given."""
    given = wire.unbag(body.get("AdditionalAttributes"))
    name = body.get("PersonName") or {}
    place = next(
        (a.get("Address") or {} for a in wire.unwrap(body.get("Addresses")) if isinstance(a, dict)), {}
    )
    lines = wire.unwrap(place.get("AddressLines"))
    is_company = "OrganizationData" in body.get("$type", "") or bool(body.get("IsOrganization"))
    birth = body.get("BirthDate")
    status = (body.get("Status") or {}).get("PartyStatusId") or (
        "D" if body.get("IsMarkedForDelete") else "A"
    )
    opted = {
        p.get("CommunicationTypeId"): bool(p.get("OptInFlag"))
        for p in wire.unwrap(body.get("CommunicationTypePreferences"))
    }
    old = before or {}
    return {
        "FirstName": name.get("FirstName"),
        "LastName": body.get("OrganizationName") or body.get("Name") if is_company else name.get("LastName"),
        "Organization": is_company,
        "Email": _primary(body.get("Emails"), "Address"),
        "Phone": _primary(body.get("Phones"), "Number"),
        "Title": body.get("FunctionalTitle"),
        "Status": status,
        "Street": lines[0] if lines else None,
        "City": place.get("CityName"),
        "State": place.get("CountrySubEntityCode"),
        "PostalCode": place.get("PostalCode"),
        "Industry": next(iter(wire.unwrap(body.get("IndustryCodes"))), None),
        "BirthYear": int(birth[:4]) if birth else None,
        "Gender": (body.get("Gender") or {}).get("Code"),
        "EmployerId": (body.get("PrimaryOrganization") or {}).get("OrganizationPartyId"),
        **{column: opted.get(channel, False) for channel, column in CHANNELS.items()},
        **{name: given.get(name) for name in FREE},
        "CustomerTypeCode": given.get("CustomerTypeCode", old.get("CustomerTypeCode")),
        "Chapter": given.get("Chapter", old.get("Chapter")),
        "JoinDate": given.get("JoinDate", old.get("JoinDate")),
        "PaidThruDate": given.get("PaidThruDate", old.get("PaidThruDate")),
    }


def refuse_restricted(body: Row, before: Row, user: Account) -> None:
    """400 ValidationResultsData when a non-staff account changes one of the five; the unchanged value is
    fine.
    """
    if user.is_staff:
        return
    given = wire.unbag(body.get("AdditionalAttributes"))
    have = before | {"RenewedThruDate": before.get("PaidThruDate")}
    wrong = [
        (name, given[name], f"{name} can only be changed by a billing operation or by staff.")
        for name in RESTRICTED
        if name in given and str(given[name] or "")[:10] != str(have.get(name) or "")[:10]
    ]
    if wrong:
        raise wire.invalid(*wrong)


def document(body: Row, party_id: str, kind: str, drawn: Row, at: str, user: str) -> Row:
    """What is stored after a PUT or POST: the object as sent, omitted lists empty, attributes and stamp by
    the server.
    """
    stored = {"$type": kind, "Id": party_id, "PartyId": party_id} | {
        k: v for k, v in body.items() if k not in {"$type", "Id", "PartyId"}
    }
    for name in LISTS:
        empty = {"$type": drawn[name]["$type"], "$values": []}
        given = body.get(name)
        stored[name] = empty | {"$values": wire.unwrap(given)} if given is not None else empty
    stored["AdditionalAttributes"] = drawn["AdditionalAttributes"]
    stored["Name"], stored["Sort"], stored["UniformId"] = drawn["Name"], drawn["Sort"], drawn["UniformId"]
    stored["UpdateInformation"] = drawn["UpdateInformation"] | {"UpdatedOn": at, "UpdatedBy": user}
    stored.setdefault("FinancialInformation", drawn["FinancialInformation"])
    if "PersonName" in stored:
        stored["PersonName"] = stored["PersonName"] | {"FullName": drawn["Name"]}
    return stored


def log_changes(store: Store, party_id: str, before: Row, after: Row, at: str, user: str) -> None:
    """One ChangeLog row with the columns that differ, under the desktop names."""
    names = {
        "CustomerTypeCode": "MEMBER_TYPE",
        "PaidThruDate": "PAID_THRU",
        "JoinDate": "JOIN_DATE",
        "LastName": "LAST_NAME",
        "FirstName": "FIRST_NAME",
        "EmployerId": "CO_ID",
        "BillingCategory": "CATEGORY",
    }
    changes = [
        (f"Name.{names.get(column, column.upper())}", before.get(column), value)
        for column, value in after.items()
        if str(value or "") != str(before.get(column) or "")
    ]
    if changes:
        records.change(store, "Party", [party_id], at, changes, user=user)
