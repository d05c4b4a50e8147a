"""What the page of the policy shows: the lines in force, what others would have meant, who would move."""

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, Q, QuerySet

from imis_ai.governance import proposals
from imis_ai.ui import words
from retention.calc import cuts
from retention.calc.bands import CADENCE, NAMES, of_100
from retention.models import Policy as Kept
from retention.models import RiskScore
from retention.queries import list as risk
from retention.queries import policy as policies
from retention.queries.policy import Move, Policy

GETS = {
    "call": "a call",
    "message": "a prepared message",
    "notice": "the standard notice",
}

MODES = dict(Kept.Mode.choices)
WORDS = {
    "Line by": lambda p: MODES[p["mode"]].lower(),
    "High from": lambda p: f"{of_100(p['high_from'])} of 100",
    "Medium from": lambda p: f"{of_100(p['medium_from'])} of 100",
    "Calls a week": lambda p: str(p["calls_a_week"]),
    "Left when under the line by": lambda p: f"{of_100(p['hysteresis'])} points",
    "Lists are published": lambda p: dict(Kept.Every.choices)[p["publish_every"]].lower(),
    "Share": lambda p: words.percent(p["top_share"]),
}


@dataclass(frozen=True)
class Band:
    """Members of a band now, and what they may get."""

    name: str
    since: int
    members: int
    gets: list[str]


@dataclass(frozen=True)
class Shown:
    """`wanted` and `moves` where somebody asked what another policy would do."""

    policy: Policy
    past: cuts.Counts | None
    table: list[cuts.Cut]
    line: cuts.Cut | None
    bands: list[Band]
    waiting: list[Any]
    versions: list[Kept]
    wanted: Policy | None = None
    would: cuts.Cut | None = None
    moves: list[Move] | None = None

    @property
    def by_score(self) -> list[tuple[int, int, int]]:
        """Score, decisions, lapses: what every number of the table is added up from, highest first."""
        if self.past is None:
            return []
        rows = zip(range(101), self.past.members, self.past.lapsed, strict=True)
        return [row for row in reversed(list(rows)) if row[1]]


def shown(*, seen: QuerySet, wanted: Policy | None = None) -> Shown:
    """Everything on the page, for the members that the viewer may see."""
    policy, past, run = policies.current(), policies.counts(), risk.current_run()
    wanted = policies.lines(wanted, past) if wanted else None
    at = of_100(policy.high_from)
    asked = (at, of_100(wanted.high_from)) if wanted else (at,)
    waiting = proposals.of_kind(kind=policies.KIND).filter(state__in=proposals.OPEN)
    return Shown(
        policy=policy,
        past=past,
        table=cuts.table(past, (*cuts.CUTS, *asked)) if past else [],
        line=cuts.cut(past, at) if past else None,
        bands=_bands(policy, seen),
        waiting=list(waiting.order_by("-pk")[:3]),
        versions=list(policies.versions()),
        wanted=wanted,
        would=cuts.cut(past, asked[-1]) if past and wanted else None,
        moves=policies.effect(after=wanted, run=run, seen=seen) if wanted and run else None,
    )


def preset(key: str, policy: Policy) -> Policy | None:
    """The policy in force with one setting of the guide; None for a name that is none."""
    found = next((each for each in policies.PRESETS if each.key == key), None)
    if found is None:
        return None
    changed = replace(policy, **found.fields)
    high = changed.high_from
    return replace(changed, medium_from=min(changed.medium_from, high - 0.01))


def as_shown(payload: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What changes, before and after, in words."""
    return [
        (label, say(payload["before"]), say(payload["after"]))
        for label, say in WORDS.items()
        if say(payload["before"]) != say(payload["after"])
    ]


def _bands(policy: Policy, seen: QuerySet) -> list[Band]:
    lines = policy.bands
    bounds = {band: lines.share_bounds(band) for band in NAMES}
    asked = {
        band: Count("pk", filter=Q(risk_90__gte=start, risk_90__lt=end))
        for band, (start, end) in bounds.items()
    }
    scores = RiskScore.objects.filter(run__is_current=True, member__in=seen, risk_90__isnull=False)
    counted = scores.aggregate(**asked)
    starts = {"hi": lines.high, "md": lines.medium, "lo": 0}
    return [
        Band(NAMES[band], starts[band], counted[band], [GETS[what] for what in CADENCE[band]])
        for band in NAMES
    ]
