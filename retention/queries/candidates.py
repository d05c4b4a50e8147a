"""Whom the night would write to: by band and stage, not yet written to on this occasion. Reads only."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import F, Q, QuerySet

from imis_ai.governance import proposals, reviewing, rollout
from imis_ai.mirror import contact
from retention.calc import bands, outreach
from retention.models import RiskScore, ScoreRun
from retention.queries import corrected
from retention.queries import list as risk

KIND = "retention.message"
AREA = "retention"
MADE_AGAIN = ("changed", "template")  # what stopped a message that is drafted again with what is true now
REMEMBERED = timedelta(days=400)  # drafts of one term are looked for so far back


@dataclass(frozen=True)
class Wanted:
    """One member to write to. `purpose` chooses the texts, `stage` and `reason` the offer.

    `occasion` names what it is about, such as the last day of the term: once per member, purpose and
    occasion. `known` is what the draft was made from, for the record; members never read it.
    """

    imis_id: str
    purpose: str
    stage: str
    reason: str = ""
    occasion: str = ""
    offer: str = ""  # the only one that may go with it, by name; empty: the first that fits
    known: dict[str, object] = field(default_factory=dict)


def of_the_night(*, now: datetime, today: date) -> list[Wanted]:
    """Members in scope at high or medium risk, most to lose first. Five queries, however many members."""
    run = risk.current_run()
    if run is None:
        return []
    found = [each for score in _at_risk(run, today) if (each := _wanted(score, run, today))]
    done = written(now=now)
    fresh = [each for each in found if (each.imis_id, each.purpose, each.occasion) not in done]
    return _in_scope(fresh, now)


def written(*, now: datetime) -> set[tuple[str, str, str]]:
    """Member, purpose and occasion of every draft there was.

    One that nobody decided on counts as none, and so does one that was stopped because its facts changed.
    """
    found = proposals.of_kind(kind=KIND).filter(created_at__gt=now - REMEMBERED)
    found = found.exclude(messages__state="cancelled", messages__problem__in=MADE_AGAIN)
    rows = found.exclude(state=proposals.State.EXPIRED).order_by()
    return set(rows.values_list("imis_id", "made_from__purpose", "made_from__occasion"))


def _at_risk(run: ScoreRun, today: date) -> QuerySet[RiskScore]:
    """Nobody of whom staff say that they stay, and nobody who waits to be judged."""
    start, _ = run.bands.share_bounds("md")
    grace = today - timedelta(days=settings.GRACE_DAYS)
    ahead = Q(renews_on__gte=today, risk_90__gte=start)
    ended = Q(renews_on__lt=today, renews_on__gte=grace, risk_renewal__gte=start)
    rows = RiskScore.objects.filter(ahead | ended, run=run, member__gone_at=None, abstained="")
    rows = rows.filter(~corrected.said_to_stay(run), ~reviewing.those(number="member__imis_id", area=AREA))
    return rows.select_related("member").order_by((F("risk_90") * F("dues")).desc(nulls_last=True), "pk")


def _wanted(score: RiskScore, run: ScoreRun, today: date) -> Wanted | None:
    stage = outreach.stage(score.renews_on, today=today, grace_days=settings.GRACE_DAYS)
    share = score.risk_renewal if stage == outreach.GRACE else score.risk_90
    band = run.bands.band(share)
    purpose = outreach.purpose(band, stage)
    if not purpose:
        return None
    return Wanted(
        imis_id=score.member.imis_id,
        purpose=purpose,
        stage=stage,
        reason=outreach.reason(score.factors),
        occasion=score.renews_on.isoformat(),
        known={
            "band": band,
            "risk": bands.of_100(share),
            "run": run.pk,
            "model": f"{run.model_name} {run.model_version}",
            "as_of": run.as_of.isoformat(),
        },
    )


def _in_scope(found: list[Wanted], now: datetime) -> list[Wanted]:
    """Only those for whom the phase and the pilot of retention allow drafts."""
    members = contact.alive([each.imis_id for each in found])
    allowed = rollout.members_in(area=AREA, action="draft", members=members, now=now)
    numbers = set(allowed.values_list("imis_id", flat=True))
    return [each for each in found if each.imis_id in numbers]
