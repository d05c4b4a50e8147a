"""Which entities the site has, by lower-case name."""

from imis_ai.sandbox import queries
from imis_ai.sandbox.entities import commerce, groups, party, programme, records
from imis_ai.sandbox.entities.base import Entity
from imis_ai.sandbox.store import Store

CLASSES: list[type[Entity]] = [
    party.Party, party.Person, party.Organization, party.PartySummary, party.CsContact, party.CsContactBasic,
    commerce.Invoice, commerce.InvoiceSummary, commerce.Payment, commerce.PaymentSummary, commerce.DataVaultAttempt,
    commerce.LegacyCustomerType, programme.Event, programme.EventSummary, programme.EventRegistration, programme.Activity,
    programme.LegacyActivityType, groups.Group, groups.GroupSummary, groups.GroupMember,
    records.GenTable, records.ChangeLog, records.PartyDeleteLog, records.PartyDuplicate,
]  # fmt: skip


def build(store: Store) -> dict[str, Entity]:
    """Fill the store with what is not in the association's tables, and name the entities."""
    groups.add_committees(store)
    records.add_records(store)
    queries.add_tables(store)
    return {cls.name.lower(): cls(store) for cls in CLASSES}
