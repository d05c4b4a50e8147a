"""What staff may say against a risk, what stands on its card now, and what the next model takes from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from django.db.models import Q

from imis_ai.accounts.models import User
from imis_ai.governance import corrections
from imis_ai.governance.corrections import Choice, Shown, Topic
from imis_ai.mirror import access
from retention.calc import bands
from retention.calc.taught import Said
from retention.models import RiskScore, ScoreRun

CARD = "risk"
STAYS, LEAVES = "stays", "leaves"
TOPIC = Topic(
    card=CARD,
    area="retention",
    label="Risk",
    right="retention.correct",
    choices=(
        Choice("stays", "Not at risk", timedelta(days=180), STAYS, quiets=True),
        Choice("leaves", "More at risk than this says", timedelta(days=180), LEAVES),
        Choice("reasons", "The reasons are wrong", timedelta(days=90)),
    ),
    reasons=(
        ("told", "The member told us"),
        ("employer", "The employer decides and has decided"),
        ("moved", "Retired, moved or changed jobs"),
        ("records", "What iMIS holds is not right"),
        ("other", "Another reason"),
    ),
    then=(
        "The list follows it at once and says who said so. The next model learns from it. It ends by itself "
        "after half a year at the latest, and can be taken back before."
    ),
    shown=lambda viewer, imis_ids: shown(viewer, imis_ids),
)


def shown(viewer: User, imis_ids: list[str]) -> dict[str, Shown]:
    """What the card says of each of these members now; nothing of those without a score."""
    rows = RiskScore.objects.filter(
        run__is_current=True, abstained="", member__in=access.members(viewer), member__imis_id__in=imis_ids
    )
    found = {}
    for score in rows.select_related("run", "member").defer("factors"):
        of, low, high = (bands.of_100(share) for share in (score.risk_90, score.low_90, score.high_90))
        found[score.member.imis_id] = Shown(
            words=f"{of} of 100 lapse within 90 days (range {low} to {high})",
            value={"risk": score.risk_90, "low": score.low_90, "high": score.high_90, "run": score.run_id},
            model=score.run.model_name,
            version=score.run.model_version,
            on=score.run.as_of,
        )
    return found


def said_to_stay(run: ScoreRun) -> Q:
    """The condition that staff say of a score's member: not at risk."""
    return corrections.those(number="member__imis_id", card=CARD, says=TOPIC.means(STAYS), on=run.as_of)


def taught(*, until: date) -> Said:
    """Of whom staff say that they stay or leave, without names, for training."""
    rows: Sequence[corrections.Said] = corrections.teaching(topic=TOPIC, until=until)
    return Said(
        member=np.array([row.pseudonym for row in rows], dtype=str),
        on=np.array([row.on for row in rows], dtype="datetime64[D]"),
        lapses=np.array([row.means == LEAVES for row in rows], dtype=bool),
    )


@dataclass(frozen=True)
class Stated:
    """What staff say of one member, as a list or a panel shows it."""

    pk: int
    by: str
    sentence: str
    at: datetime
    until: date | None

    @property
    def short(self) -> str:
        return f"{self.by}: {self.sentence}"


def in_words(said: dict | None, *, with_names: bool) -> Stated | None:
    """Of a row of `corrections.annotated`. What somebody wrote may name the member."""
    if not said:
        return None
    sentence = corrections.in_words(
        card=CARD, says=said["says"], reason=said["reason"], text=said["text"] if with_names else ""
    )
    until = date.fromisoformat(said["until"]) if said["until"] else None
    return Stated(said["pk"], said["by"], sentence, datetime.fromisoformat(said["at"]), until)
