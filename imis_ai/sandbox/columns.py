"""Column tables: what the association's bulk data is kept in, filtered and served from.

Rows stand in order of their key.
"""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from imis_ai.sandbox import filters
from imis_ai.sandbox.filters import Filter

COMPARE = {"gt": np.greater, "ge": np.greater_equal, "lt": np.less, "le": np.less_equal}


class Numbers:
    """Integers or floats; a float NaN or the least integer is null."""

    null: Any = np.iinfo(np.int64).min

    def __init__(self, values: Any) -> None:
        self.values = np.asarray(values)

    def empty(self) -> np.ndarray:
        return np.isnan(self.values) if self.values.dtype.kind == "f" else self.values == self.null

    def wire(self, rows: np.ndarray) -> list[Any]:
        """Wire values of the rows, None for null."""
        taken, empty = self.values[rows].tolist(), self.empty()[rows]
        return (
            [None if e else v for v, e in zip(taken, empty.tolist(), strict=True)] if empty.any() else taken
        )

    def stored(self, value: Any) -> Any:
        """A wire value as it is stored."""
        return self.null if value is None else value

    def wanted(self, text: str) -> Any:
        return float(text)

    def mask(self, condition: Filter) -> np.ndarray:
        """Which rows pass; raises ValueError when the filter's text is not of this column's type."""
        operator, empty = condition.operator, self.empty()
        if operator == "isempty":
            return empty
        if operator == "notempty":
            return ~empty
        if operator in {"istrue", "isfalse"}:
            return (self.values == 1) if operator == "istrue" else (self.values != 1)
        want = [self.wanted(v) for v in condition.values]
        if operator in COMPARE:
            return COMPARE[operator](self.values, want[0]) & ~empty
        if operator == "between":
            return (self.values >= want[0]) & (self.values <= want[-1]) & ~empty
        if operator in {"eq", "in"}:
            return np.isin(self.values, want)
        if operator in {"ne", "notin"}:
            return ~np.isin(self.values, want)
        texts = self.wire(np.arange(len(self.values)))
        return np.array([filters.matches(condition, "" if t is None else str(t)) for t in texts], bool)

    def order(self) -> np.ndarray:
        return self.values

    def extend(self, values: Sequence[Any]) -> None:
        new = np.array([self.stored(v) for v in values], dtype=self.values.dtype)
        self.values = np.concatenate([self.values, new])

    def set(self, row: int, value: Any) -> None:
        self.values[row] = self.stored(value)


class Cents(Numbers):
    """Money in whole cents, two decimals on the wire."""

    def wire(self, rows: np.ndarray) -> list[Any]:
        return [None if v == self.null else v / 100 for v in self.values[rows].tolist()]

    def stored(self, value: Any) -> Any:
        return self.null if value is None else round(float(value) * 100)

    def wanted(self, text: str) -> Any:
        return round(float(text) * 100)


class Flags(Numbers):
    """True, false, or -1 for not known."""

    null = -1

    def wire(self, rows: np.ndarray) -> list[Any]:
        return [None if v < 0 else bool(v) for v in self.values[rows].tolist()]

    def wanted(self, text: str) -> Any:
        return int(text.strip().lower() in {"true", "1"})


class Times(Numbers):
    """Naive local date-times to the second; NaT is null."""

    def __init__(self, values: Any) -> None:
        self.values = np.asarray(values).astype("datetime64[s]")

    def empty(self) -> np.ndarray:
        return np.isnat(self.values)

    def wire(self, rows: np.ndarray) -> list[Any]:
        texts = np.datetime_as_string(self.values[rows], unit="s").tolist()
        return [None if t == "NaT" else t for t in texts]

    def stored(self, value: Any) -> Any:
        return np.datetime64("NaT", "s") if value is None else self.wanted(str(value))

    def wanted(self, text: str) -> Any:
        return np.datetime64(filters.moment(text), "s")


class Labels:
    """Texts as codes into a list of words; code -1 is null."""

    def __init__(self, codes: Any, words: Sequence[str]) -> None:
        self.values = np.asarray(codes).astype(np.int32)
        self.words = list(words)
        self.index: dict[str, int] = {}

    @classmethod
    def of(cls, texts: Sequence[str | None]) -> "Labels":
        words: dict[str, int] = {}
        codes = [-1 if t is None else words.setdefault(t, len(words)) for t in texts]
        return cls(codes, list(words))

    def wire(self, rows: np.ndarray) -> list[Any]:
        words = self.words
        return [words[c] if c >= 0 else None for c in self.values[rows].tolist()]

    def stored(self, value: Any) -> int:
        if value is None:
            return -1
        if len(self.index) != len(self.words):
            self.index = {word: code for code, word in enumerate(self.words)}
        if value not in self.index:
            self.index[value] = len(self.words)
            self.words.append(value)
        return self.index[value]

    def mask(self, condition: Filter) -> np.ndarray:
        passing = [filters.matches(condition, word) for word in self.words]
        passing.append(filters.matches(condition, None))  # code -1 reads the last one
        return np.array(passing, bool)[self.values]

    def order(self) -> np.ndarray:
        ranks = np.zeros(len(self.words) + 1, np.int64)
        ranks[sorted(range(len(self.words)), key=self.words.__getitem__)] = np.arange(len(self.words)) + 1
        return ranks[self.values]

    def extend(self, values: Sequence[Any]) -> None:
        new = np.array([self.stored(v) for v in values], np.int32)
        self.values = np.concatenate([self.values, new])

    def set(self, row: int, value: Any) -> None:
        self.values[row] = self.stored(value)


Column = Numbers | Labels


class Table:
    """Columns of equal length, a key column and a mask of the rows that still exist."""

    def __init__(self, name: str, key: str, columns: dict[str, Column]) -> None:
        self.name, self.key, self.columns = name, key, columns
        self.live = np.ones(len(columns[key].values), bool)
        self.version = 0
        self.lock = threading.RLock()
        self._names = {column.lower(): column for column in columns}
        self._found: dict[Any, np.ndarray] = {}
        self._at: dict[Any, int] = {}

    def __len__(self) -> int:
        return int(self.live.sum())

    def column(self, name: str) -> Column | None:
        """By name, any case."""
        return self.columns.get(self._names.get(name.lower(), ""))

    def find(
        self, conditions: Sequence[Filter] = (), order_by: str = "", descending: bool = False
    ) -> np.ndarray:
        """Positions of the rows that pass every condition on a column here.

        Unknown names pass (as iMIS mostly does).
        """
        with self.lock:
            wanted = (tuple(conditions), order_by.lower(), descending, self.version)
            if wanted not in self._found:
                if len(self._found) > 16:
                    self._found.clear()
                self._found[wanted] = self._search(conditions, order_by, descending)
            return self._found[wanted]

    def _search(self, conditions: Sequence[Filter], order_by: str, descending: bool) -> np.ndarray:
        mask = self.live.copy()
        for condition in conditions:
            if column := self.column(condition.name):
                mask &= column.mask(condition)
        rows = np.flatnonzero(mask)
        if column := self.column(order_by):
            by = column.order()[rows]
            rows = rows[np.argsort(by, kind="stable")]
            rows = rows[::-1] if descending else rows
        return rows

    def rows(self, positions: np.ndarray, names: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Wire dicts of the rows, null as None."""
        names = names or list(self.columns)
        values = [self.columns[name].wire(positions) for name in names]
        return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]

    def at(self, key: Any) -> int | None:
        """Position of the live row with this key, or None."""
        with self.lock:
            keys = self.columns[self.key]
            if len(self._at) != len(keys.values):
                everything = keys.wire(np.arange(len(keys.values)))
                self._at = {str(k).lower(): i for i, k in enumerate(everything)}
            row = self._at.get(str(key).lower())
            return row if row is not None and self.live[row] else None

    def row(self, position: int) -> dict[str, Any]:
        return self.rows(np.array([position]))[0]

    def set(self, position: int, **values: Any) -> None:
        """Change cells of one row, wire values in."""
        with self.lock:
            for name, value in values.items():
                self.columns[name].set(position, value)
            self.version += 1

    def remove(self, position: int) -> None:
        with self.lock:
            self.live[position] = False
            self.version += 1

    def extend(self, rows: Sequence[dict[str, Any]]) -> None:
        """Append rows; missing columns become null."""
        with self.lock:
            for name, column in self.columns.items():
                column.extend([row.get(name) for row in rows])
            self.live = np.concatenate([self.live, np.ones(len(rows), bool)])
            self.version += 1

    def next_number(self) -> int:
        """The number after the greatest numeric key."""
        return int(self.columns[self.key].values.max(initial=0)) + 1
