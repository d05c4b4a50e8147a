"""Tables of retention, one module per noun."""

from retention.models.outreach import Introducer, LeftOut, Promise, Seats
from retention.models.scores import RiskScore, ScoreInputs, ScoreRun

__all__ = ["Introducer", "LeftOut", "Promise", "RiskScore", "ScoreInputs", "ScoreRun", "Seats"]
