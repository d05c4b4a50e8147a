"""Terms that ended and what is known of the months before: who left, beside a sample of those who stayed."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.conf import settings

from imis_ai.features import labels
from imis_ai.mirror import queries as mirror
from imis_ai.mirror import trails
from imis_ai.mirror.trails import Ending
from retention.calc import reasons
from retention.calc.reasons import NO_DAY, Trail
from retention.queries import learning

MONTHS = 36  # endings that are learned from
STAYED = 3  # for each who left
FAILED_DAYS, LEFT_DAYS, LEFT_BEFORE = 240, 365, 20
DAY = np.timedelta64(1, "D")
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Endings:
    """Ends of terms, oldest first: the member, the day, what came of it, and the trail before it."""

    member: list[int]
    on: list[date]
    lapsed: np.ndarray
    trail: Trail

    def __len__(self) -> int:
        return len(self.member)


def endings(*, as_of: date) -> Endings:
    """Ends of the last years whose outcome was certain at `as_of`: all lapses, a sample of the others."""
    book = labels.known(learning.book(), on=np.datetime64(as_of, "D"))
    stop, lapsed = book.stop, _lapsed(book)
    today = np.datetime64(as_of, "D")
    certain = (stop + (settings.GRACE_DAYS + 1) * DAY <= today) & (stop > today - MONTHS * 30 * DAY)
    left = np.flatnonzero(certain & lapsed)
    stayed = np.flatnonzero(certain & ~lapsed)
    step = max(len(stayed) // max(STAYED * len(left), 1), 1)
    rows = np.sort(np.concatenate([left, stayed[::step]]))
    ids = {str(name): pk for name, pk in mirror.member_ids_by_pseudonym().items()}
    member = [ids.get(str(name)) for name in book.names[book.member[rows]].tolist()]
    alive = np.array([pk is not None for pk in member], bool)
    rows, member = rows[alive], [pk for pk in member if pk is not None]
    rows_of = [
        Ending(pk, day, _until(day, as_of)) for pk, day in zip(member, stop[rows].tolist(), strict=True)
    ]
    resigned = book.resigned[rows] <= book.end[rows]
    return Endings(member, stop[rows].tolist(), lapsed[rows], trail(rows_of, resigned, _prices(rows, book)))


def _lapsed(book: labels.Terms) -> np.ndarray:
    same = np.append(book.member[1:] == book.member[:-1], False)
    after = np.where(same, np.append(book.start[1:], labels.NEVER), labels.NEVER) if len(book) else book.start
    return after > book.stop + settings.GRACE_DAYS * DAY


def _until(day: date, as_of: date) -> date:
    return min(day + timedelta(days=settings.GRACE_DAYS), as_of - timedelta(days=1))


def _prices(rows: np.ndarray, book: labels.Terms) -> np.ndarray:
    """What each of these terms cost."""
    found = learning.prices()
    keys = zip(book.names[book.member[rows]].tolist(), book.start[rows].tolist(), strict=True)
    return np.array([found.get((str(name), day), np.nan) for name, day in keys])


def trail(rows: list[Ending], resigned: np.ndarray, price: np.ndarray) -> Trail:
    """What the mirror says of the months before these ends."""
    n = len(rows)
    seen = _columns(n, 7, trails.behaviour(rows), days=(1, 2, 4))
    came = _columns(n, 4, trails.events(rows), days=(1, 2))
    failed = _columns(n, 2, trails.failed_charges(rows, days=FAILED_DAYS), days=(1,))
    left = _columns(n, 1, trails.committees_left(rows, days=LEFT_DAYS, before=LEFT_BEFORE), days=(0,))
    next_price, by_employer = np.full(n, np.nan), np.zeros(n, bool)
    for place, amount, others, paid in trails.next_dues(rows):
        next_price[place], by_employer[place] = float(amount), others and not paid
    said = {key: np.full(n, NO_DAY) for key in reasons.WRITTEN}
    for place, key, day in trails.written(rows, reasons.WORDS):
        said[key][place] = _number(day)
    return Trail(
        end=np.array([_number(row.stop) for row in rows], np.int64), resigned=np.asarray(resigned, bool),
        visits=seen[0], first_visit=seen[1], last_visit=seen[2], opened=seen[3], last_open=seen[4],
        sent=seen[5], unread=seen[6], attended=came[0], first_event=came[1], last_event=came[2],
        no_shows=came[3], failed=failed[0], last_failed=failed[1], left_committee=left[0], price=price,
        next_price=next_price, by_employer=by_employer, written=said,
    )  # fmt: skip


def _columns(n: int, width: int, found: trails.Rows, *, days: tuple[int, ...]) -> list[np.ndarray]:
    """One array per column; counts that are missing are 0, days `NO_DAY`."""
    made = [np.full(n, NO_DAY if k in days else 0, np.int64) for k in range(width)]
    for place, *values in found:
        for k, value in enumerate(values):
            if value is not None:
                made[k][place] = _number(value) if k in days else value
    return made


def _number(day: Any) -> int:
    return (day - EPOCH).days


def day_of(number: int) -> date:
    return EPOCH + timedelta(days=number)
