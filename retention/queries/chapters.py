"""Chapters and committees as one person may see them: engagement with its parts, and whom to call."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Avg, Count, F, FloatField, Q, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from imis_ai.accounts.models import User
from imis_ai.mirror import access
from imis_ai.ui import words
from retention.calc import chapters as calc
from retention.models import ChapterScore

FEWEST = 10  # members, below which the average of others is not shown
SORTS = ("name", "members", "score", "change", "silent", "call")


@dataclass(frozen=True)
class Row:
    """One chapter. `parts`: (label, points, of how many); `call`: members whom a liaison should call."""

    code: str
    name: str
    members: int
    score: float | None
    change: float | None
    parts: list[tuple[str, float | None, float]]
    silent: int
    call: int
    liaison: str

    @property
    def moved(self) -> int | None:
        """The change in whole points."""
        return None if self.change is None else round(self.change)

    def key(self, name: str) -> Any:
        value = getattr(self, name)
        return (value is None, value.casefold() if isinstance(value, str) else value or 0)


@dataclass(frozen=True)
class Committee:
    """One committee: who serves, who serves and does nothing, whose role ended lately."""

    name: str
    members: int
    silent: int
    left: int


@dataclass(frozen=True)
class Person:
    """One member to be called."""

    imis_id: str
    name: str
    score: float | None
    change: float | None
    reasons: list[str]
    roles: str

    @property
    def moved(self) -> int | None:
        """The change in whole points."""
        return None if self.change is None else round(self.change)


def as_of() -> date | None:
    return ChapterScore.objects.values_list("as_of", flat=True).first()


def rows(*, seen: QuerySet, sort: str = "change") -> list[Row]:
    """Chapters of the members that the viewer may see; weakest change first unless asked otherwise."""
    names = liaisons()
    found = [_row(each, names) for each in _grouped(_visible(seen))]
    name = sort.lstrip("-")
    return sorted(found, key=lambda row: row.key(name), reverse=sort.startswith("-"))


def average(*, seen: QuerySet) -> Row | None:
    """Over all chapters, whoever looks; none while it would be about a few others."""
    everybody = ChapterScore.objects.filter(member__gone_at=None)
    if everybody.exclude(member__in=seen).count() in range(1, FEWEST):
        return None
    made = everybody.aggregate(**_figures())
    return _row(made | {"name": "Average of all", "code": ""}, {}) if made["members"] else None


def committees(*, seen: QuerySet) -> list[Committee]:
    """Those with somebody silent or gone first."""
    serving: Counter[str] = Counter()
    silent: Counter[str] = Counter()
    left: Counter[str] = Counter()
    for held, is_silent in _visible(seen).exclude(roles=[]).values_list("roles", "is_silent"):
        for role in held:
            if role["ended_on"]:
                left[role["committee"]] += 1
            else:
                serving[role["committee"]] += 1
                silent[role["committee"]] += is_silent
    names = serving.keys() | left.keys()
    found = [Committee(name, serving[name], silent[name], left[name]) for name in names]
    return sorted(found, key=lambda each: (-each.silent - each.left, each.name))


def to_call(*, seen: QuerySet, chapter: str, with_names: bool) -> list[Person]:
    """Members of a chapter who take part less, the lowest scores first."""
    found = _visible(seen).filter(member__chapter=chapter).exclude(reasons=[]).select_related("member")
    return [_person(row, with_names) for row in found.order_by(F("score").asc(nulls_last=True), "pk")[:200]]


def liaisons() -> dict[str, str]:
    """Name of the chapter manager by the code of the chapter; the first by name where there are several."""
    people = {person.pk: person for person in User.objects.filter(role=User.Role.CHAPTER, is_active=True)}
    found: dict[str, list[str]] = {}
    for pk, chapters in access.chapters_by_person().items():
        for chapter in chapters if pk in people else []:
            found.setdefault(chapter.code, []).append(str(people[pk]))
    return {code: sorted(names)[0] for code, names in found.items()}


HEADER = [
    *("chapter", "name", "members", "engagement", "change"),
    *(part.label.casefold().replace(" ", "_") for part in calc.PARTS),
    *("silent_volunteers", "to_call", "liaison"),
]


def line(row: Row) -> list[object]:
    """The row as HEADER names it."""
    points = [points for _, points, _ in row.parts]
    return [
        *(row.code, row.name, row.members, row.score, row.change),
        *points,
        row.silent,
        row.call,
        row.liaison,
    ]


def _visible(seen: QuerySet) -> QuerySet[ChapterScore]:
    return ChapterScore.objects.filter(member__in=seen)


def _grouped(found: QuerySet) -> list[dict[str, Any]]:
    by = found.order_by().values(name=F("member__chapter__name"), code=F("member__chapter"))
    return list(by.annotate(**_figures()))


def _figures() -> dict[str, Any]:
    both = Q(score__isnull=False, before__isnull=False)
    parts = {f"part_{n}": Avg(Cast(KT(f"parts__{n}"), FloatField())) for n in range(len(calc.PARTS))}
    return {
        "members": Count("pk"),
        "mean": Avg("score"),
        "now": Avg("score", filter=both),
        "then": Avg("before", filter=both),
        "silent": Count("pk", filter=Q(is_silent=True)),
        "call": Count("pk", filter=~Q(reasons=[])),
        **parts,
    }


def _row(made: dict[str, Any], names: dict[str, str]) -> Row:
    change = made["now"] - made["then"] if made["now"] is not None else None
    return Row(
        code=made["code"],
        name=made["name"],
        members=made["members"],
        score=made["mean"],
        change=change,
        parts=[(part.label, made[f"part_{n}"], part.weight) for n, part in enumerate(calc.PARTS)],
        silent=made["silent"],
        call=made["call"],
        liaison=names.get(made["code"], ""),
    )


def _person(row: ChapterScore, with_names: bool) -> Person:
    member = row.member
    return Person(
        imis_id=member.imis_id,
        name=str(member) if with_names else words.masked(str(member)),
        score=row.score,
        change=row.score - row.before if row.score is not None and row.before is not None else None,
        reasons=[calc.WORDS[name] for name in row.reasons],
        roles=", ".join(_said(role) for role in row.roles),
    )


def _said(role: dict[str, Any]) -> str:
    until = f" until {role['ended_on']}" if role["ended_on"] else ""
    return f"{role['role'] or 'Member'}, {role['committee']}{until}"
