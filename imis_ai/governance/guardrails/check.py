"""Whether a guardrail stands against a proposal. Asked when it is made, approved and sent, each time anew."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.timezone import localdate

from imis_ai.governance.guardrails import facts as facts_of
from imis_ai.governance.guardrails import kinds, read, terms
from imis_ai.governance.guardrails.vocabulary import PROPOSALS
from imis_ai.governance.models import GuardrailVersion, Proposal
from imis_ai.rules.facts import BadFact, evaluate
from imis_ai.rules.tree import words_of
from imis_ai.rules.vocabulary import UnknownWord
from imis_ai.rules.wire import BadRule, parse_json

LOOK_BACK = 90  # days of past proposals on which a change is tried
MOST_REPLAYED = 5000


@dataclass(frozen=True)
class Objection:
    """What stands against it, by which rule, who owns the rule. `version`: what said so, for the audit."""

    rule: str
    owner: str
    sentence: str
    is_block: bool = True
    version: int | None = None


def check(*, proposal_like: Any, now: datetime, is_automatic: bool = False) -> list[Objection]:
    """Every objection of the guardrails live now; empty when there is none.

    `proposal_like` is a Proposal, stored or not, or a `Case`. `is_automatic`: no person decides on it.
    """
    return objections(versions=read.live(), proposal_like=proposal_like, now=now, is_automatic=is_automatic)


def objections(
    *, versions: Iterable[GuardrailVersion], proposal_like: Any, now: datetime, is_automatic: bool = False
) -> list[Objection]:
    """The same of these versions. A rule or fact that cannot be read blocks: it never lets through."""
    found, rules = [], []
    for version in versions:
        try:
            rules.append((version, parse_json(version.rule, vocabulary=PROPOSALS)))
        except BadRule as problem:
            found.append(_object(version, f"This guardrail cannot be read. {problem}"))
    wanted = frozenset().union(*(words_of(rule) for _, rule in rules))
    known = facts_of.of(proposal=proposal_like, wanted=wanted, now=now, is_automatic=is_automatic)
    for version, rule in rules:
        own = known | _counted(version, proposal_like, now)
        try:
            stands = evaluate(rule, own, vocabulary=PROPOSALS, today=localdate(now))
            said = _said(version, proposal_like, own) if stands else ""
        except (BadFact, UnknownWord) as problem:
            said = f"This cannot be checked. {problem}"
        if said:
            found.append(_object(version, said))
    return found


def would_have_stopped(*, version: GuardrailVersion, now: datetime) -> dict[str, Any]:
    """The proposals of the last 90 days tried against one version, each as of the moment it was made."""
    since = now - timedelta(days=LOOK_BACK)
    past = Proposal.objects.filter(created_at__gt=since, created_at__lte=now).order_by("-created_at")
    tried = list(past[:MOST_REPLAYED])
    stopped = [
        each.pk
        for each in tried
        if objections(versions=[version], proposal_like=each, now=each.created_at, is_automatic=False)
    ]
    return {"days": LOOK_BACK, "of": len(tried), "items": len(stopped), "examples": stopped[:5]}


def _counted(version: GuardrailVersion, proposal: Any, now: datetime) -> dict[str, Any]:
    if version.guardrail.kind != "cap" or not proposal.imis_id:
        return {}
    since = now - timedelta(days=int(version.settings["days"]))
    area = kinds.area_of(version.settings, proposal.area)
    return {"contacts": facts_of.contacts(imis_id=proposal.imis_id, since=since, until=now, area=area)}


def _said(version: GuardrailVersion, proposal: Any, known: dict[str, Any]) -> str:
    """The objection in words; empty where a term guardrail finds none of its terms."""
    why = kinds.find(version.guardrail.kind).says(version.settings, known)
    if version.guardrail.kind != "terms":
        return why
    hits = terms.found("\n".join(facts_of.texts(proposal)), version.settings["terms"])
    quoted = " and ".join(f"“{term}”" for term in hits[:3])
    return f"{quoted} may not stand in a message. {why}".strip() if hits else ""


def _object(version: GuardrailVersion, sentence: str) -> Objection:
    return Objection(version.guardrail.name, read.owner_of(version), sentence, version=version.pk)
