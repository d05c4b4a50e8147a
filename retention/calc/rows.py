"""Training and scoring rows: features of members joined with where they stand in their term. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from imis_ai.features import labels

if TYPE_CHECKING:
    import pandas as pd

DAY = np.timedelta64(1, "D")
NEAR = 120  # days before the term ends from which the renewal model learns; further away it fades
MONTHLY = 36  # months back of which every one is taken
MOST = 0.5  # share of members near the end of their term that makes an older day worth taking
LEAD, LENGTH = "membership.days_to_term_end", "membership.term_days"
RUN, LATE = "membership.run_terms", "membership.late_renewals"
OWN = (LEAD, RUN, LATE, LENGTH)  # computed here from the label book, the same way for training and scoring
LONG_WARM_UP, STATE_WARM_UP = 365, 180  # days after a source began before its windows are believed

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Days = npt.NDArray[Any]


@dataclass(frozen=True)
class Rows:
    """One row per active member and day. `x` is (n, len(names)) float32 with NaN for not known."""

    names: list[str]
    x: npt.NDArray[np.float32]
    member: npt.NDArray[Any]  # pseudonyms
    day: Days
    start: Days
    end: Days  # last day of the current term
    in_grace: Flags
    lapsed: Flags = field(default_factory=lambda: np.zeros(0, bool))
    resigned: Flags = field(default_factory=lambda: np.zeros(0, bool))
    on: Days = field(default_factory=lambda: np.zeros(0, "datetime64[D]"))
    final: Days = field(default_factory=lambda: np.zeros(0, "datetime64[D]"))

    def __len__(self) -> int:
        return len(self.x)

    @property
    def lead(self) -> Ints:
        """Days until the term ends; negative in grace."""
        return ((self.end - self.day) / DAY).astype(np.int64)

    @property
    def length(self) -> Ints:
        """Days the current term covers."""
        return ((self.end - self.start) / DAY).astype(np.int64) + 1

    @property
    def decision(self) -> Ints:
        """Equal numbers for snapshots of the same member and term."""
        _, code = np.unique(self.member, return_inverse=True)
        _, ends = np.unique(self.end, return_inverse=True)
        _, decision = np.unique(code.astype(np.int64) * (ends.max(initial=0) + 1) + ends, return_inverse=True)
        return np.asarray(decision, np.int64)

    def take(self, rows: npt.NDArray[Any]) -> "Rows":
        parts = {n: getattr(self, n) for n in self.__dataclass_fields__ if n != "names"}
        return Rows(names=self.names, **{n: (v[rows] if len(v) else v) for n, v in parts.items()})


def snapshot_days(book: labels.Terms, *, as_of: np.datetime64, grace: int) -> list[np.datetime64]:
    """The days to learn from, oldest first: `as_of` and whole months before it, while anybody was a member.

    The last `MONTHLY` months are all taken. Before that, days on which most members are near the end of their
    term are taken (so that each season is seen from the same distances), else every third.
    """
    found: list[np.datetime64] = []
    earliest = book.start.min() if len(book) else as_of
    for back, day in enumerate(_months_back(as_of, earliest)):
        if back >= MONTHLY:
            now = labels.standing(book, on=day, grace=grace)
            lead = (now.end - day) / DAY
            near = ((lead >= 0) & (lead <= NEAR)).mean() if len(lead) else 0.0
            if near < MOST and (near == 0 or back % 3):
                continue
        found.append(day)
    return found[::-1]


def _months_back(as_of: np.datetime64, earliest: np.datetime64) -> Iterator[np.datetime64]:
    month = as_of.astype("datetime64[M]")
    offset = as_of - month.astype("datetime64[D]")
    day = as_of
    while day > earliest:
        yield day
        month = month - 1
        day = min(month.astype("datetime64[D]") + offset, (month + 1).astype("datetime64[D]") - DAY)


def build(
    *,
    frame: "pd.DataFrame",
    book: labels.Terms,
    day: np.datetime64,
    names: Sequence[str],
    grace: int,
    with_outcome: bool = True,
) -> Rows:
    """Rows of everybody active at `day`; a member without a row in `frame` gets NaN for all features."""
    now = labels.standing(book, on=day, grace=grace)
    members = book.names[now.member]
    x = frame.reindex(index=members, columns=[n for n in names if n not in OWN]).to_numpy(np.float32)
    lead = ((now.end - day) / DAY).astype(np.float32)
    own = {
        LEAD: np.clip(lead, 0, NEAR),
        RUN: now.run.astype(np.float32),
        LATE: now.late.astype(np.float32),
        LENGTH: ((now.end - now.start) / DAY).astype(np.float32),
    }
    x = np.column_stack([x, *own.values()]) if len(x) else np.zeros((0, len(names)), np.float32)
    extra: dict[str, Any] = {}
    if with_outcome:
        result = labels.outcome(book, now, grace=grace)
        extra = {"lapsed": result.lapsed, "resigned": result.resigned, "on": result.on, "final": result.final}
    return Rows(
        names=[*[n for n in names if n not in OWN], *OWN], x=x, member=members,
        day=np.full(len(members), day), start=now.start, end=now.end, in_grace=now.in_grace, **extra,
    )  # fmt: skip


def stack(
    *,
    frames: Mapping[Any, "pd.DataFrame"],
    book: labels.Terms,
    windows: Mapping[str, int | None],
    grace: int,
) -> Rows:
    """Rows of every day in `frames`, one below the other, with outcomes.

    `windows` names the features to use and how many days each looks back (None: all history).
    """
    names = list(windows)
    parts = [
        build(frame=frames[d], book=book, day=np.datetime64(d, "D"), names=names, grace=grace)
        for d in sorted(frames)
    ]
    return _without_warm_up(join(parts), windows)


def _without_warm_up(rows: Rows, windows: Mapping[str, int | None]) -> Rows:
    """A window that reaches back before its source began says too little: not known rather than zero.

    Where a feature is there from the first day, its source is older than the rows and nothing is changed.
    """
    if not len(rows):
        return rows
    x = rows.x.copy()
    for j, name in enumerate(rows.names):
        there = rows.day[~np.isnan(x[:, j])]
        if name in OWN or not len(there) or there.min() == rows.day.min():
            continue
        window = windows[name]
        warm = STATE_WARM_UP if window is None else min(window, LONG_WARM_UP)
        x[rows.day < there.min() + warm * DAY, j] = np.nan
    return replace(rows, x=x)


def join(parts: Sequence[Rows]) -> Rows:
    fields = [n for n in Rows.__dataclass_fields__ if n != "names"]
    return Rows(names=parts[0].names, **{n: np.concatenate([getattr(p, n) for p in parts]) for n in fields})


def weights(rows: Rows) -> Floats:
    """One decision weighs one, however many snapshots show it."""
    decision = rows.decision
    return 1.0 / np.bincount(decision)[decision] if len(rows) else np.zeros(0)
