"""One member's risk: the score behind the panel and the page, and how it came to be."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet

from retention.calc import bands
from retention.models import RiskScore, ScoreRun
from retention.queries.list import HORIZONS, visible, with_next_step


@dataclass(frozen=True)
class Span:
    """A chance over one period, of 100."""

    label: str
    score: int
    low: int
    high: int


@dataclass(frozen=True)
class Past:
    """The score of an earlier day. `is_backfill`: computed afterwards, by a model younger than the day."""

    day: date
    score: int
    low: int
    high: int
    is_backfill: bool


def score_of(*, seen: QuerySet, run: ScoreRun, imis_id: str) -> RiskScore | None:
    """None where there is no such member, or none that the viewer may see."""
    found = visible(seen=seen, run=run).filter(member__imis_id=imis_id)
    return with_next_step(found, run).first()


def scores_of(*, seen: QuerySet, run: ScoreRun, imis_ids: list[str]) -> dict[str, RiskScore]:
    """Scores by iMIS id, of those that the viewer may see."""
    found = visible(seen=seen, run=run).filter(member__imis_id__in=imis_ids)
    return {score.member.imis_id: score for score in with_next_step(found, run)}


def measure(score: RiskScore, run: ScoreRun, horizon: int) -> str:
    """The chance to speak of: within the horizon or, once the term is over, not to renew it in time."""
    return "renewal" if score.renews_on and score.renews_on < run.as_of else str(horizon)


def grace_until(score: RiskScore, run: ScoreRun, grace_days: int) -> date | None:
    """The last day on which a payment still counts as renewed; None while the term runs."""
    if score.renews_on is None or score.renews_on >= run.as_of:
        return None
    return score.renews_on + timedelta(days=grace_days)


def spans(score: RiskScore) -> list[Span]:
    """The three horizons, and the next renewal where it is known."""
    named = [(f"{days} days", str(days)) for days in HORIZONS] + [("Next renewal", "renewal")]
    return [
        Span(label, *(bands.of_100(getattr(score, f"{part}_{key}")) for part in ("risk", "low", "high")))
        for label, key in named
        if getattr(score, f"risk_{key}") is not None
    ]


def history(*, score: RiskScore, run: ScoreRun, measure: str, days: int) -> list[Past]:
    """Earlier scores of the member, oldest first, one a day: the last that was computed for it."""
    keys = [f"{part}_{measure}" for part in ("risk", "low", "high")]
    found = (
        RiskScore.objects.filter(
            member=score.member_id, run__as_of__gt=run.as_of - timedelta(days=days), run__as_of__lte=run.as_of
        )
        .exclude(**{f"risk_{measure}": None})
        .order_by("run__as_of", "-run__is_backfill", "run__is_current", "run__created_at")
        .values_list("run__as_of", "run__is_backfill", *keys)
    )
    by_day = {
        day: Past(day, *(bands.of_100(share) for share in shares), is_backfill)
        for day, is_backfill, *shares in found
    }
    return list(by_day.values())


def weekly(past: list[Past], *, until: date) -> list[Past]:
    """The last score of each week, counted back from `until`."""
    by_week = {(until - entry.day).days // 7: entry for entry in past}
    return sorted(by_week.values(), key=lambda entry: entry.day)


def change_in_week(past: list[Past]) -> int | None:
    """Points against the latest score that is at least a week older than the newest; None without one."""
    if not past:
        return None
    older = [entry for entry in past if (past[-1].day - entry.day).days >= 7]
    return past[-1].score - older[-1].score if older else None
