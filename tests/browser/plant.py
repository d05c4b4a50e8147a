"""A list long enough to page through, for the browser."""

import datetime as dt

from tests.factories.mirror import ActivityFactory, ChapterFactory, MemberFactory, TierFactory
from tests.factories.retention import (
    AS_OF,
    DECLINED,
    QUIET,
    SEATED,
    RiskScoreFactory,
    ScoreRunFactory,
    UnscoredFactory,
)

NAMES = ["Dana Whitfield", "Marcus Oyelaran", "Hae-won Lim", "Beatriz Carneiro", "Łukasz Żak"]


def association(members: int = 60):
    """Members 100000, 100001 … by falling risk, in two chapters and two tiers, with an earlier score each."""
    chapters = [ChapterFactory(code="TX", name="Texas"), ChapterFactory(code="GU", name="Gulf")]
    tiers = [TierFactory(code="PRO", name="Professional"), TierFactory(code="FEL", name="Fellow")]
    people = []
    for n in range(members):
        name = NAMES[n % len(NAMES)]
        first, last = name.split()
        people.append(
            MemberFactory(
                imis_id=str(100_000 + n),
                first_name=first,
                last_name=last,
                name=name,
                chapter=chapters[n % 2],
                tier=tiers[n % 2],
            )
        )
    old = ScoreRunFactory(as_of=AS_OF - dt.timedelta(weeks=6), is_backfill=True)
    run = ScoreRunFactory(is_current=True, scored=members, abstained=1)
    for n, member in enumerate(people):
        risk = 0.82 - n * 0.5 / members
        RiskScoreFactory(run=run, member=member, risk=risk, factors=[QUIET, DECLINED, SEATED][n % 2 :])
        RiskScoreFactory(run=old, member=member, risk=risk / 2)
    UnscoredFactory(run=run)
    ActivityFactory(member=people[0], kind="download", reference="Structures library")
    return people
