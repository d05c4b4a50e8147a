"""Who is worth a call: money likely kept because of it, and by which method; who is better left alone."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, FloatField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce

from imis_ai.governance import next_step
from imis_ai.governance.experiments import uplift
from imis_ai.mirror import habits
from retention.calc import moves
from retention.calc import worth as calc
from retention.calc.bands import NAMES
from retention.models import Call, RiskScore, ScoreRun
from retention.queries import corrected

AREA = "retention"
GROUPS = {f"{name.lower()} risk": band for band, name in NAMES.items()}  # as lots are drawn


@dataclass(frozen=True)
class Method:
    """`mode` as in calc.worth; `effects` by group of risk where they are measured. `n` outcomes by lot."""

    mode: str
    effects: dict[str, calc.Effect]
    n: int = 0

    @property
    def sentence(self) -> str:
        """What stands in the head of the column."""
        if self.mode == calc.UPLIFT:
            return f"{calc.WORDS[self.mode]}, from {self.n:,} outcomes of members drawn by lot."
        wanted = f"Measured from {calc.ENOUGH} outcomes on each side on; there are {self.n:,}."
        return f"{calc.WORDS[self.mode]}. {wanted}"

    def effect(self, band: str) -> calc.Effect | None:
        """None while nothing is measured."""
        if self.mode != calc.UPLIFT:
            return None
        group = next(name for name, own in GROUPS.items() if own == band)
        return self.effects.get(group, self.effects.get(""))


def measured() -> dict[str, Any]:
    """As it is kept with a run of scores: what comparisons that were read have shown so far."""
    cells = [calc.Cell(*each) for each in uplift.by_group(area=AREA, groups=list(GROUPS))]
    found = calc.effects(cells)
    return {
        "mode": calc.mode(cells),
        "n": sum(cell.n1 + cell.n0 for cell in cells),
        "effects": {group: vars(effect) for group, effect in found.items()},
        "tested": sorted(uplift.tested(area=AREA)),
    }


def method(run: ScoreRun) -> Method:
    """How the worth of this run's members is found. No query."""
    kept = run.worth or {}
    effects = {group: calc.Effect(**effect) for group, effect in kept.get("effects", {}).items()}
    return Method(kept.get("mode", calc.ESTIMATE), effects, kept.get("n", 0))


def valued(scores: QuerySet[RiskScore], run: ScoreRun) -> QuerySet[RiskScore]:
    """Scores with `worth`, the money likely kept by a call, and `last_call`, the state of the newest one."""
    calls = Call.objects.filter(member=OuterRef("member")).order_by("-period", "-pk")
    return scores.annotate(
        worth=expression(run),
        call_state=Subquery(calls.values("state")[:1]),
        called_at=Subquery(calls.filter(state=Call.State.DONE).values("decided_at")[:1]),
    )


def expression(run: ScoreRun) -> Case:
    """The money: 0 for those who cannot be reached and those left alone to compare."""
    value = Coalesce(Cast("value", FloatField()), Cast("dues", FloatField()), Value(0.0))
    held = next_step.held(number="member__imis_id", area=AREA, on=run.as_of)
    return Case(
        When(held, then=Value(0.0)),
        When(habits.callable_member(), then=_share(run) * value),
        default=Value(0.0),
        output_field=FloatField(),
    )


def _share(run: ScoreRun) -> Any:
    found = method(run)
    if found.mode != calc.UPLIFT:
        return Coalesce(F("risk_90"), Value(0.0))
    (high, _), (medium, _) = run.bands.share_bounds("hi"), run.bands.share_bounds("md")
    by_band = {band: found.effect(band).value for band in NAMES}  # as lots are grouped: by risk at renewal
    return Case(
        When(risk_renewal__gte=high, then=Value(by_band["hi"])),
        When(risk_renewal__gte=medium, then=Value(by_band["md"])),
        default=Value(by_band["lo"]),
        output_field=FloatField(),
    )


def leave_alone(score: RiskScore) -> str:
    """Why a contact does no good, in a sentence; empty where it may."""
    run = score.run
    band = "" if score.risk_renewal is None else run.bands.band(score.risk_renewal)
    effect = method(run).effect(band) if band else None
    return calc.leave_alone(score.low_90, score.high_90, effect)


def keeping(score: RiskScore) -> list[moves.Suggested]:
    """What would keep this member: moves that staff can make, because of the reasons of the score."""
    tested = {key for key, move in moves.BY_KEY.items() if move.label in score.run.worth.get("tested", ())}
    return moves.suggested(score.factors, tested=tested)


def ranked(*, run: ScoreRun, seen: QuerySet | None = None) -> QuerySet[RiskScore]:
    """Members at risk whom a call may keep, the worthiest first; nobody of whom staff say: not at risk."""
    start, _ = run.bands.share_bounds("md")
    scores = RiskScore.objects.filter(
        ~corrected.said_to_stay(run), run=run, risk_90__gte=start, member__gone_at=None
    )
    if seen is not None:
        scores = scores.filter(member__in=seen)
    return valued(scores, run).select_related("run", "member").order_by("-worth", "-risk_90", "pk")
