"""Every write of the retention domain."""

from retention.actions.propose import propose_scores
from retention.actions.score import rescore, score_members
from retention.actions.train import train_churn

__all__ = ["propose_scores", "rescore", "score_members", "train_churn"]
