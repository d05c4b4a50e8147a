"""Which views there are, column by column. Domains add theirs from their wiring."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

SCHEMA = "export"


class Column(NamedTuple):
    """`kind` is a type of DuckDB, `source` an expression over the rows; `is_personal` asks for names."""

    name: str
    kind: str
    source: str
    is_personal: bool = False


@dataclass(frozen=True)
class View:
    """`rows` is what stands after FROM; `r` in it is the reader's reach (everyone, names, chapters, role)."""

    name: str
    about: str
    columns: tuple[Column, ...]
    rows: str
    tables: tuple[str, ...]

    @property
    def sql(self) -> str:
        shown = ", ".join(f"{_expression(column)} AS {column.name}" for column in self.columns)
        return f"SELECT {shown} FROM {self.rows}"  # noqa: S608  no input in it


MAKERS: list[Callable[[], list[View]]] = []
ALIVE = "m.gone_at IS NULL AND (r.everyone OR m.chapter_id = ANY (r.chapters))"


def register(make: Callable[[], list[View]]) -> None:
    """`make()` is called when all is wired, since views look at kinds that domains register."""
    if make not in MAKERS:
        MAKERS.append(make)


@cache
def views() -> dict[str, View]:
    """All views by name, in the order in which they can be made."""
    return {view.name: view for make in MAKERS for view in make()}


def columns(*described: str) -> tuple[Column, ...]:
    """ "name KIND [source]", with a star before the name of a personal one."""
    found = []
    for text in described:
        name, kind, source = [*text.split(maxsplit=2), ""][:3]
        plain = name.lstrip("*")
        found.append(Column(plain, kind, source or f"m.{plain}", is_personal=name != plain))
    return tuple(found)


def _expression(column: Column) -> str:
    return f"CASE WHEN r.names THEN {column.source} END" if column.is_personal else column.source
