"""What retention says on the first page: expected renewals, dues at stake, who moved, dues by month."""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet, Subquery
from django.urls import reverse
from django.utils.timezone import localtime

from imis_ai.accounts.models import User
from imis_ai.mirror import kept, money
from imis_ai.mirror.kept import Keep
from imis_ai.ui import words
from imis_ai.ui.figures import Bar, bars
from imis_ai.ui.today import Asked, Event, Figure, Part, Yours
from retention.models import RiskScore, ScoreRun
from retention.queries.summary import NORMAL_80, SHARED, SMALLEST_GROUP
from retention.queries.totals import AHEAD

WEEKS = 12
MONTHS = 7  # ahead, this one included
EARLIER = timedelta(weeks=4)  # the figure is compared with that of a run at least so old
COLUMNS = (
    "renews_on", "dues", "risk_90", "low_90", "high_90", "risk_renewal", "low_renewal", "high_renewal",
)  # fmt: skip
# OFFSET 0 keeps the inner query from being written out again in every sum
PLAIN = """
SELECT renews_on, coalesce(dues::float8, 0) AS dues, risk, coalesce((high - low) / %s, 0) AS risk_sd, renewal,
    coalesce(renewal, 0) AS leaves, coalesce((renewal_high - renewal_low) / %s, 0) AS leaves_sd
FROM ({shares}) shares (renews_on, dues, risk, low, high, renewal, renewal_low, renewal_high) OFFSET 0
"""


@dataclass(frozen=True)
class Sum80:
    """A sum with its 80 % range."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Outlook:
    """Over the scored members seen: those whose term ends soon, dues at stake, dues by month of renewal."""

    scored: int
    at_risk: int
    ending: int
    renewing: Sum80
    lost: Sum80
    by_month: list[tuple[date, float, Sum80]]


def part(asked: Asked) -> Part:
    """At most three queries, one when nothing has changed."""
    if not asked.viewer.may("retention.totals") or asked.viewer.role == User.Role.ADMIN:
        return Part()
    runs = _runs()
    run = next((each for each in runs if each.is_current), None)
    if run is None:
        return Part()
    keep = Keep(asked.seen, run.pk, run.scored, run.abstained, run.newest, run.data)
    found = keep("today", lambda: outlook(run=run, seen=asked.seen))
    figures = _figures(asked, run, runs, found) if found.scored >= _fewest(asked) else []
    return Part(
        figures=figures,
        events=_moved(asked, run, runs, keep),
        yours=[Yours(None, "Those of them at risk", f"{reverse('risk_list')}?view=mine")],
        chart=_chart(asked, run, found),
    )


def outlook(*, run: ScoreRun, seen: QuerySet | None) -> Outlook:
    """One query, grouped by the day on which the terms end; an index holds all that it reads."""
    rows = RiskScore.objects.filter(run=run, risk_90__isnull=False).order_by()
    rows = rows.filter(member__gone_at=None) if seen is None else rows.filter(member__in=seen)
    parts = _by_end(rows, run.bands.share_bounds("md")[0])
    soon = [part for part in parts if part["end"] and run.as_of <= part["end"] <= run.as_of + AHEAD]
    number = sum(part["with_end"] for part in soon)
    leaving = _sum80(soon, "count")
    return Outlook(
        scored=sum(part["n"] for part in parts),
        at_risk=sum(part["risky"] for part in parts),
        ending=number,
        renewing=Sum80(number - leaving.value, number - leaving.high, number - leaving.low),
        lost=_sum80(parts, "lost"),
        by_month=_by_month(parts, run.as_of),
    )


def _by_end(rows: QuerySet, start: float) -> list[dict[str, Any]]:
    """By the end of the term: what mean and range of weighted sums of chances are made of.

    `start`: from this chance on a member is at risk. Chances are read as plain numbers once per row, which
    Django cannot say: it would write each out wherever it is used.
    """
    try:
        shares, params = rows.values_list(*COLUMNS).query.sql_with_params()
    except EmptyResultSet:  # a chapter manager without a chapter
        return []
    sums = {"n": "count(*)", "with_end": "count(renewal)", "risky": "count(*) FILTER (WHERE risk >= %s)"}
    sums |= _moments("count", "1", "leaves", "leaves_sd") | {"count_all": "count(renewal)"}
    sums |= _moments("lost", "dues", "risk", "risk_sd") | _moments("dues", "dues", "leaves", "leaves_sd")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT renews_on, {', '.join(sums.values())} FROM ({PLAIN.format(shares=shares)}) plain"  # noqa: S608
            " GROUP BY renews_on",
            [start, 2 * NORMAL_80, 2 * NORMAL_80, *params],
        )
        return [dict(zip(("end", *sums), row, strict=True)) for row in cursor.fetchall()]


def _moments(name: str, weight: str, share: str, spread: str) -> dict[str, str]:
    return {
        f"{name}_all": f"sum({weight})",
        f"{name}_p": f"sum({weight} * {share})",
        f"{name}_coin": f"sum({weight} * {weight} * {share} * (1 - {share}))",
        f"{name}_sd": f"sum({weight} * {spread})",
        f"{name}_var": f"sum({weight} * {weight} * {spread} * {spread})",
    }


def _sum80(parts: list[dict], name: str) -> Sum80:
    p, coin, sd, var = (
        sum(part[f"{name}_{key}"] or 0 for part in parts) for key in ("p", "coin", "sd", "var")
    )
    half = NORMAL_80 * math.sqrt(coin + SHARED * sd**2 + (1 - SHARED) * var)
    most = sum(part[f"{name}_all"] or 0 for part in parts)
    return Sum80(p, max(0.0, p - half), min(most, p + half))


def _by_month(parts: list[dict], today: date) -> list[tuple[date, float, Sum80]]:
    """Month, all dues, dues expected with their range: of terms that end from today on."""
    made = []
    for first in _months(today):
        own = [part for part in parts if part["end"] and part["end"].replace(day=1) == first]
        most = sum(part["dues_all"] or 0 for part in own)
        lost = _sum80(own, "dues")
        made.append((first, most, Sum80(most - lost.value, most - lost.high, most - lost.low)))
    return made


def _months(today: date) -> list[date]:
    number = today.year * 12 + today.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(number, number + MONTHS)]


def _runs() -> list[ScoreRun]:
    """The runs of the last months, newest first; the versions on them tell of any change."""
    newest = Subquery(RiskScore.objects.order_by("-pk").values("pk")[:1])
    found = ScoreRun.objects.annotate(newest=newest, data=kept.version())
    return list(found.order_by("-as_of", "-is_current", "-created_at")[: 7 * WEEKS + 14])


def _fewest(asked: Asked) -> int:
    return SMALLEST_GROUP if asked.seen is None else 1


def _figures(asked: Asked, run: ScoreRun, runs: list[ScoreRun], found: Outlook) -> list[Figure]:
    until = words.long_date(run.as_of + AHEAD, asked.today)
    age = f"scored {words.moment(localtime(run.created_at), asked.now)}"
    is_finance = asked.viewer.role == User.Role.FINANCE
    weeks = _weekly(runs, run, asked)
    lost = found.lost
    made = [
        Figure(
            40 if is_finance else 20,
            f"Dues likely to be lost by {until}",
            _round(lost.value),
            f"range {_round(lost.low)} to {_round(lost.high)}",
            f"{words.plural(found.at_risk, 'member')} at high or medium risk",
            as_of=age,
            address=reverse("risk_list"),
            points=[totals["lost"] for totals in weeks],
        )
    ]
    if found.ending >= _fewest(asked):
        made.append(
            Figure(
                50 if is_finance else 10,
                f"Expected to renew by {until}",
                words.percent(found.renewing.value / found.ending),
                _range(found.renewing, found.ending),
                *_against(found, weeks, f"of {words.plural(found.ending, 'term')} that end"),
                as_of=age,
                address=_ending(asked),
                points=[totals["renewing"] / totals["ending"] * 100 for totals in weeks if totals["ending"]],
            )
        )
    return made


def _ending(asked: Asked) -> str:
    return f"{reverse('risk_list')}?band=hi&band=md&band=lo&sort=renews"


def _range(part: Sum80, whole: int) -> str:
    return f"range {part.low / whole * 100:.1f} to {part.high / whole * 100:.1f}"


def _against(found: Outlook, weeks: list[dict], otherwise: str) -> tuple[str, str]:
    """The comparison with four weeks ago, and whether it is good."""
    before = weeks[-5] if len(weeks) >= 5 else None
    if before is None or not before["ending"]:
        return otherwise, ""
    points = (found.renewing.value / found.ending - before["renewing"] / before["ending"]) * 100
    if abs(points) < 0.05:
        return "as 4 weeks ago", ""
    side = "above" if points > 0 else "below"
    return f"{abs(points):.1f} points {side} 4 weeks ago", "good" if points > 0 else "bad"


def _weekly(runs: list[ScoreRun], run: ScoreRun, asked: Asked) -> list[dict]:
    """Totals of the last run of each of the last weeks, oldest first, over the chapters seen."""
    by_week: dict[int, dict] = {}
    for each in runs:
        week = (run.as_of - each.as_of).days // 7
        if 0 <= week < WEEKS and each.totals and week not in by_week:
            by_week[week] = _over(each.totals, asked.chapters)
    return [by_week[week] for week in sorted(by_week, reverse=True)]


def _over(totals: dict[str, dict], chapters: tuple[str, ...] | None) -> dict:
    shown = [sums for code, sums in totals.items() if chapters is None or code in chapters]
    return {name: sum(sums[name] for sums in shown) for name in ("ending", "renewing", "lost")}


def _moved(asked: Asked, run: ScoreRun, runs: list[ScoreRun], keep: Keep) -> list[Event]:
    """How many came to high risk since the run before, and how many left it."""
    before = next((each for each in runs if each.as_of < run.as_of and not each.is_backfill), None)
    if before is None:
        return [Event(run.created_at, "Members were scored.", f"{words.count(run.scored)} have a score.")]
    came, left = keep(f"moved {before.pk}", lambda: _high_of(asked.seen, run, before))
    few = asked.seen is None and 0 < min(came or left, left or came) < SMALLEST_GROUP
    text = f"{words.count(left) if left else 'nobody'} moved out."
    what = f"{words.plural(came, 'member')} moved to high risk," if not few else "Members were scored again."
    address = (
        f"{reverse('risk_list')}?band=hi" if asked.viewer.may("retention.members") else reverse("risk_list")
    )
    return [Event(run.created_at, what, text if not few else "", address)]


def _high_of(seen: QuerySet | None, run: ScoreRun, before: ScoreRun) -> tuple[int, int]:
    start, _ = run.bands.share_bounds("hi")
    rows = RiskScore.objects.filter(run__in=[run, before], risk_90__gte=start)
    rows = rows.filter(member__gone_at=None) if seen is None else rows.filter(member__in=seen)
    now, then = set(), set()
    for run_id, member in rows.values_list("run_id", "member_id"):
        (now if run_id == run.pk else then).add(member)
    return len(now - then), len(then - now)


def _chart(asked: Asked, run: ScoreRun, found: Outlook) -> tuple[str, dict[str, Any]] | None:
    """Dues by month: received in the last months, expected in the next."""
    if found.scored < _fewest(asked) or not asked.viewer.may("money.totals"):
        return None
    past = money.outlook(seen=asked.seen, today=asked.today, data=asked.data).by_month
    received = dict(past)
    ahead = {first: expected for first, _, expected in found.by_month}
    months = sorted({first for first, _ in past} | set(ahead))
    drawn = [
        Bar(
            f"{month:%b %Y}" if month == months[0] or month.month == 1 else f"{month:%b}",
            float(received.get(month, 0)),
            *_on_top(float(received.get(month, 0)), ahead.get(month)),
        )
        for month in months
    ]
    top = max(ahead, key=lambda first: ahead[first].value)
    most = ahead[top]
    sentence = (
        f"{top:%B} carries the most: {_round(most.value)} expected, "
        f"and 8 times in 10 between {_round(most.low)} and {_round(most.high)}."
    )
    rows = [(month, received.get(month), ahead.get(month)) for month in months]
    context = {"bars": bars(drawn), "rows": rows, "sentence": sentence, "run": run}
    return "retention/_by_month.html", context


def _on_top(received: float, expected: Sum80 | None) -> tuple[float, float, float]:
    """What is expected stands on what has come; all 0 where nothing is expected any more."""
    if expected is None:
        return 0.0, 0.0, 0.0
    return received + expected.value, received + expected.low, received + expected.high


def _round(amount: float) -> str:
    return words.money(amount, settings.CURRENCY, cents=False)
