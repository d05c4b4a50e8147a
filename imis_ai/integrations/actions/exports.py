"""Exports for a warehouse: asked for, made by a job, taken within a day, removed. All of it is audited."""

import tempfile
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.db import transaction

from imis_ai.accounts import actions as people
from imis_ai.accounts.models import AccessEntry, User
from imis_ai.governance import audit
from imis_ai.governance.refusals import Blocked, NotAllowed, WhyNot
from imis_ai.integrations.models import ApiClient, Export
from imis_ai.integrations.warehouse.dump import FORMS, dump
from imis_ai.jobs import actions as jobs

JOB = "warehouse.export"
KEPT_FOR = timedelta(hours=24)
AT_A_TIME = 3  # of one person, unfinished
State = Export.State


@transaction.atomic
def ask(
    *,
    form: str,
    with_names: bool,
    by: User,
    now: datetime,
    reason: str = "",
    client: ApiClient | None = None,
) -> Export:
    """A row and a job. Raises NotAllowed, Blocked."""
    refuse_stranger(by=by)
    if form not in FORMS:
        raise Blocked(WhyNot("There is no such format.", rule="export", next_step="Choose csv or parquet."))
    if Export.objects.filter(asked_by=by, state=State.WAITING).count() >= AT_A_TIME:
        raise Blocked(
            WhyNot("Three of your exports are still being made.", rule="export", next_step="Wait for them.")
        )
    export = Export.objects.create(
        asked_by=by,
        client=client,
        form=form,
        reason=reason,
        with_names=with_names,
        chapters=client.chapters if client else [],
        asked_at=now,
    )
    _log("warehouse.export_asked", export, by, now, reason=reason)
    jobs.request(name=JOB, args={"export": export.pk}, by=by, now=now)
    return export


def make(*, export: Export, now: datetime, step: Callable[[str], None]) -> Export:
    """Write the files, as its asker sees the tables at this moment, and keep them for a day."""
    if export.state != State.WAITING:
        return export
    by = User.objects.get(pk=export.asked_by_id)
    try:
        refuse_stranger(by=by)
    except NotAllowed:
        Export.objects.filter(pk=export.pk, state=State.WAITING).update(state=State.FAILED)
        raise
    with tempfile.TemporaryDirectory(dir=settings.VAR_DIR) as name:
        folder = Path(name)
        rows = dump(
            person=by,
            folder=folder,
            form=export.form,
            now=now,
            chapters=export.chapters,
            with_names=export.with_names,
            step=step,
        )
        content = _zipped(folder)
    with transaction.atomic():
        won = Export.objects.filter(pk=export.pk, state=State.WAITING).update(
            state=State.READY,
            content=content,
            size=len(content),
            rows=rows,
            ready_at=now,
            expires_at=now + KEPT_FOR,
        )
        if won:
            _log("warehouse.export_made", export, by, now, after=rows)
    export.refresh_from_db()
    return export


@transaction.atomic
def take(*, export: Export, by: User, now: datetime) -> bytes:
    """The file, for its asker and within its day. Raises NotAllowed, Blocked."""
    refuse_stranger(by=by)
    if export.asked_by_id != by.pk:
        raise NotAllowed(WhyNot("This export is not yours.", rule="export"))
    if export.state != State.READY or export.content is None or export.expires_at <= now:
        raise Blocked(
            WhyNot(
                "This file is not ready, or older than a day.",
                rule="export",
                next_step="Ask anew.",
            )
        )
    _log("warehouse.export_taken", export, by, now)
    detail = {"where": "warehouse export", "export": export.pk, "rows": sum(export.rows.values())}
    people.record_access(by=by, what=AccessEntry.What.LIST_EXPORTED, now=now, detail=detail)
    return bytes(export.content)


@transaction.atomic
def write_folder(
    *, folder: Path, form: str, by: User, now: datetime, with_names: bool = True
) -> dict[str, int]:
    """The same files into a folder, for a schedule of one's own. Raises NotAllowed."""
    refuse_stranger(by=by)
    rows = dump(person=by, folder=folder, form=form, now=now, with_names=with_names)
    audit.record(
        action="warehouse.exported",
        by=by,
        now=now,
        about=("warehouse export", "command"),
        detail={"after": rows, "format": form, "names": with_names},
    )
    detail = {"where": "export_warehouse", "rows": sum(rows.values())}
    people.record_access(by=by, what=AccessEntry.What.LIST_EXPORTED, now=now, detail=detail)
    return rows


def remove_old(*, now: datetime) -> int:
    """Content goes a day after it was made; that it was made stays."""
    old = Export.objects.filter(state=State.READY, expires_at__lte=now)
    return old.update(state=State.REMOVED, content=None)


def remove_all() -> int:
    """An erasure takes every file along: who is in them is not looked for."""
    return Export.objects.filter(state=State.READY).update(state=State.REMOVED, content=None)


def give_up(*, export_id: int) -> None:
    """It could not be made."""
    Export.objects.filter(pk=export_id, state=State.WAITING).update(state=State.FAILED)


def refuse_stranger(*, by: User) -> None:
    """Raises NotAllowed unless this person may export."""
    if not by.may("exports.make"):
        raise NotAllowed(
            WhyNot(
                f"{by} may not export tables for a warehouse.",
                rule="exports.make",
                next_step="Membership managers, finance reviewers and chapter managers may.",
            )
        )


def _zipped(folder: Path) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.iterdir()):
            packed.write(path, path.name)
    return target.getvalue()


def _log(action: str, export: Export, by: User, now: datetime, **detail: object) -> None:
    named: dict[str, Sequence[str] | str] = {"format": export.form}
    if export.client:
        named["client"] = export.client.name
    audit.record(
        action=action, by=by, now=now, about=("warehouse export", str(export.pk)), detail={**named, **detail}
    )
