"""Tables of retention, one module per noun."""

from retention.models.scores import RiskScore, ScoreInputs, ScoreRun

__all__ = ["RiskScore", "ScoreInputs", "ScoreRun"]
