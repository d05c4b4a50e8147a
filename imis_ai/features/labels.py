"""The label book: who is active, who lapsed and when, from membership terms alone. Pure; knows no database.

Days are `datetime64[D]` arrays. What is known at a day is what is dated before it, so a label of a past day
never depends on a row that was not there yet, except for the outcome itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

GRACE_DAYS = 60
NEVER = np.datetime64("9999-01-01", "D")
DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Terms:
    """Membership terms of everybody, sorted by member, start and end; `resigned` is NEVER for who stayed.

    `member` indexes `names`. A term inside the time an earlier one covers adds nothing and is left out.
    """

    names: np.ndarray
    member: np.ndarray
    start: np.ndarray
    end: np.ndarray
    resigned: np.ndarray

    def __len__(self) -> int:
        return len(self.member)

    @property
    def stop(self) -> np.ndarray:
        """The last covered day of each term as it turned out: its end, or the day of the resignation."""
        return np.minimum(self.end, self.resigned)

    def take(self, rows: np.ndarray) -> "Terms":
        return Terms(self.names, self.member[rows], self.start[rows], self.end[rows], self.resigned[rows])


@dataclass(frozen=True)
class Standing:
    """The current term of each active member, arrays of one length; `row` points into the terms given."""

    member: np.ndarray
    row: np.ndarray
    start: np.ndarray
    end: np.ndarray
    in_grace: np.ndarray
    terms: np.ndarray  # bought so far
    run: np.ndarray  # bought without a lapse in between
    late: np.ndarray  # of the run's renewals, begun after the term before had ended
    joined: np.ndarray  # start of the first term
    since: np.ndarray  # start of the run


@dataclass(frozen=True)
class Outcome:
    """What became of a standing: `on` is the lapse date (NEVER when renewed), `final` when it is certain."""

    lapsed: np.ndarray
    resigned: np.ndarray
    on: np.ndarray
    final: np.ndarray


def terms(
    *, member: Sequence[str], start: np.ndarray, end: np.ndarray, resigned: np.ndarray | None = None
) -> Terms:
    """Sort and clean raw columns. NaT in `resigned` means never; outside its term it is ignored."""
    names, code = np.unique(np.asarray(member, dtype=str), return_inverse=True)
    start, end = np.asarray(start, "datetime64[D]"), np.asarray(end, "datetime64[D]")
    left = np.full(len(start), NEVER) if resigned is None else np.asarray(resigned, "datetime64[D]").copy()
    left[np.isnat(left) | (left > end) | (left < start)] = NEVER
    order = np.lexsort((left, end, start, code))
    found = Terms(names, code[order], start[order], end[order], left[order])
    return found.take(np.flatnonzero(~_inside_an_earlier_one(found)))


def known(book: Terms, *, on: np.datetime64) -> Terms:
    """The terms as they stood at the start of the day `on`: begun before it, resignations before it."""
    seen = book.take(np.flatnonzero(book.start < on))
    resigned = np.where(seen.resigned < on, seen.resigned, NEVER)
    return Terms(seen.names, seen.member, seen.start, seen.end, resigned)


def standing(book: Terms, *, on: np.datetime64, grace: int = GRACE_DAYS) -> Standing:
    """Everybody active at `on` by what was known then: covered that day, or ended less than `grace` days ago.

    Who resigned is not active from that day. Give the whole book; later rows are not looked at.
    """
    seen = known(book, on=on)
    last = _last_of_member(seen.member)
    number, run, late, since = _runs(seen, grace)
    end, left = seen.end[last], seen.resigned[last] != NEVER
    open_ = (end >= on) | (on - end < grace * DAY)
    rows = last[open_ & ~left]
    first = np.searchsorted(seen.member, seen.member[rows])
    whole = np.flatnonzero(book.start < on)
    return Standing(
        member=seen.member[rows], row=whole[rows], start=seen.start[rows], end=seen.end[rows],
        in_grace=seen.end[rows] < on, terms=number[rows], run=run[rows], late=late[rows],
        joined=seen.start[first], since=since[rows],
    )  # fmt: skip


def outcome(book: Terms, now: Standing, *, grace: int = GRACE_DAYS) -> Outcome:
    """How each standing ended: lapsed when no term started within `grace` days after the last covered day."""
    row = now.row
    stop = book.stop[row]
    follows = np.zeros(len(row), bool)
    inside = row + 1 < len(book)
    follows[inside] = book.member[row[inside] + 1] == book.member[row[inside]]
    after = np.where(follows, book.start[np.minimum(row + 1, len(book) - 1)], NEVER) if len(book) else stop
    lapsed = after > stop + grace * DAY
    return Outcome(
        lapsed=lapsed,
        resigned=lapsed & (book.resigned[row] != NEVER),
        on=np.where(lapsed, stop, NEVER),
        final=stop + (grace + 1) * DAY,
    )


def lapses(book: Terms, *, grace: int = GRACE_DAYS) -> tuple[np.ndarray, np.ndarray]:
    """(member, date) of every lapse in the book, sorted; the last may not be final yet (`final_by`)."""
    if not len(book):
        return book.member, book.start
    nearest = np.append(np.where(book.member[1:] == book.member[:-1], book.start[1:], NEVER), NEVER)
    gone = nearest > book.stop + grace * DAY
    return book.member[gone], book.stop[gone]


def lapses_within(
    book: Terms, now: Standing, *, on: np.datetime64, horizon: int, grace: int = GRACE_DAYS
) -> np.ndarray:
    """For each standing: does a lapse date lie in (on, on + horizon]? Final from `final_by(on + horizon)`."""
    member, day = lapses(book, grace=grace)
    hit = (day > on) & (day <= on + horizon * DAY)
    return np.isin(now.member, member[hit])


def renewal_delays(book: Terms, *, grace: int = GRACE_DAYS) -> np.ndarray:
    """Days from the end of a term to the start of the next, per renewal within `grace`; late when > 1."""
    if len(book) < 2:
        return np.zeros(0, int)
    same = (book.member[1:] == book.member[:-1]) & (book.resigned[:-1] == NEVER)
    gap = ((book.start[1:] - book.end[:-1]) / DAY).astype(int)
    return gap[same & (gap <= grace)]


def final_by(day: np.datetime64, *, grace: int = GRACE_DAYS) -> np.datetime64:
    """The first day on which it is certain whether a term that ended on `day` was renewed."""
    return day + (grace + 1) * DAY


def _last_of_member(member: np.ndarray) -> np.ndarray:
    return np.flatnonzero(np.append(member[1:] != member[:-1], True)) if len(member) else np.zeros(0, int)


def _inside_an_earlier_one(book: Terms) -> np.ndarray:
    """Terms sold for days that an earlier term, not resigned by then, already covered."""
    inside = np.zeros(len(book), bool)
    if not len(book):
        return inside
    lift = book.member * np.int64(10**7)  # keeps the running maximum within each member
    reach = np.maximum.accumulate(lift + book.end.astype(np.int64))
    for i in np.flatnonzero(reach[:-1] >= lift[1:] + book.end[1:].astype(np.int64)) + 1:
        j = i - 1
        while j >= 0 and book.member[j] == book.member[i] and not inside[i]:
            inside[i] = book.end[j] >= book.end[i] and book.resigned[j] >= book.start[i]
            j -= 1
    return inside


def _runs(book: Terms, grace: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Per term: its number, its number within the run, late renewals within the run, start of the run."""
    n = len(book)
    index = np.arange(n)
    if not n:
        return index, index, index, book.start
    new = np.append(True, book.member[1:] != book.member[:-1])
    stop = book.stop
    broken = new.copy()
    broken[1:] |= book.start[1:] > stop[:-1] + grace * DAY
    first = np.maximum.accumulate(np.where(new, index, 0))
    begin = np.maximum.accumulate(np.where(broken, index, 0))
    delayed = np.append(False, (book.start[1:] > stop[:-1] + DAY)) & ~broken
    late = np.cumsum(delayed)
    return index - first + 1, index - begin + 1, late - late[begin], book.start[begin]
