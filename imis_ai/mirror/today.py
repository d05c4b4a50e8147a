"""What the mirror says on the first page: money owed and received, feeds that are late, records refused."""

from django.conf import settings
from django.urls import reverse

from imis_ai.accounts.models import User
from imis_ai.mirror import money, queries
from imis_ai.ui import words
from imis_ai.ui.today import TODAY, WEEK, Asked, Figure, Part, Waits

SMALLEST = 10  # of invoices, for people who see totals only


def part(asked: Asked) -> Part:
    """Figures by role; a sync that failed waits for everybody."""
    found = Part(waits=_late(asked))
    if asked.viewer.role == User.Role.ADMIN:
        found.figures.append(_feeds())
        found.waits += _refused(asked)
    elif asked.viewer.may("money.totals"):
        found.figures += _money(asked)
    return found


def _late(asked: Asked) -> list[Waits]:
    state = asked.freshness
    if state is None or state.level not in ("failed", "late", "never"):
        return []
    name = "The sync is late" if state.level == "late" else "The sync failed"
    why = f"{state.sentence} Numbers below are older than they should be."
    if state.level == "never":
        name, why = "iMIS is not connected", "Nothing has been read from iMIS yet."
    due = WEEK if state.level == "late" else TODAY
    return [Waits(1, name, why, reverse("data"), "Open", oldest=state.as_of, due=due, amount=float(10**9))]


def _feeds() -> Figure:
    used = [feed for feed in queries.feeds() if feed.last_try_at and not feed.is_paused]
    fresh = [feed for feed in used if feed.health == feed.Health.FRESH]
    rows = sum(feed.rows for feed in used)
    others = [feed.name.replace("_", " ") for feed in used if feed.health != feed.Health.FRESH]
    return Figure(
        10,
        "Feeds read as planned",
        f"{len(fresh)} of {len(used)}",
        f"{words.count(rows)} rows in iMIS",
        f"Not: {', '.join(others[:3])}" if others else "None failed",
        "bad" if others else "good",
        address=reverse("data"),
    )


def _refused(asked: Asked) -> list[Waits]:
    by_feed = queries.refused_by_feed()
    if not by_feed or not asked.viewer.may("data.refused"):
        return []
    feed = max(by_feed, key=lambda name: by_feed[name])
    why = f"Most are {feed.replace('_', ' ')}. They are kept and tried again when the reason is gone."
    return [Waits(sum(by_feed.values()), "Records that could not be stored", why, reverse("data"), "Open")]


def _money(asked: Asked) -> list[Figure]:
    found = money.outlook(seen=asked.seen, today=asked.today, data=asked.data)
    is_finance = asked.viewer.role == User.Role.FINANCE
    if asked.seen is None and found.invoices < SMALLEST:
        return []
    first = 10 if is_finance else 30
    made = [
        Figure(
            first,
            "Overdue",
            _round(found.overdue),
            words.plural(found.invoices, "invoice"),
            f"{_round(found.old)} is past 60 days",
            as_of=_age(asked),
            address=_rows(asked, "overdue"),
            points=found.past,
        ),
        Figure(
            first + 2,
            "Received in 30 days",
            _round(found.received),
            "every paid invoice",
            *_against(float(found.received), float(found.received_year_ago)),
            as_of=_age(asked),
            address=_rows(asked, "paid"),
        ),
    ]
    if is_finance:
        invoices = words.plural(found.due_invoices, "invoice")
        made.append(
            Figure(
                first + 1,
                "Falls due in 4 weeks",
                _round(found.due),
                invoices,
                as_of=_age(asked),
                address=_rows(asked, "due"),
            )
        )
    return made


def _rows(asked: Asked, what: str) -> str:
    return f"{reverse('members')}?money={what}" if asked.viewer.may("members.read") else ""


def _age(asked: Asked) -> str:
    at = asked.freshness and asked.freshness.as_of
    return f"iMIS of {words.moment(at.astimezone(asked.now.tzinfo), asked.now)}" if at else ""


def _round(amount) -> str:
    return words.money(amount, settings.CURRENCY, cents=False)


def _against(now: float, before: float) -> tuple[str, str]:
    """The comparison with the same days a year ago, and whether it is good."""
    if not before:
        return "nothing to compare a year ago", ""
    change = now / before - 1
    if abs(change) < 0.005:
        return "as much as a year ago", ""
    side = "more" if change > 0 else "less"
    return f"{words.percent(abs(change))} {side} than a year ago", "good" if change > 0 else "bad"
