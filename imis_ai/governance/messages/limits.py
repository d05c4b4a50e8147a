"""How often and when members are contacted. Guardrail owners set the values; these are the defaults."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Limits:
    """Counted over all areas together, and per area; quiet hours hold for SMS, in the association's zone."""

    most: int = 3
    period: timedelta = timedelta(days=30)
    most_per_area: int = 1
    area_period: timedelta = timedelta(days=7)
    quiet_from: time = time(20)
    quiet_to: time = time(9)
    after_payment: timedelta = timedelta(days=3)
    open_case: timedelta = timedelta(days=30)
    people_only_share: float = 0.05
    owner: str = "Guardrail owner"


_providers: list[Callable[[], Limits]] = []


def from_source(provider: Callable[[], Limits]) -> None:
    """`provider()` answers with the values in force."""
    _providers[:] = [provider]


def current() -> Limits:
    return _providers[0]() if _providers else Limits()


def quiet_until(now: datetime, zone: ZoneInfo, limits: Limits) -> datetime | None:
    """When the quiet hours that hold at `now` end; None outside of them."""
    local = now.astimezone(zone)
    start, end = limits.quiet_from, limits.quiet_to
    if start == end:
        return None
    clock = local.time()
    is_quiet = start <= clock < end if start < end else clock >= start or clock < end
    if not is_quiet:
        return None
    day = local.date() if clock < end else local.date() + timedelta(days=1)
    return datetime.combine(day, end, tzinfo=zone)
