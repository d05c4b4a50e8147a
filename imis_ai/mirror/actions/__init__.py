"""Every write to the mirror. Callers name these functions; the modules behind them are its own."""

from imis_ai.mirror.actions.lease import Busy, LeaseLost
from imis_ai.mirror.actions.merges import erase
from imis_ai.mirror.actions.rejects import ignore, retry
from imis_ai.mirror.actions.save import Saved, save

__all__ = ["Busy", "LeaseLost", "Saved", "erase", "ignore", "retry", "save"]
