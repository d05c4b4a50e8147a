"""The facts that come with the product, all from the mirror."""

from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.utils.timezone import localdate

from imis_ai.governance.messages import facts as registry
from imis_ai.governance.messages import mail
from imis_ai.mirror import facts
from imis_ai.mirror.facts import Known
from imis_ai.ui import words


def register() -> None:
    """Called once at start."""
    add = registry.register
    add("first_name", "First name", "iMIS contact", facts.first_names, is_name=True)
    add("tier", "Tier", "iMIS membership", facts.tiers)
    add("renewal_date", "Paid through", "iMIS membership", _by_day(facts.renewal_dates), say=_day)
    add("dues", "Dues", "iMIS, newest term", facts.dues, say=_money)
    add(
        "events_attended",
        "Events attended in 12 months",
        "iMIS registrations",
        facts.events_attended,
        say=_counted("event"),
    )
    add("top_benefit", "Most used benefit", "iMIS activities", _first(facts.top_benefits))
    add(
        "top_benefit_uses",
        "Uses of that benefit",
        "iMIS activities",
        _second(facts.top_benefits),
        say=_counted("time"),
    )
    add("benefits_used", "Most used benefits", "iMIS activities", facts.benefits_used, say=_benefits)
    add("ended_on", "Membership ended", "iMIS membership", _ended, say=_day)
    add("benefits_until", "Benefits run until", "iMIS membership and the grace of the settings", _ended,
        say=_until)  # fmt: skip
    add("director", "Membership director", "settings", _director, is_name=True)
    add("next_chapter_event", "Next event of the chapter", "iMIS events", _next_event, say=_event)
    add("years_a_member", "Years a member", "iMIS contact", _by_day(facts.years), say=_counted("year"))
    add(
        "staff_owner",
        "Who looks after them",
        "iMIS relationships",
        _by_day(facts.staff_owners),
        is_name=True,
    )


def _by_day(read: Callable[[Collection[str], date], facts.Facts]) -> registry.Read:
    return lambda imis_ids, now: read(imis_ids, localdate(now))


def _first(read: Callable) -> registry.Read:
    return lambda imis_ids, now: {key: pair[0] for key, pair in read(imis_ids, now).items()}


def _second(read: Callable) -> registry.Read:
    return lambda imis_ids, now: {key: pair[1] for key, pair in read(imis_ids, now).items()}


def _ended(imis_ids: Collection[str], now: datetime) -> facts.Facts:
    return facts.ended_on(imis_ids, localdate(now), grace=settings.GRACE_DAYS)


def _until(value: str | int, now: datetime) -> str:
    return _full(date.fromisoformat(str(value)) + timedelta(days=settings.GRACE_DAYS))


def _director(imis_ids: Collection[str], now: datetime) -> facts.Facts:
    name = mail.director()
    return {imis_id: Known(name, now) for imis_id in imis_ids} if name else {}


def _benefits(value: str | int, now: datetime) -> str:
    """As many as stand in one line: the library 8 times, the forum 3 times and webinars once."""
    used = [part.rpartition("|") for part in str(value).split(";")]
    said = [f"{name} {words.plural(int(n), 'time')}" for name, _, n in used]
    while len(said) > 1 and len(_listed(said)) > registry.LONGEST:
        said.pop()
    return _listed(said)


def _listed(said: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(said[:-1]), said[-1])))


def _next_event(imis_ids: Collection[str], now: datetime) -> facts.Facts:
    """Name and day in one value, so that a moved event counts as another fact."""
    found = facts.next_chapter_events(imis_ids, now)
    return {
        imis_id: Known(f"{name.value}|{localdate(starts).isoformat()}", name.at)
        for imis_id, (name, starts) in found.items()
    }


def _event(value: str | int, now: datetime) -> str:
    name, _, on = str(value).rpartition("|")
    return f"{name} on {_full(date.fromisoformat(on))}"


def _day(value: str | int, now: datetime) -> str:
    return _full(date.fromisoformat(str(value)))


def _full(day: date) -> str:
    """With its year always: a letter is read again years later."""
    return f"{day.day} {day:%B} {day.year}"


def _money(value: str | int, now: datetime) -> str:
    return words.money(Decimal(value), settings.CURRENCY)


def _counted(noun: str) -> Callable[[str | int, datetime], str]:
    return lambda value, now: words.plural(int(value), noun)
