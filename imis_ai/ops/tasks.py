"""The night: read iMIS, build features, score. One job, so that each part sees what the one before it did."""

from imis_ai.jobs import registry
from imis_ai.jobs.progress import Cancelled, Progress, Superseded

READING = "mirror.sync"
PARTS = (
    READING,
    "mirror.quality",
    "experiments.night",
    "features.build",
    "registry.keep_trained",
    "corrections.night",
    "retention.score",
    "retention.lapses",
    "reviews.night",
    "retention.propose",
    "retention.calls",
    "retention.draft",
    "retention.chapters",
    "retention.alerts",
    "registry.check",
    "retention.dataworth",
    "governance.reconcile",
    "privacy.purge",
    "audit.seal",
)


class Incomplete(Exception):
    """Some parts of the night failed; the text names them and what each said."""

    def __init__(self, said: dict[str, str]) -> None:
        self.parts = set(said)
        super().__init__(" ".join(f"{registry.find(name).title}: {text}" for name, text in said.items()))


@registry.job("ops.nightly", title="Nightly run", refusals=(Incomplete,))
def nightly(progress: Progress) -> None:
    """Every part, even when iMIS could not be read: members get a day older. Raises Incomplete."""
    problems = {}
    for name in PARTS:
        part = registry.find(name)
        progress.checkpoint()
        try:
            part.work(progress)
        except (Cancelled, Superseded):
            raise
        except part.refusals as problem:
            problems[name] = str(problem)
    if problems:
        raise Incomplete(problems)
