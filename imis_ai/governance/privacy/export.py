"""Everything held about one member in one ZIP: JSON for machines, a page for people."""

import io
import json
import zipfile
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.template.loader import render_to_string

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.privacy.erase import find
from imis_ai.governance.privacy.holders import Section, sections

SHOWN = 2000  # rows of one table on the page; the JSON has all


@transaction.atomic
def subject_export(*, imis_id: str, by: User | None, now: datetime) -> bytes | None:
    """The ZIP, and an entry in the audit log that it was made. None for whom we do not hold."""
    subject = find(imis_id=imis_id)
    if subject is None:
        return None
    found = sections(subject)
    packed = _zip(imis_id, found, now)
    rows = sum(len(section.rows) for section in found)
    audit.record(
        action="member data.exported",
        by=by,
        now=now,
        imis_id=imis_id,
        detail={"after": f"{rows} rows in {len(found)} tables"},
    )
    return packed


def _zip(imis_id: str, found: Iterable[Section], now: datetime) -> bytes:
    everything = {
        "member": imis_id,
        "association": settings.ASSOCIATION,
        "made_at": now,
        "sections": [{"title": each.title, "about": each.about, "rows": list(each.rows)} for each in found],
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        text = json.dumps(everything, cls=DjangoJSONEncoder, indent=1, ensure_ascii=False)
        archive.writestr("everything.json", text)
        archive.writestr("everything.html", _page(everything, now))
    return buffer.getvalue()


def _page(everything: dict, now: datetime) -> str:
    tables = [
        section
        | {
            "heads": list(dict.fromkeys(name for row in section["rows"] for name in row)),
            "shown": section["rows"][:SHOWN],
            "more": max(0, len(section["rows"]) - SHOWN),
        }
        for section in everything["sections"]
    ]
    for table in tables:
        table["lines"] = [[_cell(row.get(head)) for head in table["heads"]] for row in table["shown"]]
    return render_to_string("governance/subject_export.html", {"tables": tables, "now": now, **everything})


def _cell(value: object) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, dict | list):
        return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
    return str(value)
