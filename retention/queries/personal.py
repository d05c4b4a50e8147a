"""Every score that is kept of one member, with its reasons and its model, for their own request."""

from collections.abc import Iterator

from imis_ai.governance.privacy import Section, Subject
from retention.calc import bands
from retention.models import RiskScore

ABOUT = "Chances of 100 that you leave, each with its 80 % range and up to three reasons."


def sections(subject: Subject) -> Iterator[Section]:
    scores = RiskScore.objects.filter(member__imis_id=subject.imis_id).select_related("run")
    yield Section(
        "Scores", ABOUT, [_row(score) for score in scores.order_by("run__as_of", "run__created_at")]
    )


def _row(score: RiskScore) -> dict:
    row = {
        "as of": score.run.as_of,
        "model": f"{score.run.model_name} {score.run.model_version}",
        "no score because": score.abstained,
    }
    for horizon in ("30", "60", "90", "renewal"):
        parts = [getattr(score, f"{part}_{horizon}") for part in ("risk", "low", "high")]
        if None not in parts:
            said, low, high = map(bands.of_100, parts)
            row[f"in {horizon} days" if horizon != "renewal" else "at the next renewal"] = (
                f"{said} ({low} to {high})"
            )
    row |= {f"reason {n}": factor.get("sentence") for n, factor in enumerate(score.factors, 1)}
    return row | {"likely date": score.lapse_on, "value in 12 months": score.value}
