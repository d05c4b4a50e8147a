"""Every field of iMIS that is read, its name there, and why it is read: the scope register is this table.

A name is data: the mapping file may give another one, or null to stop reading the field (mapping.py).
"""

from typing import NamedTuple


class Field(NamedTuple):
    """`name` is ours, `wire` is iMIS', `purpose` says in staff words what it is read for."""

    name: str
    wire: str
    purpose: str


IDENTIFY = "ties the row to its record in iMIS"
WHOSE = "whose row it is"
CHANGED = "reads only what changed since the last time"


def _fields(*rows: tuple[str, str, str]) -> tuple[Field, ...]:
    return tuple(Field(*row) for row in rows)


FIELDS: dict[str, tuple[Field, ...]] = {
    "chapters": _fields(
        ("key", "Code", IDENTIFY),
        ("name", "Description", "name of the chapter on lists"),
        ("region", "Substitute", "groups chapters"),
    ),
    "tiers": _fields(
        ("key", "CustomerTypeId", IDENTIFY),
        ("name", "Description", "name of the tier on lists"),
        ("rank", "Rate1", "orders tiers from cheap to dear, which tells upgrades from downgrades"),
    ),
    "tier_prices": _fields(
        ("tier", "Tier", "which tier it prices"),
        ("effective_on", "EffectiveOn", "price rises before a renewal"),
        ("price", "Price", "price rises before a renewal"),
    ),
    "benefits": _fields(
        ("name", "Name", "what members can use"),
        ("description", "Description", "explains the benefit"),
        ("annual_cost", "AnnualCost", "cost of a tier"),
    ),
    "tier_benefits": _fields(
        ("tier", "Tier", "what each tier includes"),
        ("benefit_name", "Benefit", "what each tier includes"),
    ),
    "members": _fields(
        ("key", "PartyId", IDENTIFY),
        ("kind", "IsOrganization", "persons and organisations are counted apart"),
        ("first_name", "PersonName.FirstName", "names on lists; never in a model"),
        ("last_name", "PersonName.LastName", "names on lists; never in a model"),
        ("name", "Name", "names on lists; never in a model"),
        ("email", "Emails", "whether a member can be written to; never in a model"),
        ("phone", "Phones", "whether a member can be called; never in a model"),
        ("organisation_imis_id", "ParentPartyId", "members of one organisation"),
        ("title", "FunctionalTitle", "completeness of the profile"),
        ("industry", "IndustryCodes", "segments"),
        ("company_size", "CompanySize", "segments"),
        ("city", "CityName", "completeness of the profile"),
        ("state", "CountrySubEntityCode", "completeness of the profile"),
        ("postal_code", "PostalCode", "completeness of the profile"),
        ("country", "CountryCode", "completeness of the profile"),
        ("chapter", "Chapter", "chapter lists and who may see whom"),
        ("tier", "CustomerTypeCode", "tier of the membership"),
        ("member_type", "CustomerTypeCode", "members apart from other contacts"),
        ("status", "PartyStatusId", "active and suspended contacts"),
        ("joined_on", "JoinDate", "length of membership"),
        ("paid_through", "PaidThruDate", "when the membership is due"),
        ("auto_renew", "BillingCategory", "renews by itself or by hand"),
        ("birth_year", "BirthDate", "age bands of segments; only the year is kept"),
        ("gender", "Gender", "checks that no group is treated worse"),
        ("consents", "CommunicationTypePreferences", "who may be written to, by which channel"),
        ("updated_on", "UpdatedOn", CHANGED),
    ),
    "terms": _fields(
        ("key", "TermId", IDENTIFY),
        ("member", "ID", WHOSE),
        ("tier", "Tier", "tier history"),
        ("start_on", "BillBegin", "renewals and lapses"),
        ("end_on", "BillThrough", "renewals and lapses"),
        ("price", "Price", "price changes between terms"),
        ("method", "Method", "automatic payment or by hand"),
        ("resigned_on", "ResignedOn", "resignations in mid-term"),
        ("updated_on", "ChangedOn", CHANGED),
    ),
    "activities": _fields(
        ("key", "SEQN", IDENTIFY),
        ("member", "PartyId", WHOSE),
        ("kind", "ACTIVITY_TYPE", "what the member did"),
        ("at", "TRANSACTION_DATE", "when it happened"),
        ("effective", "EFFECTIVE_DATE", "when it happened, where no transaction date stands"),
        ("reference", "PRODUCT_CODE", "which product, course or case"),
        ("detail", "DESCRIPTION", "shown on the member's page"),
        ("quantity", "QUANTITY", "how much"),
        ("amount", "AMOUNT", "how much"),
    ),
    "web_visits": _fields(
        ("key", "VisitId", IDENTIFY),
        ("member", "ID", WHOSE),
        ("kind", "Kind", "logins, pages and downloads"),
        ("at", "At", "when it happened"),
        ("reference", "Reference", "which page or document"),
        ("quantity", "Minutes", "length of the visit"),
    ),
    "email_events": _fields(
        ("key", "EventId", IDENTIFY),
        ("member", "ID", WHOSE),
        ("kind", "Kind", "sent, opened, clicked, bounced, unsubscribed"),
        ("at", "At", "when it happened"),
        ("reference", "Subject", "which mailing"),
    ),
    "events": _fields(
        ("key", "EventId", IDENTIFY),
        ("name", "Name", "name of the event on the member's page"),
        ("kind", "Category", "conferences, webinars and chapter meetings apart"),
        ("starts_at", "StartDateTime", "when it took place"),
        ("chapter", "Chapter", "chapter of the event"),
        ("fee", "Fee", "value of taking part"),
        ("updated_on", "UpdatedOn", CHANGED),
    ),
    "registrations": _fields(
        ("key", "RegistrationId", IDENTIFY),
        ("event", "EventId", "which event"),
        ("member", "ID", WHOSE),
        ("registered_at", "RegisteredOn", "interest in events"),
        ("attended", "Attended", "came or stayed away"),
        ("cancelled_at", "CancelledOn", "came or stayed away"),
        ("amount", "Amount", "value of taking part"),
        ("updated_on", "ChangedOn", CHANGED),
    ),
    "invoices": _fields(
        ("key", "InvoiceId", IDENTIFY),
        ("member", "ID", WHOSE),
        ("payer_imis_id", "PayerId", "who pays"),
        ("kind", "Purpose", "dues apart from events and products"),
        ("issued_on", "InvoiceDate", "how long payment takes"),
        ("due_on", "DueDate", "late payment"),
        ("amount", "Amount", "open amounts"),
        ("balance", "Balance", "open amounts"),
        ("paid_on", "PaidOn", "late payment"),
        ("tier", "Tier", "which membership it bills"),
        ("term_start", "TermStart", "which membership it bills"),
        ("term_end", "TermEnd", "which membership it bills"),
        ("updated_on", "ChangedOn", CHANGED),
    ),
    "invoice_lines": _fields(
        ("invoice", "InvoiceId", "which invoice"),
        ("number", "LineNumber", "which line"),
        ("member", "ID", WHOSE),
        ("item", "ItemId", "what was billed"),
        ("quantity", "Quantity", "what was billed"),
        ("amount", "Amount", "what was billed"),
        ("updated_on", "ChangedOn", CHANGED),
    ),
    "payments": _fields(
        ("key", "PaymentId", IDENTIFY),
        ("member", "PayorParty.PartyId", "who paid"),
        ("payer_name", "PayorParty.Name", "who paid, where it is no member"),
        ("received_on", "PaymentDate", "days from invoice to payment"),
        ("amount", "Amount", "what was paid"),
        ("method", "PaymentMethodId", "how it was paid"),
        ("reference", "PaymentReference", "finds the payment again"),
        ("invoice_key", "PaymentApplications.InvoiceId", "which invoice it pays"),
        ("status", "Status", "reversed and refunded payments"),
        ("updated_on", "UpdatedOn", CHANGED),
    ),
    "payment_attempts": _fields(
        ("key", "DataVaultAttemptId", IDENTIFY),
        ("member", "PartyId", WHOSE),
        ("at", "AttemptDate", "failed automatic payments"),
        ("amount", "Amount", "failed automatic payments"),
        ("succeeded", "Status", "failed automatic payments"),
        ("decline_code", "ResponseCode", "why a card was declined"),
    ),
    "committees": _fields(
        ("key", "GroupMemberDetailId", IDENTIFY),
        ("member", "Party.PartyId", WHOSE),
        ("committee", "Group.Name", "which committee"),
        ("role", "Role.Name", "leaders and members apart"),
        ("start_on", "EffectiveDate", "since when"),
        ("end_on", "ExpirationDate", "members who left a committee"),
        ("updated_on", "UpdatedOn", CHANGED),
    ),
    "texts": _fields(
        ("key", "TextId", IDENTIFY),
        ("member", "ID", WHOSE),
        ("source", "Source", "survey, community, case, e-mail"),
        ("at", "At", "when it was written"),
        ("question", "Question", "what was asked"),
        ("subject", "Subject", "what it is about"),
        ("body", "Body", "what members say"),
        ("reference", "Reference", "which survey, thread or case"),
        ("updated_on", "ChangedOn", CHANGED),
    ),
    "relationships": _fields(
        ("key", "RelationshipId", IDENTIFY),
        ("member", "ID", WHOSE),
        ("other_imis_id", "OtherId", "employer or staff owner"),
        ("kind", "Kind", "employer or staff owner"),
        ("start_on", "StartOn", "since when"),
        ("end_on", "EndOn", "until when"),
    ),
    "deletions": _fields(
        ("key", "PartyId", "contacts that were erased or merged are taken out here too"),
        ("retained", "NewValue", "which contact a merged one lives on in"),
        ("erased", "Status", "erased people never come back"),
    ),
    "ids": _fields(("key", "ID", "finds contacts that were deleted in iMIS")),
}
