"""What a person may read of the audit log, found and put into words. Reads only."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from imis_ai.accounts.models import AccessEntry, User
from imis_ai.governance.models import AuditDetail, AuditEntry

ALL = "audit.all"
SHORTEST = 90  # characters of before and after in a list
ROLES = dict(User.Role.choices)
ASIDE = {"before", "after", "reason", "reference", "area"}


@dataclass(frozen=True)
class Filters:
    who: str = ""
    what: str = ""
    object: str = ""
    member: str = ""
    area: str = ""
    since: date | None = None
    until: date | None = None
    version: str = ""
    approval: str = ""

    def given(self) -> dict[str, str]:
        return {name: str(value) for name, value in asdict(self).items() if value}


@dataclass(frozen=True)
class Line:
    """One entry as shown. `detail`: None where it was erased, empty where this viewer may not read it."""

    entry: AuditEntry
    role: str
    action: str
    object: str
    member: str
    before: str
    after: str
    reason: str
    reference: str
    detail: dict[str, Any] | None
    is_hidden: bool

    @property
    def is_erased(self) -> bool:
        return self.detail is None


def visible(*, viewer: User) -> QuerySet[AuditEntry]:
    """Auditors and administrators read all of it, everybody else what they did themselves."""
    found = AuditEntry.objects.select_related("kept")
    if viewer.may(ALL):
        return found
    return found.filter(actor_id=viewer.pk) if viewer.is_active else found.none()


def entries(*, viewer: User, filters: Filters, newest_first: bool = True) -> QuerySet[AuditEntry]:
    found = visible(viewer=viewer)
    for name, value in asdict(filters).items():
        if value:
            found = found.filter(FINDS[name](value))
    return found.order_by("-seq" if newest_first else "seq")


def up_to_now(*, entries: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
    """Without what is added while they are read, such as the entry that says they were exported."""
    newest = AuditEntry.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    return entries.filter(seq__lte=newest)


def lines(*, rows: Iterable[AuditEntry], with_names: bool) -> Iterator[Line]:
    """In words. Without the right to names, details about a member stay closed."""
    for entry in rows:
        yield line(entry=entry, with_names=with_names)


def line(*, entry: AuditEntry, with_names: bool) -> Line:
    kept: AuditDetail | None = getattr(entry, "kept", None)
    member = kept.imis_id if kept else ""
    is_hidden = bool(member) and not with_names
    detail = json.loads(kept.detail) if kept else None
    shown = {} if is_hidden or detail is None else detail
    return Line(
        entry=entry,
        role=ROLES.get(entry.role, entry.role).lower(),
        action=in_words(entry.action),
        object=f"{entry.object_type} {entry.object_id}".strip(),
        member=member,
        before=short(shown.get("before")),
        after=short(shown.get("after")),
        reason=short(shown.get("reason")),
        reference=short(shown.get("reference")),
        detail={} if is_hidden else detail,
        is_hidden=is_hidden,
    )


def in_words(action: str) -> str:
    """proposal.approved -> Proposal: approved"""
    about, _, did = action.partition(".")
    words = f"{about}: {did}" if did else about
    return words.replace("_", " ").capitalize()


def short(value: Any) -> str:
    text = value if isinstance(value, str) else flat(value)
    return text if len(text) <= SHORTEST else f"{text[: SHORTEST - 1]}…"


def flat(value: Any) -> str:
    """Values as staff read them: tier: A, price: 12.50"""
    if value is None:
        return ""
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')}: {flat(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(map(flat, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def rest(detail: dict[str, Any]) -> list[tuple[str, str]]:
    """What stands in the detail beside the columns."""
    return [(name.replace("_", " ").capitalize(), flat(detail[name])) for name in detail if name not in ASIDE]


def opened(*, viewer: User, member: str = "", who: str = "") -> QuerySet[AccessEntry]:
    """Who opened, revealed or exported personal data, newest first."""
    found = AccessEntry.objects.order_by("-at", "-pk")
    if not viewer.may(ALL):
        found = found.filter(user=viewer)
    if member:
        found = found.filter(imis_id=member)
    return found.filter(username__icontains=who) if who else found


def _by_object(text: str) -> Q:
    kind, _, number = text.rpartition(" ")
    if kind and number:
        return Q(object_type__iexact=kind, object_id=number)
    return Q(object_type__istartswith=text) | Q(object_id=text)


def _by_area(area: str) -> Q:
    return Q(action__istartswith=f"{area}.") | Q(kept__detail__contains=f'"area":{json.dumps(area)}')


def _by_version(text: str) -> Q:
    about = AuditEntry.objects.annotate(said=Cast("versions", TextField())).filter(said__icontains=text)
    return Q(seq__in=about.values("seq"))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _end(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.max))


FINDS = {
    "who": lambda text: Q(actor__icontains=text),
    "what": lambda text: Q(action__icontains=text),
    "object": _by_object,
    "member": lambda number: Q(kept__imis_id=number),
    "area": _by_area,
    "since": lambda day: Q(at__gte=_midnight(day)),
    "until": lambda day: Q(at__lte=_end(day)),
    "version": _by_version,
    "approval": lambda number: Q(object_type="proposal", object_id=number),
}
