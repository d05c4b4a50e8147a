"""Code tables and logs: GenTable, ChangeLog, deletions, merges, duplicates."""

import datetime as dt
from typing import Any

from imis_ai.sandbox import wire
from imis_ai.sandbox.association import places
from imis_ai.sandbox.entities.base import DocumentEntity, Row
from imis_ai.sandbox.store import Store

CHANGE = wire.kind("PropertyChangeData", wire.CORE)
CHANGES = f"System.Collections.ObjectModel.Collection`1[[{CHANGE}]], mscorlib"


class GenTable(DocumentEntity):
    name, item_type = "GenTable", wire.kind("GenTableData", wire.CORE)
    fields = {"tablename": lambda d: d["Table_Name"]}


class ChangeLog(DocumentEntity):
    """What changed on contacts and logged properties. GET only: posting is not implemented."""

    name, item_type = "ChangeLog", wire.kind("ChangeLogData", wire.CORE)
    fields = {
        "identityentitytypename": lambda d: d["Identity"]["EntityTypeName"],
        "identityidentityelement": lambda d: d["Identity"]["IdentityElements"]["$values"],
    }

    def delete(self, elements: list[str], user: Any) -> None:
        raise self.not_implemented()


class PartyDeleteLog(DocumentEntity):
    name, item_type = "PartyDeleteLog", wire.kind("PartyDeleteLogData")


class PartyDuplicate(DocumentEntity):
    name, item_type = "PartyDuplicate", wire.kind("PartyDuplicateData")


def change(
    store: Store,
    entity: str,
    elements: list[str],
    at: str,
    changes: list[tuple[str, Any, Any]],
    *,
    action: int = 1,
    user: str = "MANAGER",
) -> Row:
    """Append one ChangeLog row. changes: (property, old, new); action 0 add, 1 update, 2 delete."""
    number = len(store.kept("ChangeLog")) + 1
    rows = [
        wire.typed(CHANGE, PropertyName=name, OriginalValue=old, NewValue=new) for name, old, new in changes
    ]
    row = wire.typed(
        ChangeLog.item_type,
        ChangeLogId=f"{number:08d}",
        ActionType=action,
        ChangeDate=at,
        ChangedByUserId=user,
        Changes=wire.values(rows, CHANGES),
        Identity=wire.identity(entity, *elements),
        Description=f"{entity} {'|'.join(elements)}",
    )
    store.kept("ChangeLog")[f"{number:08d}"] = row
    return row


def erased(store: Store, party: str, at: str) -> None:
    number = f"{len(store.kept('PartyDeleteLog')) + 1:06d}"
    store.kept("PartyDeleteLog")[number] = wire.typed(
        PartyDeleteLog.item_type,
        PartyDeleteLogId=number,
        PartyId=party,
        Status=3,
        RequestedOn=at,
        CompletedOn=at,
        UpdateInformation=wire.typed(
            wire.kind("UpdateInformationData", wire.CORE), UpdatedOn=at, UpdatedBy="MANAGER"
        ),
    )


def merged(store: Store, discarded: str, retained: str, at: str) -> None:
    """The two traces of a merge in the log, values ending in ' - Merged'."""
    change(store, "Party", [retained], at, [("Name.ID", f"{discarded} - Merged", f"{retained} - Merged")])


def add_records(store: Store) -> None:
    """Code tables and the history of merges, erasures and duplicates."""
    for place in [] if store.options.archive else places.CHAPTERS:
        row = {
            "$type": GenTable.item_type,
            "Table_Name": "CHAPTER",
            "Code": place.code,
            "Substitute": place.region,
            "Upper_Code": place.code,
            "Description": place.name,
        }
        store.kept("GenTable").setdefault(f"CHAPTER|{place.code}", row)
    gone = store.association.gone
    happened = [(day, "merge", pair) for *pair, day in gone.merged] + [
        (day, "erase", [party]) for party, day in gone.erased
    ]
    for day, what, parties in sorted(happened):
        at = f"{_date(day)}T15:20:00"
        if what == "merge":
            merged(store, parties[0], parties[1], at)
        else:
            erased(store, parties[0], at)
    for number, (twin, original) in enumerate(gone.duplicates, 1):
        for party in (twin, original):
            key = f"{number:05d}|{party}"
            store.kept("PartyDuplicate")[key] = wire.typed(
                PartyDuplicate.item_type,
                DuplicatePartyGroupCode=f"{number:05d}",
                PartyId=party,
                DuplicateRuleName="Name and city",
            )


def _date(day: int) -> str:
    return str(dt.date(1970, 1, 1) + dt.timedelta(days=day))
