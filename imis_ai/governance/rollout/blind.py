"""The blind test: staff judge twenty members without the model's answer, then see how often they agree."""

from dataclasses import dataclass
from datetime import datetime
from math import sqrt

from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.models import BlindAnswer, BlindTest
from imis_ai.governance.refusals import Blocked, Changed, WhyNot
from imis_ai.governance.rollout.areas import AREAS

NUMBER = 20
UNSURE = "unsure"
NORMAL_80 = 1.2816


@dataclass(frozen=True)
class Agreement:
    """Same answer in so many of those judged; "cannot tell" is counted apart. The range is the 80 % range."""

    same: int
    judged: int
    unsure: int
    tests: int
    share: float | None
    low: float | None
    high: float | None


@transaction.atomic
def start(*, area: str, by: User, now: datetime) -> BlindTest:
    """Draw the members and fix what the model says. An open test is gone on with. Raises Blocked."""
    open_test = BlindTest.objects.filter(area=area, by=by, finished_at=None).first()
    if open_test:
        return open_test
    blind = AREAS[area].blind
    drawn = blind.sample(by, NUMBER, now) if blind else []
    if len(drawn) < NUMBER:
        raise Blocked(
            WhyNot(
                f"There are {len(drawn)} members to judge; the test needs {NUMBER}.",
                rule="blind test",
                next_step="It can start after the next scoring.",
            )
        )
    test = BlindTest.objects.create(area=area, by=by, started_at=now)
    BlindAnswer.objects.bulk_create(
        BlindAnswer(test=test, number=n, imis_id=each.imis_id, model_says=each.model_says, shown=each.shown)
        for n, each in enumerate(drawn, 1)
    )
    return test


@transaction.atomic
def answer(*, test: BlindTest, number: int, says: str, now: datetime) -> None:
    """Judge one member, once; after the last one the test is finished. Raises Changed."""
    allowed = {value for value, _ in AREAS[test.area].blind.choices} | {UNSURE}
    if says not in allowed:
        raise Changed(WhyNot("This answer is not one of the choices.", rule="blind test"))
    open_answers = test.answers.select_for_update().filter(staff_says="")
    if not open_answers.filter(number=number).update(staff_says=says, said_at=now):
        raise Changed(
            WhyNot("You judged this member already.", rule="blind test", next_step="Go on with the next.")
        )
    if not open_answers.exists():
        test.finished_at = now
        test.save(update_fields=["finished_at"])
        found = agreement(tests=[test])
        audit.record(
            action="rollout.blind_test",
            by=test.by,
            now=now,
            about=("area", test.area),
            detail={"area": test.area, "same": found.same, "judged": found.judged, "unsure": found.unsure},
        )


def agreement(*, tests: list[BlindTest]) -> Agreement:
    """Over all answers of these finished tests."""
    answers = list(BlindAnswer.objects.filter(test__in=tests).exclude(staff_says=""))
    judged = [each for each in answers if each.staff_says != UNSURE]
    same = sum(each.staff_says == each.model_says for each in judged)
    low, high = wilson(same, len(judged)) if judged else (None, None)
    share = same / len(judged) if judged else None
    return Agreement(same, len(judged), len(answers) - len(judged), len(tests), share, low, high)


def finished(area: str) -> list[BlindTest]:
    """The last finished test of each person."""
    newest: dict[int, BlindTest] = {}
    for test in BlindTest.objects.filter(area=area).exclude(finished_at=None).order_by("finished_at"):
        newest[test.by_id] = test
    return list(newest.values())


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 80 % range of a share, after Wilson; sensible also near 0 and 1."""
    z2 = NORMAL_80**2
    middle = (hits + z2 / 2) / (n + z2)
    half = NORMAL_80 * sqrt(hits * (n - hits) / n + z2 / 4) / (n + z2)
    return max(0.0, middle - half), min(1.0, middle + half)
