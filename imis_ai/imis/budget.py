"""How much of iMIS we may take: so many requests a minute, none in quiet hours, one at a time."""

import datetime as dt
import re
from collections import deque
from collections.abc import Callable
from zoneinfo import ZoneInfo

from imis_ai.imis.errors import NotConfigured, QuietHours

MINUTE = 60.0
_SPAN = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-4]):([0-5]\d)")
Span = tuple[int, int]  # minutes of the day; an end before the start runs over midnight


def quiet_spans(text: str) -> list[Span]:
    """`08:00-18:00, 22:30-06:00` to minutes of the day. Raises `NotConfigured`."""
    spans = []
    for part in filter(None, (each.strip() for each in text.split(","))):
        match = _SPAN.fullmatch(part)
        if not match:
            raise NotConfigured(f"IMIS_QUIET_HOURS: {part!r} is no span of time. Write it like 08:00-18:00.")
        hours = [int(each) for each in match.groups()]
        spans.append((hours[0] * 60 + hours[1], min(hours[2] * 60 + hours[3], 24 * 60)))
    return spans


def quiet_until(now: dt.datetime, spans: list[Span]) -> dt.datetime | None:
    """When the quiet hours that hold `now` (aware, at the site) end; nothing outside of them."""
    minute = now.hour * 60 + now.minute
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for start, end in spans:
        if start <= minute < end:
            return midnight + dt.timedelta(minutes=end)
        if end <= start and (minute >= start or minute < end):
            return midnight + dt.timedelta(days=int(minute >= start), minutes=end)
    return None


class Budget:
    """Lets a request pass when it may. In any minute no more than `per_minute` pass; 0 sets no ceiling."""

    def __init__(
        self,
        *,
        per_minute: int,
        quiet_hours: str,
        zone: ZoneInfo,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._per_minute = per_minute
        self._spans = quiet_spans(quiet_hours)
        self._zone = zone
        self._clock = clock
        self._sleep = sleep
        self._passed: deque[float] = deque()
        self._not_before = 0.0

    def hold(self, until: float) -> None:
        """Nothing passes before `until` (seconds of the clock), because iMIS said so."""
        self._not_before = max(self._not_before, until)

    def take(self) -> None:
        """Wait until one request may pass. Raises `QuietHours` rather than wait for hours."""
        self._wait_until(self._not_before)
        if self._per_minute:
            while len(self._passed) >= self._per_minute:
                self._wait_until(min(self._passed.popleft(), self._clock()) + MINUTE)
        self._refuse_in_quiet_hours()
        self._passed.append(self._clock())
        if not self._per_minute:
            self._passed.clear()

    def _wait_until(self, moment: float) -> None:
        while (left := moment - self._clock()) > 0:
            self._sleep(left)

    def _refuse_in_quiet_hours(self) -> None:
        now = dt.datetime.fromtimestamp(self._clock(), self._zone)
        until = quiet_until(now, self._spans)
        if until:
            raise QuietHours(
                f"Quiet hours: iMIS is left alone until {until:%H:%M}. The sync goes on after that; "
                "IMIS_QUIET_HOURS changes the hours.",
                until=until,
            )
