"""Measuring what sources of data are worth to the churn model, on time later than its training."""

from datetime import datetime
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction

from imis_ai.features import queries as features
from imis_ai.governance import audit
from imis_ai.jobs.progress import Progress
from imis_ai.mirror.groups import groups_of
from imis_ai.registry import queries as registry
from retention.calc import ablation, rows
from retention.calc.ablation import Seen
from retention.models import Ablation
from retention.queries import dataworth, learning

SEED = 20_261
MEASURE = "Train with and without"
Kind = Ablation.Kind


def measure_worth(*, now: datetime, progress: Progress) -> int:
    """Train once with everything and once without each source; once more with each field that may be unfair.

    Nothing of these models is kept but the figures. Of a version it is done once; returns how many parts were
    measured. Raises registry.NoModel.
    """
    model = registry.live(dataworth.NAME)
    if Ablation.objects.filter(version=model.version).exists():
        return 0
    terms = learning.book()
    days = learning.training_days(terms=terms, as_of=model.as_of)
    frames = features.frames(as_ofs=[day.item() for day in days])
    names = [] if not frames else list(next(iter(frames.values())).columns)
    fields = dataworth.unfair(names)
    windows = learning.windows(names)
    extra = {name: window for each in fields.values() for name, window in each.items()}
    everything = rows.stack(frames=frames, book=terms, windows=windows | extra, grace=settings.GRACE_DAYS)
    base = ablation.without(everything, [name for name in extra if name not in windows])
    study = _Study(terms, model.as_of)
    held = [name for i, name in enumerate(base.names) if not np.isnan(base.x[:, i]).all()]
    parts = [part for part in dataworth.PARTS if dataworth.names_of(part, held)]
    progress.stage(MEASURE, len(parts) + len(fields) + 1)
    whole = study.look(base)
    progress.advance()
    if whole is None:
        return 0
    made = []
    for part in parts:
        progress.checkpoint()
        less = study.look(ablation.without(base, dataworth.names_of(part, base.names)))
        made += [study.row(Kind.SOURCE, part, whole, less)] if less else []
        progress.advance()
    for field, own in fields.items():
        progress.checkpoint()
        others = [name for name in everything.names if name in extra and name not in own]
        more = study.look(ablation.without(everything, others))
        less = study.look(ablation.without(everything, [*others, *own]))
        made += [study.row(Kind.FIELD, field, more, less)] if more and less else []
        progress.advance()
    _store(made, model.version, now)
    return len(made)


@transaction.atomic
def _store(made: list[Ablation], version: str, now: datetime) -> None:
    Ablation.objects.filter(version=version).delete()
    for row in made:
        row.version, row.made_at = version, now
    Ablation.objects.bulk_create(made)
    audit.record(
        action="retention.sources_measured",
        by=None,
        now=now,
        detail={"after": {row.part: round(row.found_with - row.found_without, 4) for row in made}},
        versions={"model": version},
    )


class _Study:
    """One book of terms, one day, one seed."""

    def __init__(self, terms: Any, as_of: Any) -> None:
        self.terms, self.today, self.as_of = terms, as_of, np.datetime64(as_of, "D")

    def look(self, found: rows.Rows) -> Seen | None:
        return ablation.look(found, self.terms, as_of=self.as_of, grace=settings.GRACE_DAYS, seed=SEED)

    def row(self, kind: str, part: str, more: Seen, less: Seen) -> Ablation:
        worth = ablation.compare(more, less, seed=SEED)
        gaps = {}
        if kind == Kind.FIELD:
            groups = groups_of(pseudonyms=more.member.tolist(), today=self.today)
            found = {"with": more, "without": less}
            gaps = {name: vars(ablation.widest_gap(seen, groups)) for name, seen in found.items()}
        return Ablation(
            kind=kind,
            part=part,
            found_with=worth.found_with,
            found_without=worth.found_without,
            low=worth.low,
            high=worth.high,
            lapses=worth.lapses,
            members=worth.members,
            gaps=gaps,
        )
