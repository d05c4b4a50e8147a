"""Counting what is wrong or missing, and leaving single rows as they are."""

from datetime import date, datetime, timedelta

from django.db import transaction

from imis_ai.mirror import quality
from imis_ai.mirror.models import Member, QualityCount, QualityIgnored

KEPT = timedelta(days=400)


@transaction.atomic
def count_problems(*, today: date) -> int:
    """Count the rows of every problem; twice a day is once. Returns how many rows have one."""
    members = Member.objects.filter(gone_at=None)
    total = 0
    for problem in quality.PROBLEMS.values():
        number = quality.rows(problem=problem, members=members, today=today).count()
        left = quality.ignored(problem=problem).count()
        QualityCount.objects.update_or_create(
            problem=problem.slug, on=today, defaults={"number": number, "ignored": left}
        )
        total += number
    QualityCount.objects.filter(on__lt=today - KEPT).delete()
    return total


def leave(*, problem: str, keys: list[str], reason: str, by: str, now: datetime) -> int:
    """These rows are right as they are; returns how many were not left so before."""
    before = QualityIgnored.objects.filter(problem=problem).count()
    QualityIgnored.objects.bulk_create(
        [QualityIgnored(problem=problem, key=key[:200], reason=reason, by=by, at=now) for key in keys],
        ignore_conflicts=True,
    )
    return QualityIgnored.objects.filter(problem=problem).count() - before


def count_again(*, problem: str, key: str) -> bool:
    """The row counts among the problems again; False when it was not left as it is."""
    return bool(QualityIgnored.objects.filter(problem=problem, key=key).delete()[0])
