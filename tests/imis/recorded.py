"""Rows as iMIS puts them on the wire, by resource.

Zeros and flags are left out of typed objects, only null is left out of bags.
"""

# ruff: noqa: E501  one recorded row a line

from typing import Any

from tests.imis.fake import bag, money, values, visits

MEMBERSHIP = "Asi.Soa.Membership.DataContracts"
COMMERCE = "Asi.Soa.Commerce.DataContracts"
ROW = {"$type": "System.Dynamic.ExpandoObject, System.Core"}


def attributes(**pairs: Any) -> dict[str, Any]:
    return values(
        *({"$type": "…GenericPropertyData, Asi.Contracts", "Name": n, "Value": v} for n, v in pairs.items())
    )


PERSON = {
    "$type": f"{MEMBERSHIP}.PersonData, Asi.Contracts",
    "PartyId": "00101",
    "Id": "00101",
    "UniformId": "5f0c0e0e-0000-4000-8000-000000000001",
    "Name": "Ms. Ann Example",
    "Status": {"$type": "…PartyStatusData", "PartyStatusId": "A", "ActiveStatus": 1},
    "PersonName": {"$type": "…", "FirstName": "Ann", "LastName": "Example", "FullName": "Ms. Ann Example"},
    "BirthDate": "1979-05-06T00:00:00",
    "Gender": {"$type": "…GenderData", "Code": "F"},
    "FunctionalTitle": "Director",
    "PrimaryOrganization": {"$type": "…", "OrganizationPartyId": "201", "Name": "Acme", "Title": "Director"},
    "Emails": values(
        {"$type": "…EmailData", "Address": "old@example.org", "EmailType": "Work"},
        {"$type": "…EmailData", "Address": "ann@example.org", "EmailType": "_Primary", "IsPrimary": True},
    ),
    "Phones": values({"$type": "…PhoneData", "Number": "+1 312 555 0101", "PhoneType": "Mobile"}),
    "Addresses": values(
        {
            "$type": "…FullAddressData",
            "IsMarkedForDelete": True,
            "Address": {"CityName": "Gone", "PostalCode": "1"},
        },
        {"$type": "…FullAddressData", "Address": {"$type": "…AddressData"}},
        {
            "$type": "…FullAddressData",
            "AddressPurpose": "Work",
            "Address": {
                "$type": "…AddressData",
                "AddressLines": values("1 Elm"),
                "CityName": "Austin",
                "CountrySubEntityCode": "TX",
                "CountryCode": "US",
                "PostalCode": "73301",
            },
        },
    ),
    "AlternateIds": {"$type": "…AlternateIdDataCollection"},
    "Salutations": values(),
    "AdditionalAttributes": attributes(
        CustomerTypeCode="PRO",
        JoinDate="2011-02-03T00:00:00",
        PaidThruDate="2026-08-31T00:00:00",
        RenewedThruDate="2026-08-31T00:00:00",
        Chapter="TX",
        BillingCategory="AUTO",
        ParentPartyId="201",
        CompanySize={"$type": "System.Int32", "$value": 250},
    ),
    "CommunicationTypePreferences": values(
        {"$type": "…", "CommunicationTypeId": "EMAIL", "OptInFlag": True},
        {"$type": "…", "CommunicationTypeId": "SMS"},
        {"$type": "…", "CommunicationTypeId": "FAX", "OptInFlag": True},
    ),
    "UpdateInformation": {
        "$type": "…",
        "CreatedOn": "2011-02-03T09:00:00",
        "UpdatedOn": "2026-02-01T10:30:00",
    },
}
ORGANISATION = {
    "$type": f"{MEMBERSHIP}.OrganizationData, Asi.Contracts",
    "PartyId": "201",
    "Name": "Acme",
    "OrganizationName": "Acme",
    "IsOrganization": True,
    "IsMarkedForDelete": True,
    "IndustryCodes": values("ENERGY"),
    "Status": {"$type": "…", "PartyStatusId": "D", "ActiveStatus": 3},
    **{
        name: {"$type": "…"}
        for name in (
            "Emails",
            "Phones",
            "Addresses",
            "AdditionalAttributes",
            "CommunicationTypePreferences",
            "AlternateIds",
        )
    },
}
ACTIVITY = bag(
    "Activity",
    ["9001"],
    {
        "SEQN": 9001,
        "ID": "00101",
        "ACTIVITY_TYPE": "DONATE",
        "TRANSACTION_DATE": "2025-08-01T10:30:00",
        "EFFECTIVE_DATE": "2025-08-01T00:00:00",
        "PRODUCT_CODE": "FUND",
        "OTHER_CODE": "",
        "DESCRIPTION": "Annual gift",
        "SOURCE_SYSTEM": "FR",
        "QUANTITY": 0.0,
        "AMOUNT": 87.55,
        "CATEGORY": "A",
        "NOTE": None,
    },
)
STRANGE_ACTIVITY = bag(
    "Activity",
    ["9002"],
    {
        "PartyId": "00101",
        "ACTIVITY_TYPE": "MENTOR",
        "EFFECTIVE_DATE": "2025-08-02T00:00:00",
        "OTHER_CODE": "Q",
    },
    plain=True,
)
RECORDED: dict[str, list[dict[str, Any]]] = {
    "/api/GenTable": [
        {"$type": "…GenTableData", "Table_Name": "CHAPTER", "Code": "TX", "Description": "Texas", "Substitute": "South"},
        {"$type": "…GenTableData", "Table_Name": "CHAPTER", "Code": "GULF", "Description": "Gulf"},
    ],
    "/api/LegacyCustomerType": [
        {"$type": "…LegacyCustomerTypeData", "CustomerTypeId": "PRO", "Description": "Professional", "IsMemberRecord": True, "Rate1": 285.5},
        {"$type": "…LegacyCustomerTypeData", "CustomerTypeId": "FEL", "Description": "Fellow", "IsMemberRecord": True, "Rate1": money(410.0)},
        {"$type": "…LegacyCustomerTypeData", "CustomerTypeId": "FREE", "Description": "Student", "IsMemberRecord": True, "Rate1": money(0)},
        {"$type": "…LegacyCustomerTypeData", "CustomerTypeId": "NM", "Description": "Non-member"},
    ],
    "$/imis_ai/TierPrices": [ROW | {"Tier": "PRO", "EffectiveOn": "2024-09-01T00:00:00", "Price": 285.5}],
    "$/imis_ai/Benefits": [ROW | {"Name": "Journal", "Description": "Four a year", "AnnualCost": 12}],
    "$/imis_ai/TierBenefits": [ROW | {"Tier": "PRO", "Benefit": "Journal"}],
    "/api/Party": [PERSON, ORGANISATION],
    "$/imis_ai/Terms": [
        ROW | {"TermId": 5001, "ID": "00101", "Tier": "PRO", "BillBegin": "2025-09-01T00:00:00", "BillThrough": "2026-08-31T00:00:00",
               "Price": 285.5, "Method": "Card", "ResignedOn": None, "ChangedOn": "2025-09-01T12:00:00"},
    ],
    "/api/Activity": [ACTIVITY, STRANGE_ACTIVITY],
    "$/imis_ai/WebActivity": visits(3),
    "$/imis_ai/EmailEvents": [
        ROW | {"EventId": 1, "ID": "00101", "Kind": "email_open", "At": "2026-01-05T08:00:00", "Subject": "January news"},
    ],
    "/api/Event": [
        {"$type": "Asi.Soa.Events.DataContracts.EventData, Asi.Contracts", "EventId": "CONF26", "Name": "Annual conference",
         "Category": {"$type": "…", "Name": "annual_conference"}, "StartDateTime": "2026-06-01T09:00:00",
         "AdditionalAttributes": attributes(Chapter="TX", Fee={"$type": "System.Decimal", "$value": 450.0}),
         "UpdateInformation": {"UpdatedOn": "2026-01-01T00:00:00"}},
        {"$type": "Asi.Soa.Events.DataContracts.EventData, Asi.Contracts", "EventId": "WEB1", "Name": "Webinar",
         "Category": "webinar", "StartDateTime": "2026-02-01T18:00:00"},
    ],
    "$/imis_ai/Registrations": [
        ROW | {"RegistrationId": "CONF26-101", "EventId": "CONF26", "ID": "00101", "RegisteredOn": "2026-01-15T11:00:00", "Attended": False,
               "CancelledOn": None, "Amount": 450.0, "ChangedOn": "2026-01-15T11:00:00"},
    ],
    "$/imis_ai/Invoices": [
        ROW | {"InvoiceId": 70001, "ID": "00101", "PayerId": "201", "Purpose": "Dues", "InvoiceDate": "2025-07-01T00:00:00",
               "DueDate": "2025-09-01T00:00:00", "Amount": 285.5, "Balance": 0.0, "PaidOn": "2025-08-20T00:00:00", "Tier": "PRO",
               "TermStart": "2025-09-01T00:00:00", "TermEnd": "2026-08-31T00:00:00", "ChangedOn": "2025-08-20T10:00:00"},
    ],
    "$/imis_ai/InvoiceLines": [
        ROW | {"InvoiceId": 70001, "ID": "00101", "LineNumber": 1, "ItemId": "PRO", "Quantity": 1.0, "Amount": 285.5,
               "ChangedOn": "2025-08-20T10:00:00"},
    ],
    "/api/Payment": [
        {"$type": f"{COMMERCE}.PaymentData, Asi.Contracts", "PaymentId": "P1",
         "PayorParty": {"$type": "…", "PartyId": "00101", "Name": "Ms. Ann Example"}, "PaymentDate": "2025-08-20T00:00:00",
         "Amount": money(285.5), "Status": 2, "PaymentMethodId": "VISA", "PaymentReference": "ref 1",
         "PaymentApplications": values({"$type": "…", "InvoiceId": "70001", "ApplicationAmount": money(285.5)})},
        {"$type": f"{COMMERCE}.PaymentData, Asi.Contracts", "PaymentId": "P0", "PaymentDate": "2025-08-21T00:00:00",
         "Amount": money(0), "PaymentApplications": {"$type": "…"}},
    ],
    "/api/DataVaultAttempt": [
        {"$type": f"{COMMERCE}.DataVaultAttemptData, Asi.Contracts", "DataVaultAttemptId": "A1", "PartyId": "00101",
         "AttemptDate": "2026-01-10T03:00:00", "Amount": money(285.5), "Status": 2, "ResponseCode": "insufficient_funds"},
        {"$type": f"{COMMERCE}.DataVaultAttemptData, Asi.Contracts", "DataVaultAttemptId": "A2", "PartyId": "00101",
         "AttemptDate": "2026-01-12T03:00:00", "Amount": money(285.5), "Status": 1, "ResponseCode": "ok"},
        {"$type": f"{COMMERCE}.DataVaultAttemptData, Asi.Contracts", "DataVaultAttemptId": "A3", "PartyId": "00101",
         "AttemptDate": "2026-01-14T03:00:00"},
    ],
    "/api/GroupMember": [
        {"$type": f"{MEMBERSHIP}.GroupMemberData, Asi.Contracts", "GroupMemberId": "G1",
         "Group": {"$type": "…", "GroupId": "COMMITTEE/STD", "Name": "Standards"}, "Party": {"$type": "…", "PartyId": "00101"},
         "JoinDate": "2022-01-01T00:00:00",
         "MembershipDetails": values(
             {"$type": "…", "GroupMemberDetailId": "D1", "EffectiveDate": "2022-01-01T00:00:00", "ExpirationDate": "2023-12-31T00:00:00",
              "Role": {"$type": "…", "RoleId": "MEMBER", "Name": "Member"}},
             {"$type": "…", "GroupMemberDetailId": "D2", "EffectiveDate": "2024-01-01T00:00:00", "IsActive": True,
              "Role": {"$type": "…", "RoleId": "CHAIR", "Name": "Chair"}},
             {"$type": "…", "GroupMemberDetailId": "D3", "EffectiveDate": "2024-01-01T00:00:00", "IsMarkedForDelete": True})},
    ],
    "$/imis_ai/Texts": [
        ROW | {"TextId": 1, "ID": "00101", "Source": "Survey", "At": "2026-01-20T10:00:00", "Question": "How was it?", "Subject": "Renewal",
               "Body": "Fine.\r\nBut dear\x00.", "Reference": "S-1", "ChangedOn": "2026-01-20T10:00:00"},
    ],
    "$/imis_ai/Relationships": [
        ROW | {"RelationshipId": 3, "ID": "00101", "OtherId": "900", "Kind": "staff_owner", "StartOn": "2024-01-01T00:00:00", "EndOn": None},
    ],
    "/api/PartyDeleteLog": [
        {"$type": f"{MEMBERSHIP}.PartyDeleteLogData, Asi.Contracts", "PartyId": "301", "Status": 3, "UpdateInformation": {"UpdatedOn": "2026-01-01T00:00:00"}},
        {"$type": f"{MEMBERSHIP}.PartyDeleteLogData, Asi.Contracts", "PartyId": "302"},
        {"$type": f"{MEMBERSHIP}.PartyDeleteLogData, Asi.Contracts", "PartyId": "303", "Status": 2},
    ],
    "/api/ChangeLog": [
        {"$type": "…ChangeLogData", "ActionType": 2, "ChangeDate": "2026-02-01T10:00:00",
         "Identity": {"EntityTypeName": "Party", "IdentityElements": values("401")},
         "Changes": values({"$type": "…", "PropertyName": "Name.STATUS", "OriginalValue": "A", "NewValue": "00101 - Merged"})},
        {"$type": "…ChangeLogData", "ActionType": 2, "ChangeDate": "2026-02-01T11:00:00",
         "Identity": {"EntityTypeName": "Party", "IdentityElements": values("101")},
         "Changes": values({"$type": "…", "PropertyName": "Name.MEMBER_TYPE", "OriginalValue": "ASC", "NewValue": "PRO"})},
    ],
    "$/imis_ai/MemberIds": [ROW | {"ID": "00101"}, ROW | {"ID": "201"}],
}  # fmt: skip
