"""What a check found that a person should look at: raised once, gone by itself, or accepted with a reason."""

from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.features.definitions import FEATURES
from imis_ai.governance import audit
from imis_ai.governance.refusals import Blocked, Changed, WhyNot
from imis_ai.registry.calc.reading import Gap, gaps
from imis_ai.registry.cards import Card
from imis_ai.registry.models import Finding, ModelCheck, TrainedModel
from imis_ai.ui import words

Kind = Finding.Kind


class Found(NamedTuple):
    kind: str
    about: str
    sentence: str


@transaction.atomic
def settle(*, card: Card, live: TrainedModel, check: ModelCheck, now: datetime) -> None:
    """Raise what is new, keep what lasts, close what is gone."""
    found = {(each.kind, each.about): each for each in _found(card, live, check)}
    lasting = {(row.kind, row.about): row for row in Finding.objects.filter(name=live.name, gone_at=None)}
    for key, row in lasting.items():
        if key in found:
            row.seen_at, row.sentence, row.version = now, found[key].sentence, live.version
        else:
            row.gone_at = now
        row.save()
    new = [each for key, each in found.items() if key not in lasting]
    for each in new:
        made = Finding.objects.create(
            name=live.name,
            version=live.version,
            kind=each.kind,
            about=each.about,
            sentence=each.sentence,
            found_at=now,
            seen_at=now,
        )
        _record("model.finding", made, None, now, {"sentence": each.sentence})


@transaction.atomic
def accept(*, finding: Finding, reason: str, by: User, now: datetime) -> None:
    """A person says why it is right as it is. Once gone, it is raised again. Raises Blocked, Changed."""
    if not reason.strip():
        raise Blocked(
            WhyNot(
                "Accepting this needs a reason.", rule="reasons", next_step="Say why it is right as it is."
            )
        )
    done = Finding.objects.filter(pk=finding.pk, gone_at=None, accepted_at=None).update(
        accepted_at=now, accepted_by=str(by)[:150], reason=reason.strip()[:300]
    )
    if not done:
        raise Changed(WhyNot("This is settled already.", rule="findings", next_step="Open the page again."))
    _record("model.finding_accepted", finding, by, now, {"reason": reason.strip()[:300]})


def _found(card: Card, live: TrainedModel, check: ModelCheck) -> list[Found]:
    moved = [Found(Kind.SHIFT, row["feature"], _moved_sentence(row)) for row in check.shifts if row["moved"]]
    if check.rate and check.rate["moved"]:
        moved.append(Found(Kind.RATE, "outcome", _rate_sentence(card, check.rate)))
    unfair = gaps(check.reading or live.reading, limit=settings.MODEL_GAP_LIMIT)
    return moved + [
        Found(Kind.GAP, f"{gap.by}: {gap.group}, {gap.measure}"[:200], gap_sentence(card=card, gap=gap))
        for gap in unfair
    ]


def gap_sentence(*, card: Card, gap: Gap) -> str:
    """A gap in words for staff. A group to which it happens more often has other rates for that alone."""
    own, others = words.of_100(gap.value), words.of_100(gap.others)
    who = f"{gap.by} {gap.group}"
    match gap.measure:
        case "level":
            n = words.plural(gap.n, "member")
            return f"{who}: it says {own} of 100, {others} of 100 {card.happened} ({n})."
        case "missed":
            said = f"of 100 who {card.happened}, {own} were not put before staff; elsewhere, {others}."
        case "alarms":
            said = f"of 100 who did not, {own} were put before staff all the same; elsewhere, {others}."
        case _:
            said = f"{own} of 100 are put before staff; elsewhere, {others}. What happened is no reason."
    rates = " and ".join(str(words.of_100(share)) for share in gap.rates)
    return f"{who}: {said} Of 100 of them and of the others {rates} {card.happened}."


def _moved_sentence(row: dict) -> str:
    meaning = FEATURES[row["feature"]].meaning if row["feature"] in FEATURES else row["feature"]
    mean = ""
    if row["before"] is not None and row["now"] is not None:
        mean = f" On average {row['now']:,.4g} now, {row['before']:,.4g} in the months it learnt from."
    return (f"{meaning} moved: shift {row['shift']:.2f}, usual up to {row['limit']:.2f}.{mean}")[:400]


def _rate_sentence(card: Card, rate: dict) -> str:
    said, low, high = (words.of_100(rate[key]) for key in ("share", "low", "high"))
    return f"Of 100 decided in {rate['month']}, {said} {card.happened}; usual are {low} to {high}."


def _record(action: str, finding: Finding, by: User | None, now: datetime, detail: dict) -> None:
    audit.record(
        action=action,
        by=by,
        now=now,
        about=("finding", str(finding.pk)),
        detail=detail | {"kind": finding.kind, "about": finding.about},
        versions={"model": f"{finding.name} {finding.version}"},
    )
