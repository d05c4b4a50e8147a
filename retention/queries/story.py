"""What stood behind a suggestion of retention: its score, the reasons, and the numbers below."""

from collections.abc import Iterator
from datetime import datetime, time
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils import timezone

from imis_ai.accounts.models import User
from imis_ai.features.queries.personal import features_of
from imis_ai.governance.audit.story import Beat
from imis_ai.mirror import access
from retention.calc import bands
from retention.models import RiskScore

if TYPE_CHECKING:
    from imis_ai.governance.models import Proposal


def tell(*, proposal: "Proposal", viewer: User) -> Iterator[Beat]:
    """Nothing where there is no such score, or the viewer may not see the member."""
    score = _scores(proposal, viewer).select_related("run", "member").first()
    if score is None:
        return
    day = timezone.make_aware(datetime.combine(score.run.as_of, time.min))
    values = features_of(pseudonym=str(score.member.pseudonym), as_of=score.run.as_of)
    facts = tuple((row["what"], f"{row['value']:g} {row['unit']}".strip()) for row in values)
    if facts:
        yield Beat(day, "inputs", f"What was known on {score.run.as_of:%-d %b %Y}", facts)
    yield Beat(score.run.created_at, "score", _title(score), _reasons(score))


def _scores(proposal: "Proposal", viewer: User) -> QuerySet[RiskScore]:
    members = access.members(viewer).filter(imis_id=proposal.imis_id or None)
    found = RiskScore.objects.filter(member__in=members, abstained="")
    if run := proposal.made_from.get("run"):
        return found.filter(run_id=run)
    return found.filter(run__created_at__lte=proposal.created_at).order_by("-run__created_at")


def _title(score: RiskScore) -> str:
    said, low, high = (bands.of_100(getattr(score, f"{part}_90") or 0) for part in ("risk", "low", "high"))
    return f"Of 100 members like this one, {said} lapse in 90 days (range {low} to {high})"


def _reasons(score: RiskScore) -> tuple[tuple[str, str], ...]:
    model = ("Model", f"{score.run.model_name} {score.run.model_version}")
    return (model, *((f"Reason {n}", factor["sentence"]) for n, factor in enumerate(score.factors, 1)))
