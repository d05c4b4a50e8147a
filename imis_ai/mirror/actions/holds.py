"""Feeds that stop until a person has looked: too much gone at once, or iMIS' clock behind our cursor."""

from datetime import datetime

from imis_ai.mirror.models import Feed

MOST_SHARE = 0.02
MOST_ROWS = 500
FEW = 5  # with under 250 members one deletion would otherwise be a mass disappearance


class Held(Exception):
    """A feed must stop; the text says at what a person must look. `gone` rows would have been removed."""

    def __init__(self, text: str, gone: int = 0) -> None:
        super().__init__(text)
        self.gone = gone


def check_gone(*, name: str, gone: int, total: int, what: str) -> None:
    """The guard against mass disappearance: more than 2 % or more than 500 at once. Raises Held."""
    allowed = Feed.objects.filter(name=name).values_list("cursor__allowed_gone", flat=True).first() or 0
    if gone <= max(FEW, allowed) or (gone <= MOST_ROWS and gone <= MOST_SHARE * total):
        return
    raise Held(
        f"{gone:,} of {total:,} {what} have disappeared from iMIS at once. Nothing was removed. Either the"
        " account lost a right or a query was changed: correct that; or they are really gone: release this"
        " feed.",
        gone,
    )


def hold(*, name: str, problem: Held) -> None:
    """Show the feed as held, and remember how much a release would permit."""
    feed, _ = Feed.objects.get_or_create(name=name)
    feed.health, feed.message = Feed.Health.HELD, str(problem)
    feed.cursor = {**feed.cursor, "held_gone": problem.gone}
    feed.save(update_fields=["health", "message", "cursor"])


def release(*, name: str, now: datetime) -> bool:
    """A person has looked: the next run may remove as much as was held back, or reads the whole feed again.

    Returns False when the feed is not held.
    """
    feed = Feed.objects.filter(name=name, health=Feed.Health.HELD).first()
    if feed is None:
        return False
    gone = feed.cursor.get("held_gone", 0)
    feed.cursor = {**feed.cursor, "allowed_gone": gone} if gone else {}
    feed.health, feed.message = (
        Feed.Health.FAILED,
        f"Released on {now:%Y-%m-%d}; the next run reads it again.",
    )
    feed.save(update_fields=["health", "message", "cursor"])
    return True


def pause(*, name: str, is_paused: bool) -> None:
    """Leave a feed out of every run, or take it in again."""
    Feed.objects.filter(name=name).update(is_paused=is_paused)
