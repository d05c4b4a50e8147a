"""What mirror, accounts, governance and the audit log hold about a member, and how it goes."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast

from imis_ai.accounts import actions as people
from imis_ai.accounts.models import AccessEntry
from imis_ai.governance import audit
from imis_ai.governance.messages import ledger
from imis_ai.governance.models import (
    Assignment,
    AuditDetail,
    ContactEntry,
    Correction,
    Decision,
    Generation,
    OfferUse,
    OptOut,
    OutboxMessage,
    Ownership,
    Pause,
    Proposal,
    StaffItem,
)
from imis_ai.governance.outbox.states import IN_FLIGHT, State, move
from imis_ai.governance.owners.assign import forget as forget_owners
from imis_ai.governance.privacy.holders import Section, Subject, register_holder
from imis_ai.governance.privacy.scrub import ERASED, scrub, scrub_text
from imis_ai.mirror import actions as mirror
from imis_ai.mirror import personal
from imis_ai.ui.words import plural

WAITING = (State.QUEUED, State.PARKED, State.DEAD)
# table -> columns of JSON and of text in which a person may be quoted
QUOTING = {
    Proposal: (("payload", "evidence", "scope", "made_from"), ("title",)),
    Decision: (("before",), ("note",)),
    OutboxMessage: (("fields", "before", "receipt"), ("answer", "problem_text")),
    StaffItem: ((), ("text", "note")),
    ContactEntry: ((), ("reason",)),
    Correction: ((), ("text",)),
    Generation: (("facts",), ()),
}
MESSAGES = {
    "Messages and calls": ContactEntry,
    "Texts that were made": Generation,
    "Pauses": Pause,
    "Opt-outs": OptOut,
    "Offers": OfferUse,
    "Questions to staff": StaffItem,
    "Groups in comparisons": Assignment,
    "Who looked after you": Ownership,
}


def register() -> None:
    register_holder("mirror", export=_mirror_sections, erase=_erase_mirror, step=3)
    register_holder("messages", export=_message_sections, erase=_erase_messages, step=3)
    register_holder("proposals", export=_proposal_sections, erase=_erase_proposals, step=5)
    register_holder("access", export=_access_sections, erase=_erase_access, step=5)
    register_holder("audit", export=_audit_sections, erase=_erase_audit, step=7)
    register_holder("recipients", export=_recipients, step=3)


def _mirror_sections(subject: Subject) -> Iterator[Section]:
    for held in personal.held(imis_id=subject.imis_id):
        yield Section(held.title, "Copied from iMIS.", held.rows)


def _erase_mirror(subject: Subject, now: datetime) -> str:
    had = mirror.erase(imis_id=subject.imis_id, now=now)
    return "Member, activities, texts and everything read from iMIS." if had else "Nothing was in the mirror."


def _message_sections(subject: Subject) -> Iterator[Section]:
    for title, model in MESSAGES.items():
        rows = model.objects.filter(imis_id__in=subject.keys).order_by("pk")
        yield Section(title, "Written here.", [_row(row) for row in rows])


def _erase_messages(subject: Subject, now: datetime) -> str:
    for key in subject.keys:
        ledger.forget(imis_id=key)
        forget_owners(imis_id=key)
    return "Drafts, pauses and wishes are gone; contacts stay as counts."


def _proposal_sections(subject: Subject) -> Iterator[Section]:
    about = Proposal.objects.filter(imis_id__in=subject.keys).order_by("pk")
    decided = Decision.objects.filter(proposal__in=about).select_related("by").order_by("pk")
    yield Section("Suggestions about you", "Made by the system or by staff.", [_row(row) for row in about])
    yield Section(
        "Decisions on them",
        "Who decided what, and when.",
        [_row(row) | {"by": str(row.by or "the system")} for row in decided],
    )
    left = OutboxMessage.objects.filter(imis_id__in=subject.keys).order_by("pk")
    yield Section("What was written to iMIS or sent", "With the answer.", [_row(row) for row in left])


def _erase_proposals(subject: Subject, now: datetime) -> str:
    """Rows about the person lose all but state, amount and reference; elsewhere only the person goes."""
    whole = empty_proposals(proposals=Proposal.objects.filter(imis_id__in=subject.keys))
    whole += empty_messages(messages=OutboxMessage.objects.filter(imis_id__in=subject.keys))
    quoted = sum(_scrub_quotes(model, subject) for model in QUOTING)
    return f"{whole} suggestions and writes emptied, {quoted} others no longer name the person."


def empty_proposals(*, proposals: Iterable[Proposal]) -> int:
    """State, digest, amount and reference stay; who it was about and what was said go."""
    found = list(proposals)
    for row in found:
        row.title, row.evidence, row.scope, row.imis_id = ERASED, {}, {}, ""
        row.payload = {"erased": True} | _money(row.payload)
        row.save(update_fields=["title", "evidence", "scope", "imis_id", "payload"])
        row.decisions.update(note="", before=None)
        empty_messages(messages=row.messages.exclude(state__in=IN_FLIGHT))
    return len(found)


def empty_messages(*, messages: Iterable[OutboxMessage]) -> int:
    found = list(messages)
    for row in found:
        row.fields, row.imis_id = {"erased": True} | _money(row.fields), ""
        row.before = row.receipt = None
        row.answer = row.problem_text = ""
        row.imis_key = ""
        row.save()
    return len(found)


def _scrub_quotes(model: type[Model], subject: Subject) -> int:
    """Take the person out of rows about others: batches, notes, evidence."""
    in_json, in_text = QUOTING[model]
    found, changed = _quoting(model, (*in_json, *in_text), subject), 0
    for row in found:
        for name in in_json:
            setattr(row, name, scrub(getattr(row, name), keys=subject.keys, words=subject.words))
        for name in in_text:
            setattr(row, name, scrub_text(getattr(row, name), keys=subject.keys, words=subject.words))
        row.save(update_fields=[*in_json, *in_text])
        changed += 1
    return changed


def _quoting(model: type[Model], columns: tuple[str, ...], subject: Subject) -> QuerySet:
    texts = {f"{name}_as_text": Cast(name, TextField()) for name in columns}
    hit = Q()
    for name in texts:
        for word in (*subject.keys, *subject.words):
            hit |= Q(**{f"{name}__icontains": word})
    return model.objects.annotate(**texts).filter(hit)


def _money(value: object) -> dict:
    kept = ("amount", "currency", "reference")
    return {name: value[name] for name in kept if name in value} if isinstance(value, dict) else {}


def _access_sections(subject: Subject) -> Iterator[Section]:
    rows = AccessEntry.objects.filter(imis_id__in=subject.keys).order_by("at")
    yield Section(
        "Who opened your data",
        "Members of staff, by their account.",
        [{"at": row.at, "who": row.username, "what": row.get_what_display()} for row in rows],
    )


def _erase_access(subject: Subject, now: datetime) -> str:
    for key in subject.keys:
        people.forget_member(imis_id=key, mark=f"erased-{personal.mark(imis_id=key)[:12]}")
    return "The access log keeps who looked and when, under a mark instead of the number."


def _audit_sections(subject: Subject) -> Iterator[Section]:
    rows = AuditDetail.objects.filter(imis_id__in=subject.keys).select_related("entry").order_by("pk")
    yield Section(
        "What was decided and changed",
        "From the audit log.",
        [
            {
                "at": row.entry.at,
                "who": row.entry.actor,
                "what": row.entry.action,
                "versions": row.entry.versions,
                "detail": row.detail,
            }
            for row in rows
        ],
    )


def _erase_audit(subject: Subject, now: datetime) -> str:
    """Nonce and detail of every entry about the person or quoting them; the chain stays as it is."""
    about = Q(imis_id__in=subject.keys)
    for word in (*subject.words, *(f'"{key}"' for key in subject.keys)):
        about |= Q(detail__icontains=word)
    gone = audit.remove_details(
        seqs=list(AuditDetail.objects.filter(about).values_list("pk", flat=True)), why="erasure", now=now
    )
    return f"{plural(gone, 'detail')} removed; the chain stays whole."


def _recipients(subject: Subject) -> Iterator[Section]:
    rows = [
        {
            "recipient": "iMIS",
            "what": "scores, tags and tasks that staff approved",
            "where": settings.IMIS_URL,
        }
    ]
    if OutboxMessage.objects.filter(imis_id__in=subject.keys, way__in=("email", "sms")).exists():
        rows.append({"recipient": "Mail or SMS provider", "what": "the messages listed above", "where": ""})
    yield Section("Who received data", "Nobody else did.", rows)


def stop_what_is_under_way(*, subject: Subject, now: datetime) -> str:
    """Step 1: no processing, no message, nothing that waits to be decided."""
    for key in subject.keys:
        ledger.opt_out(imis_id=key, kind=OptOut.Kind.RESTRICTED, source="erasure", now=now)
    mine = OutboxMessage.objects.filter(imis_id__in=subject.keys)
    cancelled = sum(move(mine, old, State.CANCELLED, problem="erasure") for old in WAITING)
    mine.filter(state__in=IN_FLIGHT).update(revoke_requested_at=now)
    parked = Proposal.objects.filter(imis_id__in=subject.keys, state__in=("suggested", "later", "half"))
    closed = parked.update(state=Proposal.State.EXPIRED)
    stopped = f"{plural(cancelled, 'write')} cancelled, {plural(closed, 'suggestion')} closed"
    return f"Processing restricted, {stopped}."


def on_its_way(*, keys: Collection[str]) -> int:
    """Writes and messages of the member that may have left and have no clear answer yet."""
    return OutboxMessage.objects.filter(imis_id__in=keys, state__in=IN_FLIGHT).count()


def _row(row: Model) -> dict:
    fields = [field for field in row._meta.concrete_fields if not field.is_relation]  # noqa: SLF001
    return {field.verbose_name: getattr(row, field.attname) for field in fields if field.name != "id"}


def tables_that_still_hold(*, subject: Subject) -> list[list]:
    """Every table of the database searched for name, e-mail, phone: table and number of rows, if any."""
    if not subject.words:
        return []
    patterns, found = [f"%{_escaped(word)}%" for word in subject.words], []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            name = connection.ops.quote_name(table)
            cursor.execute(f"SELECT count(*) FROM {name} t WHERE t::text ILIKE ANY(%s)", [patterns])  # noqa: S608
            if rows := cursor.fetchone()[0]:
                found.append([table, rows])
    return found


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
