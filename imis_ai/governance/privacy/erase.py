"""The erasure of one member: ten steps, each done once and audited; and the certificate that remains."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.models import Erasure, LegalHold, Proposal
from imis_ai.governance.privacy import own
from imis_ai.governance.privacy.holders import STEPS, Subject, of_step
from imis_ai.governance.privacy.scrub import scrub_text
from imis_ai.governance.refusals import Blocked, WhyNot
from imis_ai.jobs.progress import Progress
from imis_ai.mirror import columns, personal

PHYSICAL = timedelta(days=35)  # vacuum, write-ahead log and the longest-kept backup
COMMAND_LINE = "the command line"
State = Erasure.State


def find(*, imis_id: str) -> Subject | None:
    """The member as holders need it; None for whom we do not hold."""
    found = personal.identity(imis_id=imis_id)
    return found and Subject(found.imis_id, found.pseudonym, found.aliases, found.words)


def why_not(*, imis_id: str) -> WhyNot | None:
    """What stands against erasing this member now."""
    hold = LegalHold.objects.filter(imis_id=imis_id, lifted_at=None).select_related("by").first()
    if hold:
        return WhyNot(
            f"Member {imis_id} is under a legal hold: {hold.reason}",
            rule="legal hold",
            owner=str(hold.by),
            next_step=f"Ask {hold.by} to lift it first.",
        )
    if find(imis_id=imis_id) is None and not Erasure.objects.filter(imis_id=imis_id).exists():
        erased = personal.is_erased(imis_id=imis_id)
        return WhyNot(
            f"Member {imis_id} was erased before." if erased else f"There is no member {imis_id}.",
            rule="known member",
            next_step="Its certificate is on the page of the audit log." if erased else "Check the number.",
        )
    return None


@transaction.atomic
def begin(
    *,
    imis_id: str,
    reason: str,
    now: datetime,
    asked_by: User | None = None,
    agreed_by: User | None = None,
    proposal: Proposal | None = None,
) -> Erasure:
    """Open the erasure, or return the one that was cut off. Raises Blocked."""
    known = Erasure.objects.select_for_update().filter(imis_id=imis_id, state=State.RUNNING).first()
    if why := why_not(imis_id=imis_id):
        raise Blocked(why)
    if known:
        return known
    subject = find(imis_id=imis_id)
    made = Erasure.objects.create(
        imis_id=imis_id,
        subject={
            "pseudonym": subject.pseudonym,
            "aliases": list(subject.aliases),
            "words": list(subject.words),
        },
        reason=reason[:300],
        proposal_id=proposal.pk if proposal else None,
        asked_by=str(asked_by or COMMAND_LINE)[:150],
        agreed_by=str(agreed_by or "")[:150],
        began_at=now,
    )
    audit.record(action="erasure.began", by=agreed_by or asked_by, now=now, about=_about(made))
    return made


def run(*, erasure: Erasure, now: datetime, progress: Progress) -> Erasure:
    """Do the steps that are not done yet. May be cut off anywhere and started again. Raises Blocked."""
    if erasure.state == State.DONE:
        return erasure
    progress.stage("Steps", len(STEPS))
    for number in STEPS:
        progress.checkpoint()
        if why := _in_the_way(erasure, number):
            raise Blocked(why)
        _step(erasure, number, now)
        progress.advance()
    columns.refresh(settings.VAR_DIR)  # outside a transaction: files follow what is committed
    _finish(erasure, now)
    progress.note(f"Certificate {erasure.pk} is ready.")
    return erasure


@transaction.atomic
def confirm_in_imis(*, erasure: Erasure, by: User, now: datetime) -> None:
    """A person says that the system of record has erased the member too."""
    rows = Erasure.objects.filter(pk=erasure.pk, imis_confirmed_at=None)
    if rows.update(imis_confirmed_at=now, imis_confirmed_by=by):
        audit.record(action="erasure.confirmed in iMIS", by=by, now=now, about=_about(erasure))


def marks() -> set[str]:
    """Marks of all erased members in the list that is kept outside the database."""
    path = settings.ERASURES_FILE
    lines = path.read_text().splitlines() if path.exists() else []
    return {json.loads(line)["mark"] for line in lines if line}


@transaction.atomic
def _step(erasure: Erasure, number: int, now: datetime) -> None:
    """One step, its receipt and its audit entry, all or nothing."""
    erasure.refresh_from_db()
    Erasure.objects.select_for_update().get(pk=erasure.pk)
    if number in {step["number"] for step in erasure.steps}:
        return
    subject = Subject(
        erasure.imis_id,
        erasure.subject["pseudonym"],
        tuple(erasure.subject["aliases"]),
        tuple(erasure.subject["words"]),
    )
    said = [OWN[number](subject, now)] if number in OWN else []
    said += [holder.erase(subject, now) for holder in of_step(number)]
    words = " ".join(filter(None, said)) or "Nothing is held there."
    erasure.steps = [*erasure.steps, {"number": number, "at": now.isoformat(), "said": words}]
    erasure.save(update_fields=["steps"])
    audit.record(
        action="erasure.step",
        by=None,
        now=now,
        about=_about(erasure),
        detail={"step": number, "name": STEPS[number], "after": words},
    )


@transaction.atomic
def _finish(erasure: Erasure, now: datetime) -> None:
    """Look for what remains, forget the person ourselves, state by when the bytes are gone."""
    keys = (erasure.imis_id, *erasure.subject["aliases"])
    subject = Subject(erasure.imis_id, words=tuple(erasure.subject["words"]))
    LegalHold.objects.filter(imis_id__in=keys).delete()
    erasure.reason = scrub_text(erasure.reason, keys=keys, words=subject.words)
    erasure.state, erasure.imis_id, erasure.subject = State.DONE, "", {}
    erasure.done_at, erasure.physical_until = now, now + PHYSICAL
    erasure.save()
    erasure.remains = own.tables_that_still_hold(subject=subject)
    erasure.save(update_fields=["remains"])
    audit.record(
        action="erasure.done", by=None, now=now, about=_about(erasure), detail={"remains": erasure.remains}
    )


def _ask_imis(subject: Subject, now: datetime) -> str:
    return "A person erases the member in iMIS and confirms it here; iMIS is the system of record."


def _money(subject: Subject, now: datetime) -> str:
    return "Amounts, dates and references of payments stay without a name."


def _never_again(subject: Subject, now: datetime) -> str:
    missing = [key for key in subject.keys if not personal.is_erased(imis_id=key)]
    if missing:
        raise RuntimeError("the mirror did not note the erasure")
    return "The next reading skips this member."


def _list_for_backups(subject: Subject, now: datetime) -> str:
    """A mark per number, outside the database; `erase_member --replay` applies it to a restored backup."""
    path, known = settings.ERASURES_FILE, marks()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("a") as handle:
        for key in subject.keys:
            if (mark := personal.mark(imis_id=key)) not in known:
                handle.write(json.dumps({"mark": mark, "at": now.isoformat()}) + "\n")
    return "Noted for backups that are put back."


OWN: dict[int, Callable[[Subject, datetime], str]] = {
    1: lambda subject, now: own.stop_what_is_under_way(subject=subject, now=now),
    2: _ask_imis,
    8: _money,
    9: _never_again,
    10: _list_for_backups,
}


def _in_the_way(erasure: Erasure, number: int) -> WhyNot | None:
    """A legal hold placed in the meantime; once all is stopped, a write whose outcome is not known yet."""
    if LegalHold.objects.filter(imis_id=erasure.imis_id, lifted_at=None).exists():
        return why_not(imis_id=erasure.imis_id)
    if number > 1 and own.on_its_way(keys=(erasure.imis_id, *erasure.subject["aliases"])):
        return WhyNot(
            "A write for this member is on its way and has no clear answer yet.",
            rule="unclear outcome",
            next_step="Run the erasure again when the write-back queue shows how it ended.",
        )
    return None


def _about(erasure: Erasure) -> tuple[str, str]:
    return ("erasure", str(erasure.pk))
