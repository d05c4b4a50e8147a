"""Tables of retention, one module per noun."""

from retention.models.ablations import Ablation
from retention.models.alerts import Alert, PlanOffer
from retention.models.calls import Call
from retention.models.chapters import ChapterScore
from retention.models.first_year import FirstYearStep
from retention.models.lapses import CohortPlan, LapseReason, Study, WinBackOffer
from retention.models.outreach import Introducer, LeftOut, Promise, Seats
from retention.models.policy import Crossing, Policy
from retention.models.scores import RiskScore, ScoreInputs, ScoreRun

__all__ = [
    "Ablation",
    "Alert",
    "Call",
    "ChapterScore",
    "CohortPlan",
    "Crossing",
    "FirstYearStep",
    "Introducer",
    "LapseReason",
    "LeftOut",
    "PlanOffer",
    "Policy",
    "Promise",
    "RiskScore",
    "ScoreInputs",
    "ScoreRun",
    "Seats",
    "Study",
    "WinBackOffer",
]
