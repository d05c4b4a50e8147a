"""What guardrails look at: the facts of one proposal, read only when a live rule asks for them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from imis_ai.governance import kinds
from imis_ai.governance.guardrails.vocabulary import PROPOSALS
from imis_ai.governance.models import ContactEntry
from imis_ai.mirror import value
from imis_ai.mirror import vocabulary as members

Source = Callable[[Any, datetime], Mapping[str, Any]]
CONTACTED = (
    ContactEntry.State.SENT,
    ContactEntry.State.BOUNCED,
    ContactEntry.State.REPLIED,
    ContactEntry.State.OPTED_OUT,
)
OF_MEMBER = {"tier": "tier", "chapter": "chapter", "member_type": "member_type", "member_kind": "kind"}


@dataclass(frozen=True)
class Case:
    """What may be checked without a stored proposal, such as a draft while it is written."""

    kind: str
    area: str
    members: int = 0
    amount: Decimal | None = None
    imis_id: str = ""
    chapter: str = ""
    scope: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    texts: tuple[str, ...] = ()


_sources: list[tuple[frozenset[str], Source]] = []


def add_source(*, words: frozenset[str], read: Source) -> None:
    """`read(proposal, now)` knows these words; it is asked only when a live rule needs one of them."""
    if (words, read) not in _sources:
        _sources.append((words, read))


def own(proposal: Any) -> dict[str, Any]:
    """What the proposal says of itself; the words of its kind win."""
    said = {
        "kind": proposal.kind,
        "area": proposal.area,
        "members": proposal.members,
        "amount": proposal.amount,
    }
    said |= {word: known for word, known in proposal.scope.items() if word in PROPOSALS.words}
    if proposal.chapter:
        said["chapter"] = proposal.chapter
    return said | {word: known for word, known in _of_kind(proposal).items() if word in PROPOSALS.words}


def texts(proposal: Any) -> list[str]:
    """Every text that would leave."""
    given = getattr(proposal, "texts", None)
    return list(_of_kind(proposal).get("texts", ()) if given is None else given)


def of(*, proposal: Any, wanted: frozenset[str], now: datetime, is_automatic: bool) -> dict[str, Any]:
    """The facts for these words. `contacts` is counted per guardrail, since each has its own period."""
    facts = own(proposal) | {"automatic": is_automatic}
    missing = wanted - {word for word, known in facts.items() if known not in (None, "")}
    if proposal.imis_id and missing & set(OF_MEMBER):
        known = members.facts_of(proposal.imis_id) or {}
        facts |= {word: known.get(name) for word, name in OF_MEMBER.items() if word in missing}
    if missing & {"from_tier", "tier_step"} and facts.get("to_tier"):
        facts |= _move(proposal, facts)
    for words, read in _sources:
        if words & missing:
            facts |= {word: known for word, known in read(proposal, now).items() if word in missing}
    if "value_rank" in missing and facts.get("value_rank") is None and proposal.imis_id:
        facts["value_rank"] = value.rank(imis_id=proposal.imis_id, now=now)
    return facts


def _move(proposal: Any, facts: dict[str, Any]) -> dict[str, Any]:
    """From which tier, and how many up; the member's own tier where the proposal names none."""
    before = facts.get("from_tier") or facts.get("tier")
    if not before and proposal.imis_id:
        before = (members.facts_of(proposal.imis_id) or {}).get("tier")
    return {"from_tier": before, "tier_step": members.tier_step(before, facts["to_tier"])}


def _of_kind(proposal: Any) -> Mapping[str, Any]:
    """A case brings its facts; a proposal's kind knows them."""
    kind = kinds.KINDS.get(proposal.kind)
    return getattr(proposal, "facts", None) or (kind.facts(proposal) if kind else {})


def contacts(*, imis_id: str, since: datetime, until: datetime, area: str) -> int:
    """Contacts that left in the time, in one area or, with "", in all of them."""
    left = ContactEntry.objects.filter(
        imis_id=imis_id, sent_at__gt=since, sent_at__lte=until, state__in=CONTACTED
    )
    return (left.filter(area=area) if area else left).count()
