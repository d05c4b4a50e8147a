"""Outcomes counted by arm and group: who was drawn, who renewed in time, as of any day. Reads only.

Everybody counts in the arm that the lot put them in, contacted or not (intention to treat). A member counts
from the day on which the outcome is known for good, so that early renewals do not make an arm look better.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db.models import Min, OuterRef, Subquery, Sum
from django.utils.timezone import localdate
from numpy.typing import NDArray

from imis_ai.governance.messages.contact import OUT
from imis_ai.governance.models import Arm, ContactEntry, Experiment, OfferUse
from imis_ai.mirror import outcomes

NEVER = date.max.toordinal()


@dataclass(frozen=True)
class Rows:
    """One entry per member drawn, in arrays: numbers of arm and group, days as ordinals."""

    arms: Sequence[Arm]
    strata: Sequence[str]
    arm: NDArray[np.int64]
    stratum: NDArray[np.int64]
    chapter: NDArray[np.str_]
    decided: NDArray[np.int64]
    renewed: NDArray[np.int64]
    contacted: NDArray[np.int64]
    dues: NDArray[np.float64]
    spent: NDArray[np.float64]

    def counts(self, days: Sequence[date]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Renewed, and known, by day, arm and group."""
        by = np.array([day.toordinal() for day in days])[:, None]
        known = self.decided[None, :] <= by
        return self._table(known & (self.renewed[None, :] <= self.decided[None, :])), self._table(known)

    def _table(self, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        cells, size = self.arm * len(self.strata) + self.stratum, len(self.arms) * len(self.strata)
        made = np.stack([np.bincount(cells[row], minlength=size) for row in chosen])
        return made.reshape(len(chosen), len(self.arms), len(self.strata))

    def days(self, until: date) -> list[date]:
        """A day a week from the first known outcome until the last, oldest first; `until` is one of them."""
        if not len(self.decided) or self.decided.min() > until.toordinal():
            return []
        weeks = (until.toordinal() - int(self.decided.min())) // 7
        return [until - timedelta(days=7 * back) for back in range(weeks, -1, -1)]

    def of(self, chapters: Sequence[str]) -> NDArray[np.bool_]:
        """Members of these chapters."""
        return np.isin(self.chapter, list(chapters))


def read(experiment: Experiment) -> Rows:
    """The rows of a comparison. Who was erased counts nowhere. Four queries, however many members."""
    arms = list(experiment.arms.all())
    places = {arm.pk: place for place, arm in enumerate(arms)}
    drawn = _drawn(experiment)
    renewed = outcomes.renewed_on({row.imis_id: row.term_end for row in drawn})
    strata = sorted({row.stratum for row in drawn}) or [""]
    names = {name: place for place, name in enumerate(strata)}
    return Rows(
        arms=arms,
        strata=strata,
        arm=np.array([places[row.arm_id] for row in drawn], dtype=np.int64),
        stratum=np.array([names[row.stratum] for row in drawn], dtype=np.int64),
        chapter=np.array([row.chapter for row in drawn], dtype=np.str_),
        decided=_days([row.decided_on for row in drawn]),
        renewed=_days([renewed.get(row.imis_id) for row in drawn]),
        contacted=_days([row.reached and localdate(row.reached) for row in drawn]),
        dues=np.array([float("nan") if row.dues is None else float(row.dues) for row in drawn]),
        spent=np.array([float(row.spent or 0) for row in drawn]),
    )


def _drawn(experiment: Experiment) -> list[Any]:
    """Who was drawn, when the area first reached them since the start, and what offers cost."""
    contacts = ContactEntry.objects.filter(
        imis_id=OuterRef("imis_id"),
        area=experiment.area,
        state__in=OUT,
        sent_at__gte=experiment.started_at,
    )
    if experiment.ended_at:
        contacts = contacts.filter(sent_at__lte=experiment.ended_at)
    offers = OfferUse.objects.filter(
        imis_id=OuterRef("imis_id"),
        at__gte=experiment.started_at,
        given_back_at=None,
        proposal__area=experiment.area,
    )
    first = contacts.order_by().values("imis_id").annotate(at=Min("sent_at")).values("at")
    spent = offers.order_by().values("imis_id").annotate(sum=Sum("amount")).values("sum")
    fields = ("imis_id", "arm_id", "stratum", "chapter", "term_end", "decided_on", "dues", "reached", "spent")
    found = experiment.assignments.exclude(imis_id__startswith="erased-")
    found = found.annotate(reached=Subquery(first), spent=Subquery(spent))
    return list(found.values_list(*fields, named=True))


def _days(found: Sequence[date | None]) -> NDArray[np.int64]:
    return np.array([day.toordinal() if day else NEVER for day in found], dtype=np.int64)
