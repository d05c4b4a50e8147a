"""Whose risk a person should judge: the range of the score reaches over the line of the list."""

from datetime import date, datetime, time, timedelta
from itertools import zip_longest

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.timezone import localtime

from imis_ai.accounts.models import User
from imis_ai.governance.reviewing import Case, Queue
from imis_ai.mirror import access, timeline
from imis_ai.ui import words
from retention.calc import bands
from retention.models import RiskScore, ScoreRun
from retention.queries import card
from retention.queries.corrected import CARD
from retention.queries.rollout import LIKELY, UNLIKELY

NAME = "risk"
LOOKED_AT = 120
CLEAR_HIGH, CLEAR_LOW = 0.6, 0.12  # a known case is one in which the data told, and it came so
ENTRIES = 6
MODEL_NAME = "churn"


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
    """Old scores, clear ones, that came true: whoever looks at the facts judges these right."""
    outcomes = card.outcomes(None, localtime(now).date())
    if outcomes is None:
        return []
    clear = [
        (member, day, happened)
        for member, day, said, happened in zip(
            outcomes.member, outcomes.day, outcomes.said, outcomes.happened, strict=True
        )
        if (happened and said >= CLEAR_HIGH) or (not happened and said <= CLEAR_LOW)
    ]
    lapsed = [each for each in clear if each[2]]
    stayed = [each for each in clear if not each[2]]
    mixed = [each for pair in zip_longest(lapsed, stayed) for each in pair if each][: number * 2]
    return [case for each in mixed if (case := _known_case(*each))][:number]


def facts(viewer: User, imis_id: str, as_of: date) -> list[tuple[str, str]]:
    """As known that day, in days before and after it: nobody sees which day it was."""
    member = access.members(viewer).filter(imis_id=imis_id).select_related("tier", "chapter").first()
    score = _score_of(imis_id, as_of)
    if member is None or score is None:
        return []
    name = str(member) if access.sees_names(viewer) else words.masked(str(member))
    ends = score.renews_on
    found = [
        ("Member", name),
        ("Tier and chapter", ", ".join(str(part) for part in (member.tier, member.chapter) if part)),
        ("Member for", words.span((as_of - member.joined_on).days) if member.joined_on else ""),
        ("Term ends in", words.plural((ends - as_of).days, "day") if ends and ends >= as_of else ""),
    ]
    until = timezone.make_aware(datetime.combine(as_of + timedelta(days=1), time.min))
    for entry in timeline.latest(member_id=member.pk, limit=ENTRIES, until=until):
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


def _known_case(pseudonym: str, day: object, happened: float) -> Case | None:
    as_of = date.fromisoformat(str(day))
    rows = RiskScore.objects.filter(
        member__pseudonym=pseudonym, run__as_of=as_of, run__is_backfill=False, member__gone_at=None
    )
    score = _newest(rows)
    if score is None or score.risk_90 is None:
        return None
    line, _ = score.run.bands.share_bounds("md")
    answer = LIKELY if happened else UNLIKELY
    return Case(**(_case(score, score.run, line).__dict__ | {"known_answer": answer}))


def _score_of(imis_id: str, as_of: date) -> RiskScore | None:
    return _newest(RiskScore.objects.filter(member__imis_id=imis_id, run__as_of=as_of))


def _newest(rows: QuerySet[RiskScore]) -> RiskScore | None:
    ordered = rows.select_related("run", "member").order_by(
        F("run__is_backfill").asc(), F("run__created_at").desc()
    )
    return ordered.first()


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
