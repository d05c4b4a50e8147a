"""How long each thing is kept: one table of periods, shorter on request, and the purge that keeps to it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.models import Period
from imis_ai.governance.refusals import Blocked, WhyNot

MONTH = 30.4375
YEAR = 365


@dataclass(frozen=True)
class Kept:
    """`purge(before, now)` removes what is older and returns how many; None: somebody else keeps to it."""

    name: str
    what: str
    days: int
    then: str
    purge: Callable[[datetime, datetime], int] | None = None


@dataclass(frozen=True)
class Line:
    kept: Kept
    days: int
    by: str
    at: datetime | None

    @property
    def is_shorter(self) -> bool:
        return self.days < self.kept.days

    @property
    def is_kept_here(self) -> bool:
        return self.kept.purge is not None

    @property
    def words(self) -> str:
        return in_words(self.days)


PERIODS: dict[str, Kept] = {}


def register_period(
    name: str,
    *,
    what: str,
    days: int,
    then: str,
    purge: Callable[[datetime, datetime], int] | None = None,
) -> None:
    """A domain says what it keeps and how it is removed."""
    PERIODS[name] = Kept(name, what, days, then, purge)


def lines() -> list[Line]:
    """The table as it is in force."""
    shorter = {row.name: row for row in Period.objects.select_related("by")}
    return [
        Line(
            kept,
            shorter[kept.name].days if kept.name in shorter else kept.days,
            str(shorter[kept.name].by) if kept.name in shorter else "",
            shorter[kept.name].at if kept.name in shorter else None,
        )
        for kept in PERIODS.values()
    ]


@transaction.atomic
def shorten(*, name: str, days: int, by: User, now: datetime) -> None:
    """Keep something for less time than the default. Raises Blocked for a longer time."""
    kept = PERIODS[name]
    if not 1 <= days <= kept.days:
        raise Blocked(
            WhyNot(
                f"{kept.what} can be kept for 1 to {kept.days:,} days.",
                rule="periods are only made shorter",
                next_step="Enter a number of days in that range.",
            )
        )
    before = next(line.days for line in lines() if line.kept.name == name)
    Period.objects.update_or_create(name=name, defaults={"days": days, "by": by, "at": now})
    audit.record(
        action="period.changed",
        by=by,
        now=now,
        about=("period", name),
        detail={"before": f"{before} days", "after": f"{days} days"},
    )


def purge(*, now: datetime) -> dict[str, int]:
    """Remove what is older than its period, each kind in a transaction of its own; says how many."""
    found = {}
    for line in lines():
        if line.kept.purge is None:
            continue
        with transaction.atomic():
            gone = line.kept.purge(now - timedelta(days=line.days), now)
            if gone:
                found[line.kept.name] = gone
                audit.record(
                    action="period.purged",
                    by=None,
                    now=now,
                    about=("period", line.kept.name),
                    detail={"after": f"{gone:,} removed, older than {line.words}"},
                )
    return found


def in_words(days: int) -> str:
    for unit, size in (("year", YEAR), ("month", MONTH)):
        number = round(days / size)
        if days >= 2 * size and abs(number * size - days) < size / 20:
            return f"{number} {unit}s"
    return f"{days:,} days" if days != 1 else "1 day"
