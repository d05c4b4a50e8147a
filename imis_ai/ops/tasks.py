"""The night: read iMIS, build features, score. One job, so that each part sees what the one before it did."""

from imis_ai.jobs import registry
from imis_ai.jobs.progress import Cancelled, Progress, Superseded

PARTS = ("mirror.sync", "features.build", "retention.score")


class Incomplete(Exception):
    """Some parts of the night failed; the text names them and what each said."""


@registry.job(
    "ops.nightly",
    title="Nightly run",
    refusals=(Incomplete,),
    stages=("Read iMIS", "Build features", "Score"),
)
def nightly(progress: Progress) -> None:
    """Every part, even when iMIS could not be read: members get a day older. Raises Incomplete."""
    problems = []
    for name in PARTS:
        part = registry.find(name)
        progress.checkpoint()
        try:
            part.work(progress)
        except (Cancelled, Superseded):
            raise
        except part.refusals as problem:
            problems.append(f"{part.title}: {problem}")
    if problems:
        raise Incomplete(" ".join(problems))
