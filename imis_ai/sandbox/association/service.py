"""Everything else members do: courses, posts, gifts, cases, committees, comments and the ties between
records.
"""

from dataclasses import dataclass

import numpy as np

from imis_ai.sandbox.association import chance, topics
from imis_ai.sandbox.association.equation import DRIVERS
from imis_ai.sandbox.association.membership import Terms
from imis_ai.sandbox.association.people import NEVER, WINDOW_DAYS, People
from imis_ai.sandbox.association.programme import Programme, Registrations

# code on the wire, description, yearly rate of a member (None: from the person's habits)
TYPES = [
    ("DONATE", "Gift to the education fund", 0.07),
    ("PURCHASE", "Bookshop order", 0.30),
    ("SPONSOR", "Event sponsorship", 0.0),
    ("COURSEST", "Course started", None),
    ("COURSECO", "Course completed", None),
    ("CERT", "Certification earned", None),
    ("VOLUNTR", "Volunteer shift", 0.12),
    ("CASE", "Member service case", 0.09),
    ("POST", "Forum post", None),
    ("REPLY", "Forum reply", None),
    ("PROFILE", "Profile updated", 0.35),
    ("BENEFIT", "Benefit used", 1.1),
    ("MENTOR", "Mentoring session", 0.10),
    ("PODCAST", "Podcast episode played", 0.45),
]
CODE = {code: i for i, (code, *_) in enumerate(TYPES)}
PART_TIME = "Employment changed to part time"
NOTES_OF_LEAVING = [
    "Address changed: moved abroad",
    "Retired from practice",
    "Employment changed: left the profession",
    "Record marked as deceased",
]


@dataclass
class Activities:
    """In order of time. `at` in seconds; amount in cents, -1 without; text: what it was about."""

    member: np.ndarray
    kind: np.ndarray
    at: np.ndarray
    amount: np.ndarray
    quantity: np.ndarray
    text: np.ndarray  # code into WORDS


@dataclass
class Texts:
    """In order of time. `template` indexes BODIES; `case` etc. by source."""

    member: np.ndarray
    source: np.ndarray
    at: np.ndarray
    template: np.ndarray
    event: np.ndarray
    filler: np.ndarray


SOURCES = ["survey", "event_feedback", "community", "case"]
WORDS: list[str] = [
    *topics.COURSES,
    *topics.PRODUCTS,
    *(name for name, *_ in topics.BENEFITS),
    PART_TIME,
    *(text for _, text, _ in TYPES),
    *(post[1] for post in topics.POSTS),
    *NOTES_OF_LEAVING,
]
WORD = {word: i for i, word in enumerate(WORDS)}


def _rates(person: People, kind: int, rate: float | None) -> np.ndarray:
    """Yearly rate of one activity type for every person."""
    code = TYPES[kind][0]
    if code == "SPONSOR":
        return np.where(person.organisation, 0.5, 0.0)
    if code == "COURSEST":
        return person.courses * ~person.organisation
    if code in {"POST", "REPLY"}:
        return person.posts * (0.45 if code == "POST" else 0.55) * ~person.organisation
    return np.full(person.n, rate or 0.0)


def activities(person: People, terms: Terms, *, seed: int, today: int) -> Activities:
    """All types of TYPES; a started course is completed some weeks later in three of four cases."""
    rng = chance.stream(seed, "activities")
    start, end = np.maximum(terms.start, today - WINDOW_DAYS), np.minimum(terms.until, today)
    member, kind, day, text = [], [], [], []

    def add(rows: np.ndarray, code: int, days: np.ndarray, words: np.ndarray) -> None:
        member.append(rows), kind.append(np.full(len(rows), code)), day.append(days), text.append(words)

    for k, (code, words, rate) in enumerate(TYPES):
        origin, when = chance.spread(rng, _rates(person, k, rate)[terms.member] / 365, start, end)
        about = _about(rng, code, words, len(origin))
        add(terms.member[origin], k, when, about)
        if code == "COURSEST":
            done = np.flatnonzero((rng.random(len(origin)) < 0.75) & (when + 35 < end[origin]))
            add(
                terms.member[origin[done]],
                CODE["COURSECO"],
                when[done] + rng.integers(14, 35, len(done)),
                about[done],
            )
    for flag, code, words in (
        (terms.certified, "CERT", topics.COURSES[2]),
        (terms.part_time, "PROFILE", PART_TIME),
    ):
        rows = np.flatnonzero(flag & (end - start > 20))
        when = start[rows] + (end[rows] - start[rows]) * rng.uniform(0.2, 0.9, len(rows))
        add(terms.member[rows], CODE[code], when, np.full(len(rows), WORD[words]))
    members, kinds, days, texts = (np.concatenate(part) for part in (member, kind, day, text))
    at = chance.daytime(rng, days)
    rows = np.flatnonzero(at < today * 86400)
    rows = rows[np.lexsort((kinds[rows], members[rows], at[rows]))]
    amount = np.where(kinds == CODE["DONATE"], rng.choice([2500, 5000, 10000, 25000], len(kinds)), -1)
    amount = np.where(kinds == CODE["PURCHASE"], rng.choice([3900, 5900, 8900, 12900], len(kinds)), amount)
    amount = np.where(kinds == CODE["SPONSOR"], rng.choice([75000, 150000, 300000], len(kinds)), amount)
    quantity = np.where(kinds == CODE["VOLUNTR"], rng.integers(2, 9, len(kinds)), 1)
    return Activities(members[rows], kinds[rows], at[rows], amount[rows], quantity[rows], texts[rows])


def _about(rng: np.random.Generator, code: str, usual: str, n: int) -> np.ndarray:
    """Word codes for n activities of a type."""
    lists = {
        "COURSEST": topics.COURSES,
        "PURCHASE": topics.PRODUCTS,
        "BENEFIT": [b[0] for b in topics.BENEFITS],
        "POST": [p[1] for p in topics.POSTS],
        "REPLY": [p[1] for p in topics.POSTS],
    }
    words = np.array([WORD[w] for w in lists.get(code, [usual])])
    return words[rng.integers(0, len(words), n)]


def committees(
    person: People, terms: Terms, *, seed: int, today: int
) -> list[tuple[int, int, int, int, bool]]:
    """(member row, committee, start, end or 0 while it lasts, chairs), until left or no longer a member.

    Who left and renewed all the same is asked back some weeks into the next term.
    """
    rng = chance.stream(seed, "committees")
    left = DRIVERS.index("committee_left")
    stays: list[tuple[int, int, int, int, bool]] = []
    serving: dict[int, int] = {}
    rows = np.flatnonzero(person.committee[terms.member] >= 0)
    rows = rows[np.lexsort((terms.start[rows], terms.member[rows]))]
    luck, delay = rng.random(len(rows)), rng.integers(10, 60, len(rows))
    for k, row in enumerate(rows.tolist()):
        who = int(terms.member[row])
        begin = serving.pop(who, None)
        if begin is None:
            begin = int(max(terms.start[row] + delay[k], person.joined[who] + 40))
        gone = terms.flags[row, left]
        stop = int(min(terms.onset[row] if gone else NEVER, terms.resigned[row]))
        over = gone or terms.last[row]
        if terms.last[row] and not gone and terms.until[row] < today:
            stop = int(min(terms.until[row], terms.resigned[row]))
        if not over:
            serving[who] = begin
        elif begin < today and begin <= stop:  # who resigns before the first meeting never served
            stays.append(
                (who, int(person.committee[who]), begin, stop if stop < today else 0, luck[k] < 0.12)
            )
    return stays


def texts(
    person: People, terms: Terms, plan: Programme, found: Registrations, *, seed: int, today: int
) -> Texts:
    """Survey answers, event feedback, forum posts and cases. What they say is independent of who lapses."""
    rng = chance.stream(seed, "texts")
    came = np.flatnonzero((found.attended == 1) & (rng.random(len(found.event)) < 0.07))
    start, end = np.maximum(terms.start, today - WINDOW_DAYS), np.minimum(terms.until, today)
    parts = [
        (
            found.member[came],
            1,
            plan.day[found.event[came]] + rng.integers(1, 6, len(came)),
            found.event[came],
        )
    ]
    for source, rate in ((0, 0.10), (2, 0.05), (3, 0.06)):
        origin, when = chance.spread(rng, np.full(len(terms), rate / 365), start, end)
        parts.append((terms.member[origin], source, when.astype(np.int64), np.full(len(origin), -1)))
    member, day, event = (np.concatenate([part[i] for part in parts]) for i in (0, 2, 3))
    source = np.concatenate([np.full(len(part[0]), part[1]) for part in parts])
    keep = ~person.organisation[member]
    sizes = np.array([len(topics.COMMENTS), len(topics.COMMENTS), len(topics.POSTS), len(topics.CASES)])
    at = chance.daytime(rng, day.astype(float))
    template = rng.integers(0, sizes[source])
    about_event = np.array([c[1] == "event" or "{event}" in c[3] for c in topics.COMMENTS])
    template = np.where((source == 1), np.flatnonzero(about_event)[template % about_event.sum()], template)
    template = np.where(
        (source == 0), np.flatnonzero(~about_event)[template % (~about_event).sum()], template
    )
    rows = np.flatnonzero(keep & (at < today * 86400))
    rows = rows[np.lexsort((member[rows], at[rows]))]
    filler = rng.integers(0, 1000, len(at))
    return Texts(member[rows], source[rows], at[rows], template[rows], event[rows], filler[rows])
