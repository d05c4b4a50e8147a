"""A line of the list as other programs read it."""

from retention.calc import bands
from retention.models import ScoreRun
from retention.queries import worth
from retention.queries.list import Row

CHANCES = [f"{part}_{key}" for key in ("30", "60", "90", "renewal") for part in ("risk", "low", "high")]
DATES = ["lapse_on", "lapse_from", "lapse_to", "renews_on"]
MONEY = ["dues", "value"]
REASONS = 3
HEADER = [
    *("imis_id", "name", "tier", "chapter", "band"),
    *CHANCES,
    *DATES,
    *MONEY,
    *(f"reason_{n + 1}" for n in range(REASONS)),
    *(
        "not_scored_because",
        "next_step",
        "worth_a_call",
        "worth_by",
        "leave_alone_because",
        "owner",
        "as_of",
        "model",
    ),
]


def line(row: Row, run: ScoreRun) -> list[object]:
    """The row as HEADER names it: chances 0 to 1, reasons with their evidence."""
    reasons = [". ".join(filter(None, (f["sentence"], f.get("evidence")))) for f in row.factors[:REASONS]]
    return [
        *(row.imis_id, row.name, row.tier, row.chapter, bands.NAMES.get(row.band, "").lower()),
        *(getattr(row.stored, name) for name in CHANCES + DATES + MONEY),
        *reasons,
        *[""] * (REASONS - len(reasons)),
        *(
            row.abstained,
            row.next_step,
            _money(row.worth),
            worth.method(run).mode,
            row.alone,
            row.owner,
            run.as_of,
            f"{run.model_name} {run.model_version}",
        ),
    ]


def _money(amount: float | None) -> float | None:
    return None if amount is None else round(amount, 2)
