"""What the registry asks of the churn model: its outcomes, what it looks at, who would change band."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from django.conf import settings
from django.db.models import Min

from imis_ai.accounts.models import User
from imis_ai.features import labels
from imis_ai.features import queries as features
from imis_ai.mirror import access
from imis_ai.registry import queries as registry
from imis_ai.registry.calc.reading import Outcomes
from imis_ai.registry.cards import Beats, Effect, Replayed, Seen
from imis_ai.registry.models import TrainedModel
from imis_ai.ui import words
from retention.calc import bands, churn, rows, stored
from retention.models import RiskScore, ScoreInputs, ScoreRun
from retention.queries import insights, learning, predictions
from retention.queries import list as risk

HORIZON = 90
MONTHS = 24
DAY = np.timedelta64(1, "D")
KEYS = [f"{part}_{HORIZON}" for part in ("risk", "low", "high")]


def outcomes(version: str | None, today: date) -> Outcomes | None:
    """Chances within 90 days as they were stored, one run a month, once their outcome is certain."""
    until = today - timedelta(days=HORIZON + settings.GRACE_DAYS + 1)
    found = _runs(version, until)
    if not found:
        return None
    book, parts = learning.book(), []
    for run in found:
        parts += _of_run(run, book)
    if not parts:
        return None
    member, day, said, low, high, happened = zip(*parts, strict=True)
    return Outcomes(
        np.array(member), np.array(day, "datetime64[D]"), np.array(said), np.array(low), np.array(high),
        np.array(happened, np.float64),
    )  # fmt: skip


def rates(today: date) -> list[tuple[str, int, int]]:
    """(month, terms that ended, lapsed), oldest first; only months of which every outcome is certain."""
    book = learning.book()
    if not len(book):
        return []
    certain = np.datetime64(today, "D") - (settings.GRACE_DAYS + 1) * DAY
    same = np.append(book.member[1:] == book.member[:-1], False)
    after = np.where(same, np.append(book.start[1:], labels.NEVER), labels.NEVER)
    lapsed = after > book.stop + settings.GRACE_DAYS * DAY
    month = book.stop.astype("datetime64[M]")
    last = certain.astype("datetime64[M]") - 1
    wanted = [last - back for back in range(MONTHS, -1, -1)]
    return [(str(each), int((month == each).sum()), int(lapsed[month == each].sum())) for each in wanted]


def new_labels(after: date, until: date) -> int:
    """Terms whose outcome became certain after the one day and by the other."""
    book = learning.book()
    final = book.stop + (settings.GRACE_DAYS + 1) * DAY
    return int(((final > np.datetime64(after, "D")) & (final <= np.datetime64(until, "D"))).sum())


def seen(days: Sequence[date], names: Sequence[str]) -> dict[date, Seen]:
    """Features of the members active on each day: those the model uses, then all that it may learn from."""
    frames = features.frames(as_ofs=days, may_be_old=True)
    book, found = learning.book(), {}
    may = learning.windows({name for frame in frames.values() for name in frame.columns})
    wanted = [*names, *sorted(set(may) - set(names))]
    for day, frame in frames.items():
        made = learning.rows_of(terms=book, frame=frame, as_of=day, names=wanted)
        places = [made.names.index(name) for name in wanted]
        found[day] = Seen(wanted, made.x[:, places])
    return found


def effect(model: TrainedModel, live: TrainedModel, today: date) -> Effect | None:
    """Members whose band within 90 days would be another, on the day of the scores on show."""
    run = risk.current_run()
    if run is None or run.model_version != live.version:
        return None
    kept = RiskScore.objects.filter(run=run, abstained="", member__gone_at=None)
    now = {str(member): share for member, share in kept.values_list("member__pseudonym", KEYS[0])}
    said = predictions.predict(as_of=run.as_of, model=model, horizons=(HORIZON,))
    moves: dict[tuple[str, str], int] = {}
    compared = 0
    pairs = zip(said.rows.member.tolist(), said.chances.risk[HORIZON], said.abstained, strict=True)
    for member, share, reason in pairs:
        if reason or member not in now:
            continue
        compared += 1
        key = (bands.NAMES[run.bands.band(now[member])], bands.NAMES[run.bands.band(float(share))])
        moves[key] = moves.get(key, 0) + 1
    return Effect(run.as_of, compared, {move: n for move, n in moves.items() if move[0] != move[1]})


def beats(model: TrainedModel) -> Beats | None:
    """Lapses among the tenth put first, beside the better of the rules that need no model."""
    present = insights.present_practice(model)
    if present is None or model.evaluation.get("lift_10") is None:
        return None
    name, measured = present
    ours = insights.found_in_first_tenth(model.evaluation)
    theirs = insights.found_in_first_tenth(measured)
    lapsed = words.count(model.evaluation["lapsed"])
    more = round(ours) - round(theirs)
    said = (
        f"The tenth it puts first holds {words.count(ours)} of {lapsed} later lapses; the {name} finds "
        f"{words.count(theirs)} with as many calls."
    )
    return Beats(ours, theirs, said, f"{'+' if more >= 0 else words.MINUS}{abs(more)} of {lapsed} found")


def replay(viewer: User, model: TrainedModel, imis_id: str) -> Replayed | None:
    """The member's newest score by this version, computed again from the inputs kept with it."""
    members = access.members(viewer).filter(imis_id=imis_id)
    score = (
        RiskScore.objects.filter(member__in=members, run__model_version=model.version, abstained="")
        .filter(run__model_name=model.name, run__scoreinputs__isnull=False)
        .select_related("run", "member")
        .order_by("-run__as_of", "-run__created_at")
        .first()
    )
    inputs = _inputs(score) if score else None
    if score is None or inputs is None:
        return None
    again = _again(model, inputs)
    shown = [
        (label, *(_shown(value) for value in pair))
        for label, pair in zip(_LABELS, zip(_stored(score), again, strict=True), strict=True)
    ]
    return Replayed(score.run.as_of, model.version, shown, is_same=_stored(score) == again)


_LABELS = [
    f"{label} {'at the renewal' if h == 'renewal' else f'within {h} days'}"
    for h in (*predictions.HORIZONS, "renewal")
    for label in ("Chance", "Low end", "High end")
]


def _stored(score: RiskScore) -> list[float]:
    return [
        round(getattr(score, f"{part}_{h}"), 6)
        for h in (*predictions.HORIZONS, "renewal")
        for part in ("risk", "low", "high")
    ]


def _again(model: TrainedModel, inputs: rows.Rows) -> list[float]:
    said = churn.predict(churn.unpack(registry.load(model)), inputs, horizons=predictions.HORIZONS)
    found: list[float] = []
    for h in predictions.HORIZONS:
        found += [said.risk[h][0], said.low[h][0], said.high[h][0]]
    found += [said.renewal[0], said.renewal_low[0], said.renewal_high[0]]
    return [round(float(value), 6) for value in found]


def _inputs(score: RiskScore) -> rows.Rows | None:
    """The member's one row in the newest inputs of the run that hold it."""
    for kept in ScoreInputs.objects.filter(run=score.run_id).order_by("-made_at", "-pk"):
        found = stored.unpack(bytes(kept.rows))
        own = np.flatnonzero(found.member == str(score.member.pseudonym))
        if len(own):
            return found.take(own[:1])
    return None


def _shown(value: float) -> str:
    return f"{value * 100:.4f} of 100"


def _runs(version: str | None, until: date) -> list[ScoreRun]:
    """The first run of each of the last months; whatever was computed afterwards is left out."""
    since = until - timedelta(days=31 * MONTHS)
    found = ScoreRun.objects.filter(is_backfill=False, as_of__lte=until, as_of__gte=since)
    if version is not None:
        found = found.filter(model_version=version)
    days = found.values("as_of__year", "as_of__month").annotate(first=Min("as_of")).values("first")
    by_day = {run.as_of: run for run in found.filter(as_of__in=days).order_by("as_of", "created_at")}
    return list(by_day.values())


def _of_run(run: ScoreRun, book: labels.Terms) -> list[tuple]:
    day, grace = np.datetime64(run.as_of, "D"), settings.GRACE_DAYS
    standing = labels.standing(book, on=day, grace=grace)
    lapsed = labels.lapses_within(book, standing, on=day, horizon=HORIZON, grace=grace)
    ended = dict(zip(book.names[standing.member].tolist(), lapsed.tolist(), strict=True))
    kept = RiskScore.objects.filter(run=run, abstained="").values_list("member__pseudonym", *KEYS)
    return [(str(m), day, *shares, ended[str(m)]) for m, *shares in kept if str(m) in ended]
