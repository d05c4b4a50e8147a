"""Which entities the site has, by lower-case name."""

from imis_ai.sandbox import queries
from imis_ai.sandbox.entities import commerce, dues, groups, notes, panels, party, programme, records
from imis_ai.sandbox.entities.base import Entity
from imis_ai.sandbox.execute import SERVICES, Service
from imis_ai.sandbox.store import Store

CLASSES: list[type[Entity]] = [
    party.Party,
    party.Person,
    party.Organization,
    party.PartySummary,
    party.CsContact,
    party.CsContactBasic,
    commerce.Invoice,
    commerce.InvoiceSummary,
    commerce.Payment,
    commerce.PaymentSummary,
    commerce.DataVaultAttempt,
    commerce.LegacyCustomerType,
    programme.Event,
    programme.EventSummary,
    programme.EventRegistration,
    programme.Activity,
    programme.LegacyActivityType,
    groups.Group,
    groups.GroupSummary,
    groups.GroupMember,
    groups.GroupMemberDetail,
    dues.Subscription,
    dues.MembershipAdjustment,
    dues.LegacyPartyMembership,
    dues.ComboOrder,
    panels.BOEntityDefinition,
    notes.PartyNote,
    notes.ContactInteraction,
    notes.CommunicationLog,
    notes.CommunicationLogRecipient,
    notes.User,
    notes.UserSecurity,
    records.GenTable,
    records.ChangeLog,
    records.PartyDeleteLog,
    records.PartyDuplicate,
]


def build(store: Store) -> dict[str, Entity]:
    """Fill the store with what is not in the association's tables, and name the entities."""
    groups.add_committees(store)
    records.add_records(store)
    queries.add_tables(store)
    entities: dict[str, Entity] = {cls.name.lower(): cls(store) for cls in CLASSES}
    return entities | {name.lower(): Service(store, name) for name in SERVICES}


def panel(store: Store, name: str) -> panels.Panel | None:
    """The panel source of this name, in any case; None when nobody has defined it.

    Refuses one that is not flagged.
    """
    definitions = store.kept("BOEntityDefinition")
    key = next((k for k in definitions if k.lower() == name), None)
    return panels.Panel(store, definitions[key]) if key else None
