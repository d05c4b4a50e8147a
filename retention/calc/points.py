"""Talking points for a call: facts of the member's own history, each with its source and its day. Pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol

MOST, FEWEST = 5, 3
YEAR = 365


class Entry(Protocol):
    """One line of a member's history, as `mirror.timeline` has it."""

    at: datetime
    kind: str
    about: str
    source: str


@dataclass(frozen=True)
class Point:
    """Something to say. `on` is the day of the fact, ISO."""

    text: str
    source: str
    on: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def points(entries: Sequence[Entry], *, joined: str, tier: str, now: datetime) -> list[Point]:
    """Three to five, the most personal first: thanks and open matters, then use, then history.

    `entries` newest first. What the membership says is known of everybody, so that a call has a beginning.
    """
    found = [point for make in MAKERS if (point := make(entries, now)) is not None][:MOST]
    if len(found) < MOST and joined:
        found.append(
            Point(f"Member since {joined[:4]}{f', {tier}' if tier else ''}", "membership record", joined)
        )
    if len(found) < FEWEST and entries:
        last = entries[0]
        found.append(Point("Last seen by us on this day", _source(last.kind), _day(last)))
    if len(found) < FEWEST and tier:
        found.append(Point(f"Is a {tier} member", "membership record", now.date().isoformat()))
    return found


def contacts(entries: Sequence[Entry], *, most: int = 3) -> list[dict[str, str]]:
    """The last times we heard of each other: cases, texts, opened e-mails."""
    words = {"case_opened": "Opened a case", "text": "Wrote to us", "email_click": "Clicked in an e-mail",
             "email_open": "Opened an e-mail", "unsubscribe": "Unsubscribed"}  # fmt: skip
    said = [(words[each.kind], each) for each in entries if each.kind in words]
    return [
        {"text": f"{what}{f': {each.about}' if each.about else ''}", "on": _day(each)}
        for what, each in said[:most]
    ]


def best_hour(hours: Sequence[int]) -> str:
    """When the member is usually active, from hours of logins and opened e-mails; empty when not known."""
    if len(hours) < 5:
        return ""
    spans = {start: sum(start <= hour < start + 2 for hour in hours) for start in range(8, 19)}
    start, hits = max(spans.items(), key=lambda item: (item[1], -item[0]))
    if hits < 2:
        return ""
    return f"{start}:00 to {start + 2}:00, from {hits} of {len(hours)} logins and opened e-mails"


def _latest(kind: str, say: str, days: int = 2 * YEAR) -> Callable[[Sequence[Entry], datetime], Point | None]:
    def make(entries: Sequence[Entry], now: datetime) -> Point | None:
        for each in entries:
            if each.kind == kind and (now - each.at).days <= days:
                about = each.about.strip()
                return Point(
                    say.format(about=about) if about else re.split(":? {", say)[0], _source(kind), _day(each)
                )
        return None

    return make


def _most_used(entries: Sequence[Entry], now: datetime) -> Point | None:
    used = [each for each in entries if each.kind == "benefit_use" and (now - each.at).days <= YEAR]
    names = [each.about for each in used if each.about]
    if not names:
        return None
    name = max(sorted(set(names)), key=names.count)
    last = next(each for each in used if each.about == name)
    times = names.count(name)
    return Point(
        f"Used {name} {times} {'time' if times == 1 else 'times'} in a year", "benefit records", _day(last)
    )


def _open_case(entries: Sequence[Entry], now: datetime) -> Point | None:
    for each in entries:
        if each.kind == "case_closed":
            return None
        if each.kind == "case_opened":
            return Point(f"Has an open case{f': {each.about}' if each.about else ''}", "cases", _day(each))
    return None


MAKERS: tuple[Callable[[Sequence[Entry], datetime], Point | None], ...] = (
    _open_case,
    _latest("volunteer_shift", "Volunteered {about}"),
    _latest("committee", "Serves on {about}", 4 * YEAR),
    _latest("attended", "Came to {about}"),
    _most_used,
    _latest("declined", "A card payment failed: {about}", 120),
    _latest("course_complete", "Completed {about}"),
    _latest("donation", "Donated: {about}"),
    _latest("community_post", "Posted in the community: {about}"),
    _latest("missed", "Registered for {about} and did not come", YEAR),
    _latest("download", "Downloaded {about}", YEAR),
    _latest("login", "Signed in to the portal", YEAR),
)
SOURCES = {
    "attended": "event registrations",
    "missed": "event registrations",
    "volunteer_shift": "volunteer records",
    "committee": "committee records",
    "declined": "payment attempts",
    "paid": "invoices",
    "term": "terms",
}


def _source(kind: str) -> str:
    return SOURCES.get(kind, "activity records")


def _day(entry: Entry) -> str:
    return entry.at.date().isoformat()
