"""Every write of the retention domain."""

from retention.actions.propose import propose_scores
from retention.actions.prune import prune
from retention.actions.score import rescore, score_members
from retention.actions.train import train_churn

__all__ = ["propose_scores", "prune", "rescore", "score_members", "train_churn"]
