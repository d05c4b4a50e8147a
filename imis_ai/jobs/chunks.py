"""Work in parts by member: each part is the members whose pseudonym, a keyed hash, lies in one range."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from imis_ai.jobs import actions
from imis_ai.jobs.progress import Progress

SPACE = 1 << 128


@dataclass(frozen=True)
class Chunk:
    """Members with `low <= pseudonym <= high`; the ranges of one split cover everybody exactly once."""

    index: int
    of: int
    low: UUID
    high: UUID

    @property
    def key(self) -> str:
        return f"{self.index + 1}/{self.of}"

    def q(self, path: str = "") -> Q:
        """As a filter; `path` leads to the member ("member__")."""
        return Q(**{f"{path}pseudonym__gte": self.low, f"{path}pseudonym__lte": self.high})

    def holds(self, pseudonym: UUID | str) -> bool:
        return self.low <= UUID(str(pseudonym)) <= self.high


def by_member_hash(n: int) -> list[Chunk]:
    """`n` chunks of about the same number of members; a member never changes chunk for the same `n`."""
    if n < 1:
        raise ValueError("Members are split into at least one chunk.")
    edges = [SPACE * i // n for i in range(n + 1)]
    return [Chunk(i, n, UUID(int=edges[i]), UUID(int=edges[i + 1] - 1)) for i in range(n)]


def each(progress: Progress, chunks: Iterable[Chunk], work: Callable[[Chunk], object]) -> None:
    """Do every chunk exactly once over all attempts of the job: work and receipt share a transaction.

    Counts one per chunk in the current stage and stops between chunks when asked to.
    """
    for chunk in chunks:
        progress.checkpoint()
        if progress.job_id is None:
            work(chunk)
        else:
            actions.once(job_id=progress.job_id, key=chunk.key, work=lambda chunk=chunk: work(chunk))
        progress.advance()
