"""What stands above the list of members at risk: counts of its views, the summary, choices of its filters.

Each is kept until a score or a member's data changes: a run is looked at far more often than it changes.
"""

from dataclasses import dataclass, replace

from django.db.models import Count, Q, QuerySet

from imis_ai.governance import next_step, owners
from imis_ai.mirror import access
from imis_ai.mirror.kept import Keep
from retention.models import ScoreRun
from retention.queries import list as risk
from retention.queries import summary as totals

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Above:
    """`total`: members in the list. `tiers`, `chapters`: code and name, among the members that are seen.

    There is no summary of views that are not about a risk.
    """

    summary: totals.Summary | None
    counts: dict[str, int]
    total: int
    tiers: Pairs
    chapters: Pairs


def above(*, seen: QuerySet, run: ScoreRun, filters: risk.Filters) -> Above:
    """Everything above this list. At most three queries, none when nothing has changed."""
    keep, asked = _keep(run, seen), str(replace(filters, sort=""))
    if filters.control:
        asked += next_step.version()
    if filters.is_owned:
        asked += owners.version()
    if filters.has_bands:
        summary = keep(f"summary {asked}", lambda: totals.summary(seen=seen, run=run, filters=filters))
        total = summary.members
    else:
        found = risk.visible(seen=seen, run=run).filter(risk.wanted(filters, run))
        summary, total = None, keep(f"count {asked}", found.count)
    counts = keep(f"tabs {filters.horizon}", lambda: tab_counts(seen=seen, run=run, horizon=filters.horizon))
    tiers, chapters = keep("choices", lambda: access.choices(seen))
    return Above(summary, counts, total, tiers, chapters)


@dataclass(frozen=True)
class Overview:
    """Of all members, without names."""

    summary: totals.Summary
    tables: list[tuple[str, list[dict]]]


def overview(*, run: ScoreRun, horizon: int) -> Overview:
    """For people who see totals and no names."""
    return _keep(run, None)(f"overview {horizon}", lambda: _overview(run, horizon))


def tab_counts(*, seen: QuerySet, run: ScoreRun, horizon: int) -> dict[str, int]:
    """Members in each view, before the other filters. One query."""
    asked = {
        view: Count("pk", filter=risk.wanted(risk.Filters(view=view, horizon=horizon), run))
        for view in risk.VIEWS
        if view != "mine"  # differs from person to person, so it is not counted for everybody's tab
    }
    start, _ = run.bands.share_bounds("md")
    in_some = Q(**{f"risk_{horizon}__gte": start}) | Q(renews_on__lt=run.as_of) | ~Q(abstained="")
    return risk.visible(seen=seen, run=run).filter(in_some).aggregate(**asked)


def _overview(run: ScoreRun, horizon: int) -> Overview:
    tables = [*totals.groups(run=run, horizon=horizon).items()]
    return Overview(totals.totals(run=run, horizon=horizon), tables)


def _keep(run: ScoreRun, seen: QuerySet | None) -> Keep:
    return Keep(seen, run.pk, run.scored, run.abstained, run.newest, run.data, run.said)
