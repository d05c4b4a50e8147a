"""Every score that is kept of one member, with its reasons and its model, for their own request."""

from collections.abc import Iterator

from imis_ai.governance.privacy import Section, Subject
from retention.calc import bands
from retention.models import Alert, Call, ChapterScore, PlanOffer, RiskScore

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
    alerts = Alert.objects.filter(member__imis_id=subject.imis_id).order_by("opened_at")
    yield Section(
        "Alerts", "What staff were told to look at, with the facts.", [_alert(each) for each in alerts]
    )
    own = ChapterScore.objects.filter(member__imis_id=subject.imis_id)
    yield Section("In the chapter", "How you take part, of 100.", [_chapter(each) for each in own])
    plans = PlanOffer.objects.filter(member__imis_id=subject.imis_id).order_by("made_at")
    yield Section("Payment plans", "Offered to you, and your answer.", [_plan(each) for each in plans])


def _alert(alert: Alert) -> dict:
    facts = {f"fact {n}": f"{fact['on']}: {fact['what']}" for n, fact in enumerate(alert.evidence, 1)}
    return {"about": alert.get_signal_display(), "made": alert.opened_at, "state": alert.state} | facts


def _chapter(row: ChapterScore) -> dict:
    return {"as of": row.as_of, "of 100": row.score, "half a year before": row.before, "roles": row.roles}


def _plan(plan: PlanOffer) -> dict:
    parts = ", ".join(f"{part['amount']} on {part['due_on']}" for part in plan.parts)
    return {"plan": plan.name, "parts": parts, "offered": plan.made_at, "answer": plan.answer or "none"}


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
