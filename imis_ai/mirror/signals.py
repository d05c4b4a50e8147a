"""What a change notification means: which feed to read again, for which record. Pure.

iMIS sends Event Grid events named `<Entity>.<Action>` without the record; partner middleware also uses names
such as MemberLogin. Another event is one row of `FEEDS`.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from imis_ai.imis.records import Deletion, Record

# entity in lower case -> (feed, whether single records can be read)
FEEDS: dict[str, tuple[str, bool]] = {
    "party": ("members", True),
    "person": ("members", True),
    "organization": ("members", True),
    "cscontact": ("members", True),
    "user": ("members", True),
    "memberlogin": ("web_visits", False),
    "login": ("web_visits", False),
    "download": ("web_visits", False),
    "pageview": ("web_visits", False),
    "event": ("events", True),
    "eventregistration": ("registrations", False),
    "registration": ("registrations", False),
    "payment": ("payments", True),
    "paymentposted": ("payments", True),
    "invoice": ("invoices", False),
    "subscription": ("terms", False),
    "activity": ("activities", True),
    "purchase": ("activities", True),
    "surveyresponse": ("texts", False),
    "formresponse": ("texts", False),
}
OTHERWISE = ("members", False)
_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True)
class Signal:
    """One event as received: `type` is `<Entity>.<Action>`, `subject` names the record."""

    id: str
    type: str
    subject: str


def wanted(told: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Feed -> keys to read again, from (event type, subject) pairs; no keys: all that changed in the feed."""
    keys: dict[str, set[str]] = defaultdict(set)
    whole: set[str] = set()
    for event_type, subject in told:
        feed, is_single = FEEDS.get(event_type.partition(".")[0].lower(), OTHERWISE)
        key = record_key(subject)
        if is_single and key:
            keys[feed].add(key)
        else:
            whole.add(feed)
    return {**keys, **{feed: set() for feed in whole}}


def record_key(subject: str) -> str:
    """The id at the end of a subject such as `/Party/101`, `Party/101` or `101`; empty when there is none."""
    last = subject.rstrip("/").rpartition("/")[2]
    return last if _ID.fullmatch(last) and any(sign.isdigit() for sign in last) else ""


def gone(feed: str, key: str) -> list[Record]:
    """What it means that a single record is no longer there: only of members is that known."""
    return [Deletion(key=key)] if feed == "members" else []
