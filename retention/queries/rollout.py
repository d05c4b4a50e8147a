"""What the churn model shows before the area goes a step further: its proof, and members to judge blindly."""

import hashlib
from datetime import datetime

from django.utils.timezone import localtime

from imis_ai.accounts.models import User
from imis_ai.governance.rollout import Judged
from imis_ai.governance.rollout.evidence import Measured
from imis_ai.mirror import access, timeline
from imis_ai.registry import queries as registry
from imis_ai.ui import words
from retention.calc import bands
from retention.models import RiskScore
from retention.queries import list as risk

LEAST_DECISIONS = 100
LIKELY, UNLIKELY = "likely", "unlikely"
RECENT_ENTRIES = 6


def accuracy(area: str, now: datetime) -> Measured:
    """The live model against its baselines on decisions later than its training: better than each of them."""
    try:
        model = registry.live("churn")
    except registry.NoModel:
        return Measured("No churn model is live yet.", is_met=False)
    auc, n = model.evaluation.get("auc"), model.evaluation.get("members", 0)
    others = {name: each.get("auc") for name, each in model.baselines.items() if name != "with interactions"}
    best = max((value for value in others.values() if value is not None), default=None)
    if auc is None or best is None or n < LEAST_DECISIONS:
        said = f"{words.count(n)} later decisions are too few to tell; {LEAST_DECISIONS} are needed."
        return Measured(said, is_met=False, n=n)
    pairs = f"{words.of_100(auc)} of 100 pairs in the right order, today's best practice {words.of_100(best)}"
    return Measured(f"On {words.count(n)} later decisions: {pairs}.", is_met=auc > best, n=n)


def sample(viewer: User, number: int, now: datetime) -> list[Judged]:
    """Half above the line of the list, half below if there are so many; their order tells nothing."""
    run = risk.current_run()
    if run is None:
        return []
    scores = risk.visible(seen=access.members(viewer), run=run).exclude(risk_90=None)
    edge = run.bands.share_bounds("md")[0]
    key = f"{viewer.pk} {localtime(now).date()}"
    above = _drawn(scores.filter(risk_90__gte=edge), number, key)
    below = _drawn(scores.filter(risk_90__lt=edge), number - min(len(above), number // 2), key)
    return sorted(above[: number - len(below)] + below, key=lambda judged: _digest(judged.imis_id, key))


def facts(viewer: User, imis_id: str) -> list[tuple[str, str]]:
    """What is known of the member, without what the model says; empty when the viewer may not see it."""
    run = risk.current_run()
    member = access.members(viewer).filter(imis_id=imis_id).select_related("tier", "chapter").first()
    if run is None or member is None:
        return []
    name = str(member) if access.sees_names(viewer) else words.masked(str(member))
    known = [
        ("Member", name),
        ("Tier", str(member.tier or "")),
        ("Chapter", str(member.chapter or "")),
        ("Joined", words.long_date(member.joined_on, run.as_of) if member.joined_on else ""),
        ("Paid through", words.long_date(member.paid_through, run.as_of) if member.paid_through else ""),
        ("Renews automatically", {True: "yes", False: "no"}.get(member.auto_renew, "")),
    ]
    for entry in timeline.latest(member_id=member.pk, limit=RECENT_ENTRIES):
        day = words.long_date(localtime(entry.at).date(), run.as_of)
        known.append((day, f"{entry.words}{': ' if entry.about else ''}{entry.about}"))
    return [(label, value or "not known") for label, value in known]


def _drawn(scores, number: int, key: str) -> list[Judged]:
    found = list(scores.select_related("member", "run"))
    found.sort(key=lambda score: _digest(score.member.imis_id, key))
    return [_judged(score) for score in found[:number]]


def _judged(score: RiskScore) -> Judged:
    says = LIKELY if score.run.bands.band(score.risk_90) != "lo" else UNLIKELY
    return Judged(score.member.imis_id, says, f"{bands.of_100(score.risk_90)} of 100 within 90 days")


def _digest(imis_id: str, key: str) -> str:
    return hashlib.sha256(f"{key} {imis_id}".encode()).hexdigest()
