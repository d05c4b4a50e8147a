"""Every score that is kept of one member, with its reasons and its model, for their own request."""

from collections.abc import Iterator

from imis_ai.governance.privacy import Section, Subject
from retention.calc import bands
from retention.models import Call, RiskScore

ABOUT = "Chances of 100 that you leave, each with its 80 % range and up to three reasons."


def sections(subject: Subject) -> Iterator[Section]:
    scores = RiskScore.objects.filter(member__imis_id=subject.imis_id).select_related("run")
    yield Section(
        "Scores", ABOUT, [_row(score) for score in scores.order_by("run__as_of", "run__created_at")]
    )
    calls = Call.objects.filter(member__imis_id=subject.imis_id).order_by("period", "pk")
    yield Section(
        "Calls", "Weeks in which you were on the list to be called.", [_call(call) for call in calls]
    )


def _call(call: Call) -> dict:
    points = "; ".join(point["text"] for point in call.points)
    told = {"list of": call.period, "to talk about": points, "what came of it": call.get_outcome_display()}
    return told | {"on": call.decided_at, "minutes": call.minutes, "note": call.note}


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
