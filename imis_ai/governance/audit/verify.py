"""Whether the audit log is whole: each link, each detail, the head, each seal. Names the first break."""

import hmac
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from django.db import transaction

from imis_ai.governance.audit import chain, seals
from imis_ai.governance.audit.append import key, lock, sign_head
from imis_ai.governance.audit.seals import Seal
from imis_ai.governance.models import AuditEntry, AuditHead
from imis_ai.ui.words import plural

REMOVED = "audit.details_removed"  # its detail: {"removed": [[first, last], …], "why": …}
CHUNK = 5000


@dataclass(frozen=True)
class Break:
    """Where the log stops being what was written. `seq`: the entry at which it shows."""

    seq: int
    what: str


@dataclass
class Verdict:
    entries: int = 0
    details: int = 0
    removed: int = 0  # details taken away by an erasure or at the end of their period, as an entry says
    seals: int = 0
    head: str = chain.GENESIS
    breaks: list[Break] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return not self.breaks

    @property
    def first(self) -> Break | None:
        return min(self.breaks, key=lambda found: found.seq, default=None)

    @property
    def sentence(self) -> str:
        if self.first:
            more = f" {len(self.breaks) - 1:,} more after it." if len(self.breaks) > 1 else ""
            return f"Broken at entry {self.first.seq:,}: {self.first.what}{more}"
        return (
            f"Whole: {plural(self.entries, 'entry', 'entries')}, {plural(self.details, 'detail')}, "
            f"{self.removed:,} removed as recorded, {plural(self.seals, 'seal')}."
        )

    def add(self, seq: int, what: str) -> None:
        if len(self.breaks) < MOST_BREAKS:
            self.breaks.append(Break(seq, what))

    def as_json(self) -> dict:
        first = asdict(self.first) if self.first else None
        return {
            "whole": self.is_whole,
            "entries": self.entries,
            "details": self.details,
            "removed": self.removed,
            "seals": self.seals,
            "head": self.head,
            "first_break": first,
            "breaks": len(self.breaks),
        }


MOST_BREAKS = 1000  # enough to see; the count stops there


@dataclass(frozen=True)
class _Told:
    """What the log should contain, read before its entries so that later appends do not matter."""

    head: AuditHead | None
    stored: dict[int, Seal]
    files: list[tuple[str, Seal | None]]


def verify(*, advance: Callable[[int], None] = lambda n: None) -> Verdict:
    """Read the whole log once. `advance(n)` is told of every `n` entries."""
    verdict = Verdict()
    told = _told()
    wanted = {seal.seq for _, seal in told.files if seal} | told.stored.keys()
    links = _Reader(verdict, wanted | {told.head.seq if told.head else 0}).read(advance)
    _check_head(verdict, told.head, links)
    _check_seals(verdict, told, links)
    return verdict


@transaction.atomic
def _told() -> _Told:
    lock()
    head = AuditHead.objects.filter(pk=1).first()
    return _Told(head, {seal.seq: seal for seal in seals.stored()}, list(seals.files()))


class _Reader:
    """One pass over all entries in one snapshot: links, signatures, gaps and details."""

    def __init__(self, verdict: Verdict, wanted: set[int]) -> None:
        self.verdict, self.wanted, self.key = verdict, wanted, key()
        self.links: dict[int, str] = {}
        self.expected, self.prev = 1, chain.GENESIS
        self.without_detail: list[int] = []
        self.removed: set[int] = set()

    def read(self, advance: Callable[[int], None]) -> dict[int, str]:
        """Links at the wanted numbers."""
        columns = (*chain.FIELDS, "mac", "kept__nonce", "kept__imis_id", "kept__detail")
        rows = AuditEntry.objects.order_by("seq").values_list(*columns)
        for row in rows.iterator(chunk_size=CHUNK):
            self._entry(dict(zip(columns, row, strict=True)))
            if self.verdict.entries % CHUNK == 0:
                advance(CHUNK)
        advance(self.verdict.entries % CHUNK)
        for seq in self.without_detail:
            if seq not in self.removed:
                self.verdict.add(seq, "its detail is gone and no entry says why.")
        return self.links

    def _entry(self, row: dict) -> None:
        verdict, seq, link = self.verdict, row["seq"], chain.link(row)
        problem = self._link_problem(row)
        if not problem and row["mac"] != chain.sign(key=self.key, what="entry", link=link):
            problem = "it was changed after it was written."
        if problem:
            verdict.add(seq, problem)
        if row["kept__nonce"] is None:
            verdict.removed += 1
            self.without_detail.append(seq)
        elif _commits(row):
            verdict.details += 1
            if row["action"] == REMOVED and not problem:
                spans = json.loads(row["kept__detail"])["removed"]
                self.removed.update(n for first, last in spans for n in range(first, last + 1))
        else:
            verdict.add(seq, "its detail was changed after it was written.")
        if seq in self.wanted:
            self.links[seq] = link
        self.expected, self.prev = seq + 1, link
        verdict.entries, verdict.head = verdict.entries + 1, link

    def _link_problem(self, row: dict) -> str:
        seq, expected = row["seq"], self.expected
        if seq > expected:
            one = seq == expected + 1
            lost = f"entry {expected:,} is" if one else f"entries {expected:,} to {seq - 1:,} are"
            return f"{lost} missing before it."
        if row["prev"] != self.prev:
            return "it does not follow the entry before it; one of the two was changed, moved or replaced."
        return ""


def _commits(row: dict) -> bool:
    try:
        made = chain.commitment(
            nonce=row["kept__nonce"], imis_id=row["kept__imis_id"], detail=row["kept__detail"]
        )
    except ValueError:  # a nonce that is not hexadecimal
        return False
    return made == row["commitment"]


def _check_head(verdict: Verdict, head: AuditHead | None, links: dict[int, str]) -> None:
    end = verdict.entries + 1
    if head is None:
        if verdict.entries:
            verdict.add(end, "the record of where the log ends is gone.")
    elif not hmac.compare_digest(head.mac, sign_head(head.seq, head.head)):
        verdict.add(head.seq, "the record of where the log ends was changed.")
    elif links.get(head.seq) != head.head:
        verdict.add(min(end, head.seq), f"the log does not end with entry {head.seq:,} as it was written.")


def _check_seals(verdict: Verdict, told: _Told, links: dict[int, str]) -> None:
    """Every seal is signed, stands in both places and agrees with the chain."""
    outside = {}
    for name, seal in told.files:
        if seal is None or seal.file != name:
            verdict.add(seal.seq if seal else 0, f"the seal {name} cannot be read or was renamed.")
        else:
            outside[seal.seq] = seal
    for seq in sorted(told.stored.keys() | outside.keys()):
        verdict.seals += 1
        here, there = told.stored.get(seq), outside.get(seq)
        if here is None or there is None:
            verdict.add(seq, f"its seal is missing in the {'second place' if here else 'database'}.")
        elif here != there:
            verdict.add(seq, "its seal in the database differs from the one in the second place.")
        if problem := _seal_problem(there or here, links):
            verdict.add(seq, problem)


def _seal_problem(seal: Seal, links: dict[int, str]) -> str:
    if not seal.is_signed:
        return f"the seal of {seal.at[:10]} was changed or made without the key."
    if links.get(seal.seq) != seal.head:
        return f"the log is not the one that was sealed on {seal.at[:10]}."
    if seal.count != seal.seq:
        return f"when it was sealed on {seal.at[:10]}, entries before it were missing."
    return ""
