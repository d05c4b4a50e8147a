"""What the mirror holds about one member, for their own request; and who may never be read again."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q

from imis_ai.mirror.models import Activity, ErasedKey, Member, MemberAlias, MemberChange, Reject
from imis_ai.mirror.upsert.lookups import erasure_digest
from imis_ai.mirror.upsert.tables import MEMBER_TABLES

OURS = {"id", "member", "row_hash", "version", "salt", "pseudonym", "seen_at"}
SHORTEST_PHONE = 7  # digits; less would be found everywhere


@dataclass(frozen=True)
class Identity:
    """`words`: what would betray the member in free text."""

    imis_id: str
    pseudonym: str
    aliases: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Held:
    """Rows of one table, by names of columns."""

    title: str
    rows: list[dict[str, Any]]


def identity(*, imis_id: str) -> Identity | None:
    """None for whom the mirror does not hold."""
    member = Member.objects.filter(imis_id=imis_id).first()
    if member is None:
        return None
    aliases = MemberAlias.objects.filter(retained_imis_id=imis_id).values_list("imis_id", flat=True)
    return Identity(imis_id, str(member.pseudonym), tuple(aliases), tuple(_words(member)))


def held(*, imis_id: str) -> list[Held]:
    """Everything about the member, table by table; empty tables too."""
    member = Member.objects.filter(imis_id=imis_id)
    found = [Held("Member", [_plain(row) for row in member])]
    for model in (*(table.model for table in MEMBER_TABLES), MemberChange):
        rows = model.objects.filter(member__imis_id=imis_id).order_by("pk")
        found.append(Held(_title(model), [_plain(row) for row in rows.iterator(2000)]))
    about = Q(key=imis_id) | Q(waits_for=f"member:{imis_id}") | Q(payload__record__member=imis_id)
    rejected = Reject.objects.filter(about).values("feed", "key", "reason", "payload")
    return [*found, Held("Records that could not be stored", list(rejected))]


def mark(*, imis_id: str) -> str:
    """A keyed hash: enough to recognise the number when somebody gives it, not enough to find it."""
    return erasure_digest(imis_id).hex()


def is_erased(*, imis_id: str) -> bool:
    return ErasedKey.objects.filter(digest=erasure_digest(imis_id)).exists()


def whose_mark(marks: set[str]) -> Iterator[str]:
    """Numbers of members in the mirror whose mark is among these: after a backup was put back."""
    for imis_id in Member.objects.values_list("imis_id", flat=True).iterator(5000):
        if mark(imis_id=imis_id) in marks:
            yield imis_id


def _words(member: Member) -> Iterator[str]:
    full = f"{member.first_name} {member.last_name}".strip()
    for word in {member.name, full, member.email}:
        if len(word) > 3 and (" " in word or "@" in word):  # a single name is a word like others
            yield word
    if sum(character.isdigit() for character in member.phone) >= SHORTEST_PHONE:
        yield member.phone


def _title(model: type[Model]) -> str:
    if model is Activity:
        return "Activities"
    return str(model._meta.verbose_name_plural).capitalize()  # noqa: SLF001  Django's documented model API


def _plain(row: Model) -> dict[str, Any]:
    fields = [field for field in row._meta.concrete_fields if field.name not in OURS]  # noqa: SLF001
    return {field.verbose_name: getattr(row, field.attname) for field in fields}
