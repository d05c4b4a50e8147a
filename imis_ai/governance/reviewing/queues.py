"""Which queues there are: a domain says what its model is not sure of, what is known, what answers mean."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from imis_ai.accounts.models import User

UNSURE = "unsure"
UNSURE_LABEL = "Cannot tell"


@dataclass(frozen=True)
class Case:
    """One case for a person. `why`: in a sentence, why the model is not sure; `hardness`: the hardest first.

    `known_answer`: what became of it, where that is known; such cases show how well people judge.
    """

    imis_id: str
    as_of: date
    model_says: str
    shown: str
    why: str
    hardness: float
    model: str = ""
    version: str = ""
    known_answer: str = ""


@dataclass(frozen=True)
class Queue:
    """`unsure(now)`: cases under the model's cut, hardest first. `known(number, now)`: cases that are over.

    `facts(viewer, imis_id, as_of)`: lines of label and value as known that day, told so that nobody sees
    which day it was; empty where the viewer may not see the member. `means`: answer -> choice of the card's
    topic, said where it differs from the model.
    """

    name: str
    area: str
    label: str
    question: str
    right: str
    choices: tuple[tuple[str, str], ...]
    unsure: Callable[[datetime], list[Case]]
    known: Callable[[int, datetime], list[Case]]
    facts: Callable[[User, str, date], list[tuple[str, str]]]
    card: str
    means: Mapping[str, str]
    reason: str
    most: int = 30  # open at once

    @property
    def answers(self) -> tuple[tuple[str, str], ...]:
        """In the order of their keys 1, 2, 3."""
        return (*self.choices, (UNSURE, UNSURE_LABEL))


QUEUES: dict[str, Queue] = {}


def register(queue: Queue) -> Queue:
    QUEUES[queue.name] = queue
    return queue
