"""Who holds data of a member. Each app registers what it exports and erases; this module knows none."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Subject:
    """The member concerned. `words` are what would betray them in free text: name, e-mail, phone."""

    imis_id: str
    pseudonym: str = ""
    aliases: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.imis_id, *self.aliases)


@dataclass(frozen=True)
class Section:
    """One heading of the export: rows with names that a member understands."""

    title: str
    about: str
    rows: Sequence[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Holder:
    """`erase(subject, now)` runs in the transaction of its step, may run twice, and says what it did."""

    name: str
    step: int
    export: Callable[[Subject], Iterable[Section]]
    erase: Callable[[Subject, datetime], str] | None


HOLDERS: dict[str, Holder] = {}
STEPS = {
    1: "Stop what is under way",
    2: "Ask for erasure in iMIS",
    3: "Member, activities, texts, drafts and files",
    4: "Features and scores",
    5: "What staff wrote",
    6: "Models",
    7: "Details of the audit log",
    8: "Money that the law makes us keep",
    9: "Never read again from iMIS",
    10: "List for restored backups",
}


def register_holder(
    name: str,
    *,
    export: Callable[[Subject], Iterable[Section]],
    erase: Callable[[Subject, datetime], str] | None = None,
    step: int = 3,
) -> None:
    """Say what is held about a member and how it goes. `step` is the number in STEPS.

    Rows with a foreign key to the member go with the member and need no `erase`.
    """
    if step not in STEPS:
        raise ValueError(f"{name}: step {step} is not one of {', '.join(map(str, STEPS))}")
    HOLDERS[name] = Holder(name, step, export, erase)


def of_step(step: int) -> list[Holder]:
    return [holder for holder in HOLDERS.values() if holder.step == step and holder.erase]


def sections(subject: Subject) -> list[Section]:
    """Everything that is held, from every holder; empty sections too, so that nothing is not silence."""
    return [section for holder in HOLDERS.values() for section in holder.export(subject)]
