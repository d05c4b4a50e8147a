"""What retention says on a member's page: the risk of that day with its reasons, and moves between bands."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Case, F, Q, When
from django.urls import reverse
from django.utils import timezone

from imis_ai.mirror.member_page import Card, Looked, Step, Told
from imis_ai.mirror.timeline import Entry
from imis_ai.ui import figures, words
from retention.calc import bands
from retention.models import RiskScore
from retention.queries import list as risk
from retention.queries import panel

SCORES = "scores"
MONTHS_24 = timedelta(days=730)
MONTH = timedelta(days=31)  # so old may be the score that is shown for a day; else its reasons are read apart
AHEAD = timedelta(days=90)


def told(looked: Looked) -> Told:
    """One query; one more where the last score of a past day was a month old."""
    if not looked.viewer.may("retention.members"):
        return Told()
    scores = _scores(looked)
    shown = _of_the_day(scores, looked)
    found = Told(groups={SCORES: "Scores"}, cards=[_card(looked, shown, scores)])
    if looked.wants(SCORES):
        found.entries = list(_crossings(scores))
    found.steps = list(_steps(looked, shown))
    return found


def _scores(looked: Looked) -> list[RiskScore]:
    """Of the last 24 months, oldest first, one a day: the last that was shown, else computed, for it."""
    rows = RiskScore.objects.filter(
        member=looked.member, run__as_of__gt=looked.day - MONTHS_24, run__as_of__lte=looked.day
    )
    rows = rows.select_related("run").defer("factors", "run__totals")
    shown = Q(run__as_of__gt=looked.day - MONTH) if looked.is_past else Q(run__is_current=True)
    rows = rows.annotate(why=Case(When(shown, then=F("factors"))))
    ordered = rows.order_by("run__as_of", "-run__is_backfill", "run__created_at")
    return list({score.run.as_of: score for score in ordered}.values())


def _of_the_day(scores: list[RiskScore], looked: Looked) -> RiskScore | None:
    """Today the score that pages show; on a past day the newest kept for it or before."""
    last = scores[-1] if scores and looked.is_past else None
    found = last or next((score for score in scores if score.run.is_current and not looked.is_past), None)
    if found is not None and found.why is not None:
        found.factors = found.why
    return found


def _card(looked: Looked, score: RiskScore | None, scores: list[RiskScore]) -> Card:
    order = 30 if looked.is_finance else 10
    address = reverse("risk_member", args=[looked.member.imis_id])
    if score is None:
        context: dict[str, Any] = {"score": None, "looked": looked}
        return Card(order, "risk", "Risk", "", "retention/_member_card.html", context)
    score.member = looked.member
    score.held_until = score.last_sent_at = None  # the card of governance says who is left alone
    score.has_draft = False
    run, measure = score.run, panel.measure(score, score.run, 90)
    past = [each for each in map(_past, scores) if each is not None]
    weeks = panel.weekly(past, until=run.as_of)
    context = {
        "score": score,
        "member": risk.row(score=score, measure=measure, with_names=looked.with_names),
        "score_share": getattr(score, f"risk_{measure}"),
        "grace_until": panel.grace_until(score, run, settings.GRACE_DAYS),
        "until": run.as_of + AHEAD,
        "run": run,
        "line": _line(weeks, run.bands.high),
        "line_sentence": _in_words(weeks),
        "looked": looked,
        "listed": _listed(score) if looked.is_past else "",
    }
    dated = f"of {words.short_date(run.as_of, looked.today)}, {run.model_name} model {run.model_version}"
    return Card(
        order,
        "risk",
        "Risk",
        dated,
        "retention/_member_card.html",
        context,
        "" if looked.is_past else address,
        "Two years, week by week",
    )


def _listed(score: RiskScore) -> str:
    """Whether the member stood on the list of members at risk then, and why not."""
    if score.risk_90 is None:
        return f"Not on the list of members at risk then: no score. {score.abstained}"
    shown, medium = bands.of_100(score.risk_90), score.run.bands.medium
    if shown >= medium:
        return f"On the list of members at risk then: {shown} of 100, the line was {medium}."
    return f"Not on the list of members at risk then: {shown} of 100, the line was {medium}."


def _past(score: RiskScore) -> panel.Past | None:
    if score.risk_renewal is None:
        return None
    shares = (bands.of_100(getattr(score, f"{part}_renewal")) for part in ("risk", "low", "high"))
    return panel.Past(score.run.as_of, *shares, score.run.is_backfill)


def _line(weeks: list[panel.Past], high: int) -> figures.Line | None:
    if len(weeks) < 2:
        return None
    days, values = [week.day for week in weeks], [week.score for week in weeks]
    return figures.line(days, values, top=100, limit=high)


def _in_words(weeks: list[panel.Past]) -> str:
    if len(weeks) < 2:
        return ""
    return f"Risk at renewal went from {weeks[0].score} to {weeks[-1].score} of 100"


def _crossings(scores: list[RiskScore]) -> Iterator[Entry]:
    """A move from one band to another, on the day of the score that showed it first."""
    before = ""
    for score in scores:
        if score.risk_90 is None:
            continue
        band = score.run.bands.band(score.risk_90)
        if before and band != before:
            day = timezone.make_aware(datetime.combine(score.run.as_of, time.min))
            model = f"{score.run.model_name} model {score.run.model_version}"
            late = ", computed afterwards" if score.run.is_backfill else ""
            says = f"{bands.of_100(score.risk_90)} of 100{late}"
            name = bands.NAMES[band].lower()
            yield Entry(day, "score", f"Moved to {name} risk", says, None, SCORES, model, "", is_model=True)
        before = band


def _steps(looked: Looked, score: RiskScore | None) -> Iterator[Step]:
    if score is None or score.risk_90 is None:
        return
    measure = panel.measure(score, score.run, 90)
    share = getattr(score, f"risk_{measure}")
    band = "lo" if share is None else score.run.bands.band(share)
    if band == "lo":
        return
    chance = words.about_chance(share)
    when = "not to renew" if measure == "renewal" else "to lapse within 90 days"
    first = f" {score.factors[0]['sentence']}." if score.factors else ""
    address = reverse("risk_member", args=[looked.member.imis_id])
    what = "Call first" if band == "hi" else "Look at the reasons"
    weight = 70 if band == "hi" else 50
    yield Step(weight, what, f"{chance} likely {when}.{first}", address, "See the risk", True, "risk")
