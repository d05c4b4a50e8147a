"""Archives (folders of CSV files): serving one over the API instead of the synthetic association."""

from pathlib import Path
from typing import Any

from imis_ai.sandbox import wire
from imis_ai.sandbox.archive.cells import rows
from imis_ai.sandbox.archive.happenings import activities, events, texts
from imis_ai.sandbox.archive.money import catalogue, money
from imis_ai.sandbox.archive.people import parties, relations, terms
from imis_ai.sandbox.association import Association, service
from imis_ai.sandbox.store import Options


def read(folder: Path, options: Options) -> Association:
    """The archive as an association without planted truth. Raises FileNotFoundError without a members.csv."""
    if not (folder / "members.csv").exists():
        raise FileNotFoundError(f"{folder} holds no members.csv; an archive needs at least that file")
    found = Association(today=options.today, seed=0, tables={})
    for table in [
        parties(folder),
        terms(folder),
        *activities(folder),
        *events(folder),
        *money(folder),
        texts(folder),
        relations(folder),
        *catalogue(folder),
    ]:
        found.tables[table.name] = table
    found.documents = documents(folder, found)
    return found


def documents(folder: Path, found: Association) -> dict[str, dict[str, Any]]:
    """Chapters, tiers, activity types and committees of the archive."""
    chapters = {r["chapter"]: r for r in rows(folder, "chapters.csv")}
    for code in found.tables["Party"].columns["Chapter"].words:  # type: ignore[union-attr]
        chapters.setdefault(code, {"chapter": code})
    tiers = {r["tier"]: r for r in rows(folder, "tiers.csv")}
    for code in found.tables["Terms"].columns["Tier"].words:  # type: ignore[union-attr]
        tiers.setdefault(code, {"tier": code})
    kinds = found.tables["Activity"].columns["ACTIVITY_TYPE"].words  # type: ignore[union-attr]
    known = {code: text for code, text, _ in service.TYPES}
    return {
        "GenTable": {
            f"CHAPTER|{code}": {
                "$type": wire.kind("GenTableData", wire.CORE),
                "Table_Name": "CHAPTER",
                "Code": code,
                "Upper_Code": code.upper(),
                "Substitute": row.get("region", ""),
                "Description": row.get("name") or code,
            }
            for code, row in chapters.items()
            if code
        },
        "LegacyCustomerType": {
            code: wire.typed(
                wire.kind("LegacyCustomerTypeData"),
                CustomerTypeId=code,
                Description=row.get("description") or code,
                IsMemberRecord=True,
                Rate1=float(row.get("rank") or 0),
            )
            for code, row in tiers.items()
            if code
        },
        "LegacyActivityType": known | {code: code.capitalize() for code in kinds},
        "committees": {str(k): row for k, row in enumerate(rows(folder, "committees.csv"))},
    }
