"""Every write to the mirror. Callers name these functions; the modules behind them are its own."""

from imis_ai.mirror.actions.archive import Imported, import_archive
from imis_ai.mirror.actions.changes import Entry, enter_change, remove_change
from imis_ai.mirror.actions.database import import_database
from imis_ai.mirror.actions.freshen import freshen, freshen_changes
from imis_ai.mirror.actions.holds import pause, release
from imis_ai.mirror.actions.lease import Busy, LeaseLost
from imis_ai.mirror.actions.merges import erase
from imis_ai.mirror.actions.notices import follow_up, follow_up_alone, receive
from imis_ai.mirror.actions.periods import purge_gone, purge_texts
from imis_ai.mirror.actions.quality import count_again, count_problems, leave
from imis_ai.mirror.actions.rejects import ignore
from imis_ai.mirror.actions.retry import retry
from imis_ai.mirror.actions.save import Saved, clear_dirty, mark_dirty, save
from imis_ai.mirror.actions.scope import NotSwitchable, switch_field
from imis_ai.mirror.actions.sync import FeedResult, SyncResult, UnknownFeed, sync
from imis_ai.mirror.archive.problems import BadArchive

__all__ = [
    "BadArchive",
    "Busy",
    "Entry",
    "FeedResult",
    "Imported",
    "LeaseLost",
    "NotSwitchable",
    "Saved",
    "SyncResult",
    "UnknownFeed",
    "clear_dirty",
    "count_again",
    "count_problems",
    "enter_change",
    "erase",
    "follow_up",
    "follow_up_alone",
    "freshen",
    "freshen_changes",
    "ignore",
    "import_archive",
    "import_database",
    "leave",
    "mark_dirty",
    "pause",
    "purge_gone",
    "purge_texts",
    "receive",
    "release",
    "remove_change",
    "retry",
    "save",
    "switch_field",
    "sync",
]
