"""What iMIS is told about members at risk: score, range, date and reasons, one row per member and run."""

from collections.abc import Iterator

from django.conf import settings

from imis_ai.governance.outbox import Message
from imis_ai.registry.models import TrainedModel
from retention.calc import bands
from retention.models import RiskScore, ScoreRun

TARGET, RUN_KEY = "AI_MemberInsight", "churn"
HORIZON = 90


def rows(*, run: ScoreRun) -> list[dict]:
    """Members at high or medium risk within 90 days, riskiest first, as they would stand in iMIS."""
    low, _ = run.bands.share_bounds("md")
    found = RiskScore.objects.filter(run=run, abstained="", risk_90__gte=low, member__gone_at=None)
    return [_row(score, run) for score in found.select_related("member").order_by("-risk_90", "member_id")]


def messages(payload: dict) -> list[Message]:
    """One row per member, replaced by the next run's; nothing a model was fed with is among them."""
    return list(_messages(payload))


def found_in_first_tenth(measured: dict) -> float:
    """How many of the later lapses were among the tenth that a model put first."""
    return measured["lift_10"] * 0.1 * measured["lapsed"]


def present_practice(model: TrainedModel) -> tuple[str, dict] | None:
    """The better of the plain rules that an association could follow without a model."""
    plain = {
        name: found
        for name, found in model.baselines.items()
        if name in ("plain rule", "recency-frequency logistic") and "lift_10" in found
    }
    return max(plain.items(), key=lambda item: item[1]["lift_10"], default=None)


def _messages(payload: dict) -> Iterator[Message]:
    shared = {"run_key": RUN_KEY, "scored_on": f"{payload['as_of']}T00:00:00", "model": payload["model"]}
    for row in payload["rows"]:
        fields = {name: value for name, value in row.items() if name != "imis_id" and value is not None}
        yield Message("set", TARGET, row["imis_id"], fields | shared)


def _row(score: RiskScore, run: ScoreRun) -> dict:
    chips = [factor["chip"] for factor in score.factors if factor.get("direction") != "lowers"][:3]
    return {
        "imis_id": score.member.imis_id,
        "score": bands.of_100(score.risk_90),
        "low": bands.of_100(score.low_90),
        "high": bands.of_100(score.high_90),
        "band": bands.NAMES[run.bands.band(score.risk_90)],
        "lapse_on": score.lapse_on.isoformat() if score.lapse_on else None,
        "link": f"{settings.SITE_URL}/retention/members/{score.member.imis_id}/",
        **{f"factor_{n}": chip for n, chip in enumerate(chips, 1)},
    }
