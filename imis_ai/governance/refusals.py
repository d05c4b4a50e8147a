"""How a refusal is said: what, by which rule, who owns it, what to do next."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WhyNot:
    """One reason why something may not happen, in words for staff."""

    sentence: str
    rule: str
    owner: str = ""
    next_step: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.sentence, self.next_step) if part)


class Refused(Exception):
    """A rule stands against it; nothing has changed. `why` says which rule and what to do."""

    def __init__(self, why: WhyNot) -> None:
        self.why = why
        super().__init__(str(why))


class NotAllowed(Refused):
    """This person may not do it; somebody else may."""


class Blocked(Refused):
    """Nobody may do it as it is: a guardrail, a missing proof or the rollout phase stands against it."""


class Changed(Refused):
    """It is not any more what the person saw: somebody was faster, or the world moved."""
