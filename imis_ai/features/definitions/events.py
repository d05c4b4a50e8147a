"""Events: registered, came, stayed away; the annual conference and chapter meetings by themselves."""

# ruff: noqa: E501  a table: one feature per line

import numpy as np

from imis_ai.features.calc.arrays import Floats, ratio, trend
from imis_ai.features.calc.asof import AsOf
from imis_ai.features.definitions.base import ALL_HISTORY, NEVER, NONE, NOW, ZERO, group

f = group(source="registrations, events", sensitivity="behaviour")

ATTENDANCE = "0 when the member has none; not available when iMIS holds no attendance"
NOTHING_TO_ATTEND = "empty when there was nothing to attend; not available when iMIS holds no attendance"


def _dropped(at: AsOf, kind: str) -> Floats:
    """1 when the member came in the year before last and not since; NaN for those who did not come then."""
    before, since = at.events.came(365, kind, until=400), at.events.came(400, kind)
    return np.where(before > 0, (since == 0).astype(float), np.nan)


FEATURES = (
    f("events.registrations_90", "Registrations made in the last 90 days", "registrations", 90, ZERO, lambda at: at.events.registered(90)),
    f("events.registrations_365", "Registrations made in the last 365 days", "registrations", 365, ZERO, lambda at: at.events.registered(365)),
    f("events.registrations_730", "Registrations made in the last 24 months", "registrations", 730, ZERO, lambda at: at.events.registered(730)),
    f("events.registrations_change", "Registrations of the last 365 days less those of the 365 before", "registrations", 730, ZERO, lambda at: at["events.registrations_365"] - at.events.registered(365, until=365)),
    f("events.registration_trend", "Pace of registrations: last 90 days against the 275 before (0 same, below 0 slower)", "log ratio", 365, ZERO, lambda at: trend(at["events.registrations_90"], 90, at["events.registrations_365"])),
    f("events.attended_90", "Events attended in the last 90 days", "events", 90, ATTENDANCE, lambda at: at.events.came(90)),
    f("events.attended_365", "Events attended in the last 365 days", "events", 365, ATTENDANCE, lambda at: at.events.came(365)),
    f("events.attended_730", "Events attended in the last 24 months", "events", 730, ATTENDANCE, lambda at: at.events.came(730)),
    f("events.attended_all", "Events attended so far", "events", ALL_HISTORY, ATTENDANCE, lambda at: at.events.came(None)),
    f("events.attended_change", "Events attended in the last 365 days less those of the 365 before", "events", 730, ATTENDANCE, lambda at: at["events.attended_365"] - at.events.came(365, until=365)),
    f("events.attendance_rate_365", "Average attendance last year: events attended of those there was a place for", "share", 365, NOTHING_TO_ATTEND, lambda at: 1 - at.events.no_show_rate(365)),
    f("events.no_show_rate", "Events missed of those registered for and not cancelled, last 24 months", "share", 730, NOTHING_TO_ATTEND, lambda at: at.events.no_show_rate(730)),
    f("events.missed_365", "Events registered for but missed in the last 365 days", "events", 365, ATTENDANCE, lambda at: at.events.stayed_away(365)),
    f("events.missed_in_a_row", "Events missed since the last one attended", "events", ALL_HISTORY, NOTHING_TO_ATTEND, lambda at: at.events.missed_in_a_row()),
    f("events.days_since_attended", "Days since the last event attended", "days", ALL_HISTORY, NEVER, lambda at: at.events.days_since(at.events.attended)),
    f("events.days_since_missed", "Days since the last event missed", "days", ALL_HISTORY, NEVER, lambda at: at.events.days_since(at.events.missed)),
    f("events.cancel_rate", "Registrations cancelled, last 24 months", "share", 730, NONE, lambda at: at.events.cancel_rate(730)),
    f("events.upcoming", "Registrations for events still to come", "registrations", NOW, ZERO, lambda at: at.events.upcoming()),
    f("events.annual_attended_730", "Annual conferences attended in the last 24 months", "conferences", 730, ATTENDANCE, lambda at: at.events.came(730, "annual_conference")),
    f("events.annual_dropped", "1 when the member came to the annual conference a year earlier but not to the last one", "yes or no", 765, "empty for those who did not come the year before", lambda at: _dropped(at, "annual_conference")),
    f("events.chapter_attended_365", "Chapter meetings attended in the last 365 days", "meetings", 365, ATTENDANCE, lambda at: at.events.came(365, "chapter_meeting")),
    f("events.chapter_change", "Chapter meetings attended in the last 365 days less those of the 365 before", "meetings", 730, ATTENDANCE, lambda at: at["events.chapter_attended_365"] - at.events.came(365, "chapter_meeting", until=365)),
    f("events.webinars_365", "Webinars attended in the last 365 days", "webinars", 365, ATTENDANCE, lambda at: at.events.came(365, "webinar")),
    f("events.usual_gap", "Usual days between events attended", "days", ALL_HISTORY, "empty with fewer than two events", lambda at: at.events.usual_gap()),
    f("events.gap_ratio", "Days since the last event against the usual gap (1 = as usual)", "times", ALL_HISTORY, "empty with fewer than two events", lambda at: ratio(at["events.days_since_attended"], at["events.usual_gap"])),
)  # fmt: skip
