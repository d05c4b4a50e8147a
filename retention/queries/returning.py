"""Lapses and whether the member came back, as rows to learn from and rows to speak of."""

from datetime import date, timedelta

import numpy as np
from django.conf import settings

from imis_ai.features import labels
from retention.calc.returning import YEAR, Rows
from retention.models import LapseReason
from retention.queries import learning
from retention.queries.lapses import main

LOOKS = (0, 120, 300, 480)  # days after the outcome was certain, on which each lapse is looked back at
DAY = np.timedelta64(1, "D")
MONTHS = 24  # who left longer ago is not asked back


def past(*, as_of: date) -> Rows:
    """Every lapse on those days, as far as a year has passed since; only who had not returned by then."""
    book, today = learning.book(), np.datetime64(as_of, "D")
    said = _reasons()
    parts = []
    for k, after in _lapses(book):
        stop = book.stop[k]
        for look in LOOKS:
            day = stop + (settings.GRACE_DAYS + 1 + look) * DAY
            if day + YEAR * DAY > today or after <= day:
                continue
            parts.append(_row(book, k, day, after <= day + YEAR * DAY, said))
    return _rows(parts)


def open_lapses(*, as_of: date) -> tuple[list[int], Rows]:
    """Lapses of the last two years from which nobody has returned: their numbers, and what is known today."""
    found = LapseReason.objects.filter(
        lapsed_on__gt=as_of - timedelta(days=MONTHS * 30), returned_on=None, member__gone_at=None
    )
    found = found.annotate(said=main()).values_list("pk", "said", "lapsed_on", "member__pseudonym")
    book, today = learning.book(), np.datetime64(as_of, "D")
    place = {(str(book.names[book.member[k]]), book.stop[k].item()): k for k, _ in _lapses(book)}
    numbers, parts = [], []
    for pk, said, day, pseudonym in found:
        k = place.get((str(pseudonym), day))
        if k is not None:
            numbers.append(pk)
            parts.append(_row(book, k, today, False, {(str(pseudonym), day): said}))
    return numbers, _rows(parts)


def returns() -> dict[tuple[str, date], date]:
    """First day of the term that followed a lapse, by pseudonym and day of the lapse."""
    book = learning.book()
    return {
        (str(book.names[book.member[k]]), book.stop[k].item()): after.item()
        for k, after in _lapses(book)
        if after != labels.NEVER
    }


def _lapses(book: labels.Terms) -> list[tuple[int, np.datetime64]]:
    """(place of the term, start of the next one) of each lapse."""
    if not len(book):
        return []
    same = np.append(book.member[1:] == book.member[:-1], False)
    after = np.where(same, np.append(book.start[1:], labels.NEVER), labels.NEVER)
    gone = after > book.stop + settings.GRACE_DAYS * DAY
    return [(int(k), after[k]) for k in np.flatnonzero(gone)]


def _row(book: labels.Terms, k: int, day: np.datetime64, returned: bool, said: dict) -> tuple:
    first = int(np.searchsorted(book.member, book.member[k]))
    name, stop = str(book.names[book.member[k]]), book.stop[k]
    gaps = ((book.start[first + 1 : k + 1] - book.stop[first:k]) / DAY > settings.GRACE_DAYS).any()
    return (
        said.get((name, stop.item()), "unknown"),
        int((day - stop) / DAY),
        float((stop - book.start[first]) / DAY / 365.25),
        float(k - first + 1),
        float(book.resigned[k] <= book.end[k]),
        float(gaps),
        day,
        float(returned),
    )


def _rows(parts: list[tuple]) -> Rows:
    columns = list(zip(*parts, strict=True)) or [()] * 8
    reason, since, tenure, terms, resigned, back, day, returned = columns
    return Rows(
        list(reason), np.array(since, np.int64), np.array(tenure, float), np.array(terms, float),
        np.array(resigned, float), np.array(back, float), np.array(day, "datetime64[D]"),
        np.array(returned, float),
    )  # fmt: skip


def _reasons() -> dict[tuple[str, date], str]:
    found = LapseReason.objects.annotate(said=main())
    return {
        (str(pseudonym), day): said
        for pseudonym, day, said in found.values_list("member__pseudonym", "lapsed_on", "said")
    }
