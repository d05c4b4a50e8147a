"""The policy in force: where the bands begin, how many calls a week there are, when lists are published."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet, Subquery

from imis_ai.registry import queries as registry
from retention.calc import cuts
from retention.calc.bands import CADENCE, Bands, of_100
from retention.models import Policy as Kept
from retention.models import RiskScore, ScoreRun

KIND = "retention.policy"
MODEL = "churn"
CALLS = 10
WEEKS_IN_MONTH = 52 / 12


@dataclass(frozen=True)
class Policy:
    """As it stands now. The lines are those of the scores on show, shares of 0 to 1."""

    mode: str = Kept.Mode.CUT
    medium_from: float = Bands.medium / 100
    high_from: float = Bands.high / 100
    top_share: float = 0.1
    calls_a_week: int = CALLS
    hysteresis: float = 0.05
    publish_every: str = Kept.Every.WEEK
    version: int = 0

    @property
    def bands(self) -> Bands:
        return Bands.of(self.medium_from, self.high_from)

    def period(self, day: date) -> date:
        """The first day of the period whose list is worked on that day."""
        if self.publish_every == Kept.Every.DAY:
            return day
        if self.publish_every == Kept.Every.MONTH:
            return day.replace(day=1)
        return day - timedelta(days=day.weekday())

    @property
    def calls_a_period(self) -> int:
        """As many as a list of one period holds."""
        days = {Kept.Every.DAY: 1 / 5, Kept.Every.WEEK: 1, Kept.Every.MONTH: WEEKS_IN_MONTH}
        return max(1, round(self.calls_a_week * days[Kept.Every(self.publish_every)]))

    @property
    def period_words(self) -> str:
        return {"day": "today", "week": "this week", "month": "this month"}[self.publish_every]

    @property
    def published(self) -> str:
        return {"day": "every working day", "week": "every Monday", "month": "on the first of the month"}[
            self.publish_every
        ]

    def as_json(self) -> dict[str, Any]:
        """Without its number: what two people decide on."""
        return {name: value for name, value in vars(self).items() if name != "version"}


NAMES = (
    "mode", "medium_from", "high_from", "top_share", "calls_a_week", "hysteresis", "publish_every", "version",
)  # fmt: skip


def current() -> Policy:
    """The newest version that took effect, with the lines of the scores on show. One query."""
    run = ScoreRun.objects.filter(is_current=True)
    lines = {f"shown_{name}": Subquery(run.values(f"{name}_from")[:1]) for name in ("medium", "high")}
    kept = Kept.objects.filter(replaced_at=None).annotate(**lines).first()
    if kept is None:
        return Policy()
    fields = {name: getattr(kept, name) for name in NAMES}
    for name in ("medium", "high"):
        fields[f"{name}_from"] = getattr(kept, f"shown_{name}") or fields[f"{name}_from"]
    return Policy(**fields)


def live() -> Policy:
    """The newest version as it was decided, whatever scores are on show: for the next ones."""
    kept = Kept.objects.filter(replaced_at=None).first()
    return Policy(**{name: getattr(kept, name) for name in NAMES}) if kept else Policy()


def counts() -> cuts.Counts | None:
    """Scores of the live model beside what happened, on time later than its training; None where not kept."""
    try:
        return cuts.from_json(registry.live(MODEL).reading.get("by_score"))
    except registry.NoModel:
        return None


def lines(policy: Policy, past: cuts.Counts | None) -> Policy:
    """With the high line found where it follows from capacity or a share, if the past is known."""
    if policy.mode == Kept.Mode.CUT or past is None:
        return policy
    if policy.mode == Kept.Mode.CAPACITY:
        high = cuts.for_capacity(past, policy.calls_a_week)
    else:
        high = cuts.for_share(past, policy.top_share)
    high = max(high, 2)
    medium = min(of_100(policy.medium_from), high - 1)
    return Policy(**{**vars(policy), "high_from": high / 100, "medium_from": medium / 100})


@dataclass(frozen=True)
class Preset:
    """A setting of the guide, as it comes."""

    key: str
    label: str
    about: str
    fields: dict[str, Any] = field(default_factory=dict)


PRESETS = (
    Preset("bands", "High, medium, low", "High from 60 of 100.", {"mode": "cut", "high_from": 0.6}),
    Preset("over-80", "Over 80", "Task, group and call back.", {"mode": "cut", "high_from": 0.8}),
    Preset("over-85", "Over 85", "Only the nearly certain.", {"mode": "cut", "high_from": 0.85}),
    Preset("top-tenth", "Top tenth", "Whatever their score.", {"mode": "share", "top_share": 0.1}),
)


@dataclass(frozen=True)
class Move:
    """What a changed policy does to the scores on show. Numbers of members, and a few of them."""

    band: str
    now: int
    then: int
    enter: int
    leave: int
    entering: list[str]
    leaving: list[str]


SOME = 8


def effect(*, after: Policy, run: ScoreRun, seen: QuerySet) -> list[Move]:
    """Who enters and who leaves each band, among the members that the viewer may see. Four queries."""
    scores = RiskScore.objects.filter(run=run, member__in=seen).order_by("-risk_90", "pk")
    moves = []
    for band in ("hi", "md"):
        was, will = (_within(scores, bands, band) for bands in (run.bands, after.bands))
        enter, leave = [m for m in will if m not in was], [m for m in was if m not in will]
        moves.append(Move(band, len(was), len(will), len(enter), len(leave), enter[:SOME], leave[:SOME]))
    return moves


def _within(scores: QuerySet, bands: Bands, band: str) -> dict[str, None]:
    start, end = bands.share_bounds(band)
    found = scores.filter(risk_90__gte=start, risk_90__lt=end)
    return dict.fromkeys(found.values_list("member__imis_id", flat=True))


def versions() -> Sequence[Kept]:
    """All that took effect, newest first."""
    return list(Kept.objects.all()[:20])


def cadence(band: str) -> tuple[str, ...]:
    """What members of a band may get: call, message, notice. Low gets the standard notice only."""
    return CADENCE[band]
