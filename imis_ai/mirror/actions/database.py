"""Reading iMIS' own database instead of its interface: its tables become an archive, which is then loaded."""

import json
import tempfile
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from imis_ai.imis.errors import NotConfigured
from imis_ai.jobs.progress import Progress
from imis_ai.mirror import permission
from imis_ai.mirror.actions.archive import Imported, import_archive
from imis_ai.mirror.database import reading
from imis_ai.mirror.database.tables import NotMapped, selects


def import_database(*, url: str, names: str, zone: ZoneInfo, now: datetime, progress: Progress) -> Imported:
    """Everything that is found under the guides' names or one's own (`names`: a JSON file). Twice is once.

    Raises NotSigned, NotConfigured, Unreachable, MayWrite, and what loading an archive raises. What is
    written in between lies in a folder of its own, which is gone afterwards.
    """
    permission.refuse_unsigned()
    own = _own(names)
    with tempfile.TemporaryDirectory(prefix="imis-database-") as folder, reading.opened(url) as session:
        try:
            wanted = selects(session.tables(), own, quote=session.quote)
        except NotMapped as problem:
            raise NotConfigured(str(problem)) from None
        reading.refuse_writers(session, wanted)
        progress.stage("Reading tables", len(wanted))
        written = reading.write_files(session, wanted, Path(folder))
        progress.advance(len(wanted))
        result = import_archive(folder=Path(folder), zone=zone, now=now, progress=progress)
    result.notes += [f"{select.file} from {select.table.called}." for select in wanted]
    result.notes += [
        f"{file}: {number:,} rows that refer to nobody, or that stood there twice, were left out."
        for file, number in written.left.items()
    ]
    return result


def _own(path: str) -> dict:
    if not path:
        return {}
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise NotConfigured("IMIS_DATABASE_FILE cannot be read as JSON. Correct the file.") from None
    if not isinstance(found, dict):
        raise NotConfigured('IMIS_DATABASE_FILE must hold {"members": {"table": …, "columns": {…}}}.')
    return found
