"""Campaigns of retention: comparisons with what was sent in them, what followed, what was caused. Reads only.

Caused is said of the difference between arms drawn by lot, by the rule of the comparison; whoever got a
message and renewed is influenced, no more. Nobody's name is in any of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.timezone import localdate

from imis_ai.accounts.models import User
from imis_ai.governance import outreach_followed, outreach_review, proposals
from imis_ai.governance.experiments import listing, results
from imis_ai.governance.experiments.results import Against, Result
from imis_ai.governance.proposals import pace
from imis_ai.ui import words
from retention.calc import campaigns as calc
from retention.calc import outreach
from retention.calc.campaigns import One, Sum
from retention.queries.candidates import AREA, KIND

YEAR = timedelta(days=365)
SHOWN = 40
FEW = listing.SMALLEST
EARLY = results.WORDS[results.EARLY]
State = proposals.State


@dataclass(frozen=True)
class Money:
    """Kept because of contact, with its range; None until the comparison says so."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Campaign:
    """One comparison of retention, or with `experiment` None what was sent outside of any."""

    experiment: Any
    name: str
    stands: str
    sums: Sum
    result: Result | None = None
    said: list[tuple[Against, str, str]] = field(default_factory=list)

    @property
    def pk(self) -> int:
        return self.experiment.pk if self.experiment else 0

    @property
    def first(self) -> Against | None:
        return self.result.against[0] if self.result and self.result.against else None

    @property
    def verdict(self) -> str:
        if self.experiment is None:
            return "Not compared"
        return results.WORDS[self.first.verdict] if self.first else EARLY

    @property
    def difference(self) -> str:
        return listing.difference(self.first) if self.first else ""

    @property
    def influenced(self) -> int:
        """Contacted, then renewed: by the comparison where there is one, else by the messages."""
        if self.result:
            return sum(line.influenced for line in self.result.lines if not line.is_control)
        return self.sums.renewed

    @property
    def caused(self) -> float | None:
        """Members who renewed because of contact, once that may be said."""
        return self.first.caused if self.first and self.first.is_known else None

    @property
    def is_few(self) -> bool:
        """Too small for people who see totals only."""
        smallest = min((line.members for line in self.result.lines), default=FEW) if self.result else FEW
        return 0 < self.sums.drafted < FEW or smallest < FEW

    @property
    def kept(self) -> Money | None:
        one = self.first
        if one is None or one.earned is None or one.earned_low is None or one.earned_high is None:
            return None
        return Money(one.earned, one.earned_low, one.earned_high)


def listed(*, now: datetime) -> list[Campaign]:
    """Newest first; what was sent outside of every comparison comes last."""
    ones = messages(now=now)
    sums = calc.by(ones, "experiment")
    found = [
        _campaign(each, sums.get(each.pk, Sum()), now)
        for each in listing.listed(listing.Chosen(area=AREA))[:SHOWN]
    ]
    outside = sums.get(0)
    if outside:
        found.append(
            Campaign(None, "Messages outside of comparisons", "Nobody was left alone for it.", outside)
        )
    return found


def one(*, number: int, now: datetime) -> tuple[Campaign, list[One]] | None:
    """One campaign with its messages."""
    mine = [each for each in messages(now=now) if each.experiment == number]
    if number == 0:
        said = "Nobody was left alone for it, so nothing can be called caused."
        return Campaign(None, "Messages outside of comparisons", said, calc.add_up(mine)), mine
    experiment = listing.whole().filter(pk=number, area=AREA).first()
    return (_campaign(experiment, calc.add_up(mine), now), mine) if experiment else None


def totals(found: Sequence[Campaign]) -> tuple[Sum, int, list[Campaign]]:
    """Everything together: messages, influenced members, and the campaigns of which caused may be said."""
    every = Sum(
        **{
            name: sum(getattr(each.sums, name) for each in found)
            for name in Sum.__dataclass_fields__  # of the same shape, so that sums add up
        }
    )
    return every, sum(each.influenced for each in found), [each for each in found if each.caused is not None]


def messages(*, now: datetime) -> list[One]:
    """Every draft of the last year with what was done and what followed. Twelve queries, however many."""
    items = list(proposals.of_kind(kind=KIND).filter(created_at__gt=now - YEAR).order_by("pk"))
    after = outreach_followed.of(found=items, area=AREA, now=now)
    seconds = pace.spent(kind=KIND, since=now - YEAR, now=now)
    return [_one(item, after[item.pk], seconds.get(item.pk, 0.0)) for item in items]


def drafts(*, viewer: User, number: int) -> QuerySet:
    """The drafts of one campaign that a person may see by name, for the file."""
    found = proposals.visible(viewer=viewer).filter(kind=KIND).order_by("pk")
    return (
        found.filter(made_from__experiment=number)
        if number
        else found.exclude(made_from__has_key="experiment")
    )


def drafts_of(*, viewer: User, imis_id: str) -> QuerySet:
    """Everything that was ever drafted for one member."""
    return proposals.visible(viewer=viewer).filter(kind=KIND, imis_id=imis_id).order_by("pk")


def by_text(ones: Sequence[One]) -> list[tuple[str, Sum]]:
    """How each version of each text does, most sent first."""
    sums = calc.by(ones, "text")
    names = outreach_review.texts([int(key) for key in sums])
    rows = [(names.get(int(key), "a text that is gone"), each) for key, each in sums.items()]
    return sorted(rows, key=lambda row: (-row[1].sent, -row[1].drafted, row[0]))


def by_purpose(ones: Sequence[One]) -> list[tuple[str, Sum]]:
    return [
        (outreach.PURPOSES.get(str(key), "Other"), each) for key, each in calc.by(ones, "purpose").items()
    ]


def said_and_happened(*, now: datetime) -> list[calc.Band]:
    """Risk as it was said when the draft was made, against what became of the member, where that is final."""
    items = list(proposals.of_kind(kind=KIND).filter(created_at__gt=now - 2 * YEAR).order_by("pk"))
    after = outreach_followed.of(found=items, area=AREA, now=now)
    labels = [(item.made_from.get("risk"), after[item.pk].label) for item in items]
    return calc.held(
        [(risk, not label.renewed) for risk, label in labels if risk is not None and label and label.is_final]
    )


def _campaign(experiment: Any, sums: Sum, now: datetime) -> Campaign:
    stands = listing.stands(experiment=experiment, now=now)
    if not experiment.started_at:
        return Campaign(experiment, experiment.name, stands, sums)
    found = results.result(experiment=experiment, now=now)
    said = [(each, listing.sentence(found, each), listing.difference(each)) for each in found.against]
    return Campaign(experiment, experiment.name, stands, sums, found, said)


def _one(item: Any, after: outreach_followed.Followed, seconds: float) -> One:
    label, payload = after.label, item.payload
    return One(
        experiment=int(item.made_from.get("experiment") or 0),
        purpose=item.made_from.get("purpose", ""),
        text=payload["template_version"],
        is_approved=item.state in (State.APPROVED, State.UNDONE),
        is_rejected=item.state == State.REJECTED,
        is_edited=payload["body"] != payload["made"]["body"],
        is_sent=after.sent_at is not None,
        opened=bool(label and label.opened),
        replied=bool(label and label.replied),
        stopped=bool(label and label.stopped),
        renewed=bool(label and label.renewed),
        known=bool(label and label.is_final),
        seconds=seconds,
    )


def since_words(now: datetime) -> str:
    return words.long_date(localdate(now - YEAR), localdate(now))
