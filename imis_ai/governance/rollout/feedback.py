"""What staff are asked about an area at each phase, and what their answers add up to."""

from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.models import Feedback
from imis_ai.ui import words

SCALE = (("3", "Nearly always"), ("2", "Mostly"), ("1", "Rarely"), ("0", "Never"))
QUESTIONS: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "right": ("Are the members it names the right ones?", SCALE),
    "true": ("Are the reasons it gives true?", SCALE),
    "useful": ("Does it help you to decide?", SCALE),
    "harm": (
        "Did anything go wrong for a member?",
        (("no", "No"), ("nearly", "Nearly, it was caught"), ("yes", "Yes")),
    ),
    "focus": (
        "What should change first?",
        (
            ("nothing", "Nothing"),
            ("data", "The data behind it"),
            ("reasons", "The reasons it gives"),
            ("wording", "The wording"),
            ("size", "How much it puts before us"),
            ("speed", "How long it takes"),
        ),
    ),
}


@dataclass(frozen=True)
class Answers:
    """One question with how many chose each answer."""

    question: str
    counts: tuple[tuple[str, int], ...]

    @property
    def given(self) -> list[tuple[str, int]]:
        """Only the answers that somebody gave."""
        return [(label, n) for label, n in self.counts if n]


@dataclass(frozen=True)
class Summary:
    people: int
    minutes: float | None
    answers: tuple[Answers, ...]
    notes: tuple[tuple[str, str], ...]
    harmed: int

    def as_json(self) -> list[dict[str, Any]]:
        """What a decision keeps: counts and notes, no names."""
        kept: list[dict[str, Any]] = [
            {"question": each.question, "counts": [list(pair) for pair in each.counts]}
            for each in self.answers
        ]
        return [*kept, {"people": self.people, "minutes": self.minutes, "notes": [n for _, n in self.notes]}]


def give(
    *, area: str, level: int, answers: dict[str, str], minutes: int, note: str, by: User, now: datetime
) -> Feedback:
    """One person's answers; later ones replace them."""
    given, _ = Feedback.objects.update_or_create(
        area=area,
        level=level,
        by=by,
        defaults={"at": now, "answers": answers, "minutes": minutes, "note": note.strip()},
    )
    audit.record(
        action="rollout.feedback",
        by=by,
        now=now,
        about=("area", area),
        detail={"area": area, "level": level, "answers": answers, "minutes": minutes, "note": given.note},
    )
    return given


def summary(*, area: str, level: int) -> Summary:
    """Everybody's answers about the area at this level."""
    given = list(Feedback.objects.filter(area=area, level=level).select_related("by").order_by("-at"))
    answers = tuple(
        Answers(
            question,
            tuple(
                (label, sum(each.answers.get(name) == value for each in given)) for value, label in choices
            ),
        )
        for name, (question, choices) in QUESTIONS.items()
    )
    return Summary(
        people=len(given),
        minutes=median(each.minutes for each in given) if given else None,
        answers=answers,
        notes=tuple((str(each.by), each.note) for each in given if each.note),
        harmed=sum(each.answers.get("harm") == "yes" for each in given),
    )


def own(*, area: str, level: int, by: User) -> Feedback | None:
    return Feedback.objects.filter(area=area, level=level, by=by).first()


def said(found: Summary) -> str:
    """In a sentence, for the evidence."""
    if not found.people:
        return "Nobody answered yet."
    minutes = words.plural(round(found.minutes or 0), "minute")
    return f"{words.plural(found.people, 'person', 'people')} answered; half need at most {minutes} a day."
