"""Whose risk a person should judge: the range of the score reaches over the line of the list."""

from datetime import date, datetime, time, timedelta
from itertools import zip_longest

import numpy as np
from django.conf import settings
from django.utils import timezone
from django.utils.timezone import localtime

from imis_ai.accounts.models import User
from imis_ai.features import labels
from imis_ai.governance.reviewing import Case, Queue
from imis_ai.mirror import access, timeline
from imis_ai.mirror import queries as mirror
from imis_ai.ui import words
from retention.calc import bands
from retention.models import RiskScore, ScoreRun
from retention.queries import learning
from retention.queries.corrected import CARD
from retention.queries.rollout import LIKELY, UNLIKELY

NAME = "risk"
LOOKED_AT = 120
ENTRIES = 6
DAY, A_YEAR = np.timedelta64(1, "D"), 365
BEFORE = (14, 85)  # days before the end of its term a known case is shown as it stood
NOT_OWN = ("money", "membership")  # what happens to a member, not what a member does
LOOKED_BACK = 20
LATELY, LITTLE, MUCH = 90, 1, 5  # days, and entries in them
TRIED = 12  # old terms looked at for each known case that is wanted


def unsure(now: datetime) -> list[Case]:
    """Scores whose 80 % range holds the line, the widest on both sides first."""
    run = ScoreRun.objects.filter(is_current=True).first()
    if run is None:
        return []
    line, _ = run.bands.share_bounds("md")
    rows = RiskScore.objects.filter(run=run, abstained="", low_90__lt=line, high_90__gte=line)
    rows = rows.filter(member__gone_at=None, renews_on__gte=run.as_of).select_related("member")
    found = [_case(score, run, line) for score in rows.defer("factors").order_by("-high_90", "pk")]
    return sorted(found, key=lambda case: -case.hardness)[:LOOKED_AT]


def known(number: int, now: datetime) -> list[Case]:
    """Terms that ended within a year and whose outcome is certain, looked at some weeks before their end.

    Clear ones: next to nothing was heard of who lapsed, much of who renewed; who looks judges them right.
    """
    book, today = learning.book(), np.datetime64(localtime(now).date(), "D")
    certain = today - (settings.GRACE_DAYS + 1) * DAY
    recent = (book.stop < certain) & (book.stop >= certain - A_YEAR * DAY)
    same = np.append(book.member[1:] == book.member[:-1], False)
    after = np.where(same, np.append(book.start[1:], labels.NEVER), labels.NEVER)
    lapsed = after > book.stop + settings.GRACE_DAYS * DAY
    chance = np.random.default_rng(int(today.astype(int)))
    drawn = chance.permutation(np.flatnonzero(recent))
    ids, pks = mirror.imis_ids_by_pseudonym(), mirror.member_ids_by_pseudonym()
    numbers = {str(pseudonym): (imis_id, pks.get(pseudonym)) for pseudonym, imis_id in ids.items()}
    found: dict[bool, list[Case]] = {True: [], False: []}
    for left, own in found.items():
        for place in drawn[lapsed[drawn] == left][: number * TRIED]:
            imis_id, pk = numbers.get(str(book.names[book.member[place]]), ("", None))
            as_of = (book.stop[place] - int(chance.integers(*BEFORE)) * DAY).astype(date)
            if pk is not None and len(own) <= number // 2 and _is_clear(pk, as_of, left=left):
                own.append(_known(imis_id, as_of, left=left))
    mixed = [each for pair in zip_longest(found[True], found[False]) for each in pair if each]
    return mixed[:number]


def facts(viewer: User, imis_id: str, as_of: date) -> list[tuple[str, str]]:
    """As known that day, in days before and after it: nobody sees which day it was."""
    member = access.members(viewer).filter(imis_id=imis_id).select_related("tier", "chapter").first()
    if member is None:
        return []
    name = str(member) if access.sees_names(viewer) else words.masked(str(member))
    ends = _term_end(str(member.pseudonym), as_of)
    found = [
        ("Member", name),
        ("Tier and chapter", ", ".join(str(part) for part in (member.tier, member.chapter) if part)),
        ("Member for", words.span((as_of - member.joined_on).days) if member.joined_on else ""),
        ("Term ends in", words.plural((ends - as_of).days, "day") if ends else ""),
    ]
    for entry in timeline.latest(member_id=member.pk, limit=ENTRIES, until=_end_of(as_of)):
        days = (as_of - localtime(entry.at).date()).days
        about = f": {entry.about}" if entry.about else ""
        found.append((f"{words.plural(days, 'day')} before", f"{entry.words}{about}"))
    return [(label, value or "not known") for label, value in found]


def _case(score: RiskScore, run: ScoreRun, line: float) -> Case:
    of, low, high = (bands.of_100(share) for share in (score.risk_90, score.low_90, score.high_90))
    width = max(score.high_90 - score.low_90, 0.01)
    return Case(
        imis_id=score.member.imis_id,
        as_of=run.as_of,
        model_says=LIKELY if score.risk_90 >= line else UNLIKELY,
        shown=f"{of} of 100 within 90 days, range {low} to {high}",
        why=f"Its range, {low} to {high} of 100, holds the line of the list, {bands.of_100(line)}.",
        hardness=round(width - abs(score.risk_90 - line), 4),
        model=run.model_name,
        version=run.model_version,
    )


def _known(imis_id: str, as_of: date, *, left: bool) -> Case:
    answer = LIKELY if left else UNLIKELY
    return Case(
        imis_id=imis_id,
        as_of=as_of,
        model_says=answer,
        shown="the membership lapsed" if left else "the membership was renewed",
        why="What happened is known.",
        hardness=0.0,
        known_answer=answer,
    )


def _is_clear(member_id: int, as_of: date, *, left: bool) -> bool:
    entries = timeline.latest(member_id=member_id, limit=LOOKED_BACK, until=_end_of(as_of))
    own = [entry for entry in entries if entry.group not in NOT_OWN]
    heard = sum((as_of - localtime(entry.at).date()).days <= LATELY for entry in own)
    return heard <= LITTLE if left else heard >= MUCH


def _term_end(pseudonym: str, as_of: date) -> date | None:
    """The last day of the term that ran that day."""
    book, day = learning.book([pseudonym]), np.datetime64(as_of, "D")
    running = np.flatnonzero((book.start <= day) & (book.stop >= day))
    return book.stop[running[-1]].astype(date) if len(running) else None


def _end_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


QUEUE = Queue(
    name=NAME,
    area="retention",
    label="Risks to judge",
    question="Is this member likely to lapse within 90 days?",
    right="retention.correct",
    choices=((LIKELY, "Likely to lapse"), (UNLIKELY, "Likely to stay")),
    unsure=unsure,
    known=known,
    facts=facts,
    card=CARD,
    means={LIKELY: "leaves", UNLIKELY: "stays"},
    reason="other",
)
