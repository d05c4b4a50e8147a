"""How far an area may go, for whom, and whether everything stands still. Read anew each time it is asked."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.timezone import localdate

from imis_ai.governance.guardrails import facts as facts_of
from imis_ai.governance.guardrails.vocabulary import SCOPES
from imis_ai.governance.models import RolloutChange, RolloutStep, Standstill
from imis_ai.governance.refusals import WhyNot
from imis_ai.governance.rollout.areas import ACTIONS, AREAS, AUTOMATIC, READ_ONLY, phase
from imis_ai.rules import tree
from imis_ai.rules.english import describe
from imis_ai.rules.facts import BadFact, evaluate
from imis_ai.rules.query import matching
from imis_ai.rules.vocabulary import UnknownWord
from imis_ai.rules.wire import BadRule, parse_json

TOLD_FOR = timedelta(days=7)  # how long pages of an area say that its phase changed
NEVER = tree.Not(tree.ALWAYS)
Scope = Mapping[str, Any]


def level(*, area: str, scope: Scope, now: datetime) -> int:
    """The highest level that these facts (tier, chapter, segment, source, campaign …) are in."""
    reached = [step.level for step in steps(area) if _holds(step, scope, now)]
    return max(reached, default=READ_ONLY)


def may(*, area: str, scope: Scope, action: str, now: datetime) -> WhyNot | None:
    """Why this may not happen now for these facts; None when it may. The standstill first, then `allowed`."""
    return _stopped(action) or allowed(area=area, scope=scope, action=action, now=now)


def allowed(*, area: str, scope: Scope, action: str, now: datetime) -> WhyNot | None:
    """Why the phase or the pilot of the area does not reach so far; None when it does."""
    return _allowed(area, steps(area), scope, action, now)


def _allowed(area: str, known: list[RolloutStep], scope: Scope, action: str, now: datetime) -> WhyNot | None:
    if ACTIONS[action].level == READ_ONLY:
        return None
    if why := _too_early(area, known, action):
        return why
    reached = [step for step in known if step.level >= ACTIONS[action].level]
    if any(_holds(step, scope, now) for step in reached):
        return None
    return WhyNot(
        f"Outside the pilot of {_label(area)}: {in_words(reached[0].scope)}.",
        rule="pilot scope",
        owner=owners_of(area),
        next_step="The pilot is widened under Rollout.",
    )


def may_proposal(*, proposal: Any, action: str, now: datetime, leaves_now: bool = True) -> WhyNot | None:
    """The same for a proposal; what it does not say of its member is looked up where a pilot asks for it.

    `leaves_now` False asks whether it may be approved: a standstill lets that wait, and of many members each
    is held against the pilot when it leaves.
    """
    if leaves_now and (why := _stopped(action)):
        return why
    known = steps(proposal.area)
    if not leaves_now and not proposal.imis_id:
        return _too_early(proposal.area, known, action)
    wanted = frozenset().union(*(_words(step) for step in known))
    scope = facts_of.of(proposal=proposal, wanted=wanted, now=now, is_automatic=False)
    return _allowed(proposal.area, known, scope, action, now)


def members_in(
    *, area: str, action: str, members: QuerySet, now: datetime, given: Scope | None = None
) -> QuerySet:
    """Those of the members for whom the action is allowed; `given` says segment, source and campaign."""
    reached = [step for step in steps(area) if step.level >= ACTIONS[action].level]
    if ACTIONS[action].level == READ_ONLY:
        return members
    rule = tree.Any(tuple(_settled(rule_of(step.scope), given or {}, now) for step in reached))
    return matching(rule, members, vocabulary=SCOPES, today=localdate(now))


def steps(area: str) -> list[RolloutStep]:
    return list(RolloutStep.objects.filter(area=area))


def standstill() -> Standstill | None:
    return Standstill.objects.filter(is_on=True).select_related("by").first()


def is_paused() -> bool:
    return Standstill.objects.filter(is_on=True).exists()


def policy(area: str) -> RolloutChange | None:
    """The step to automatic in force, with the two people who raised it; None below the third phase."""
    if not RolloutStep.objects.filter(area=area, level=AUTOMATIC).exists():
        return None
    raised = RolloutChange.objects.filter(
        area=area, to_level=AUTOMATIC, state=RolloutChange.State.DONE, asked_by__isnull=False
    )
    return raised.select_related("asked_by", "decided_by").order_by("-decided_at", "-pk").first()


def waiting(area: str) -> RolloutChange | None:
    found = RolloutChange.objects.filter(area=area, state=RolloutChange.State.WAITING)
    return found.select_related("asked_by").first()


def history(area: str) -> list[RolloutChange]:
    """Past changes, newest first."""
    found = RolloutChange.objects.filter(area=area).exclude(state=RolloutChange.State.WAITING)
    return list(found.select_related("asked_by", "decided_by")[:20])


def news(area: str, now: datetime) -> RolloutChange | None:
    """The change of the last seven days that the pages of the area tell about."""
    found = RolloutChange.objects.filter(
        area=area, state=RolloutChange.State.DONE, decided_at__gt=now - TOLD_FOR
    )
    return found.select_related("asked_by", "decided_by").order_by("-decided_at").first()


def owners_of(area: str) -> str:
    """The roles that agree to a step up, in words."""
    words = {"membership": "membership managers", "finance": "finance reviewers"}
    return " and ".join(words[role] for role in AREAS[area].owners) if area in AREAS else ""


def rule_of(scope: dict[str, Any]) -> tree.Rule:
    """A stored scope; one that cannot be read lets nobody in."""
    try:
        return parse_json(scope, vocabulary=SCOPES)
    except BadRule:
        return NEVER


def in_words(scope: dict[str, Any]) -> str:
    rule = rule_of(scope)
    return "all members" if rule == tree.ALWAYS else describe(rule, vocabulary=SCOPES)


def _label(area: str) -> str:
    return AREAS[area].label if area in AREAS else area


def _too_early(area: str, known: list[RolloutStep], action: str) -> WhyNot | None:
    """The area has not come so far for anybody."""
    wanted = ACTIONS[action].level
    if any(step.level >= wanted for step in known):
        return None
    return WhyNot(
        f"{_label(area)} stays as it is until {phase(wanted).lower()}.",
        rule="rollout phase",
        owner=owners_of(area),
        next_step="Rollout shows which evidence is missing.",
    )


def _stopped(action: str) -> WhyNot | None:
    stop = standstill() if ACTIONS[action].leaves else None
    if stop is None:
        return None
    return WhyNot(
        f"Everything that leaves is paused by {stop.by}.",
        rule="pause",
        owner=str(stop.by),
        next_step="It waits until a named person lets it go on, under Rollout.",
    )


def _words(step: RolloutStep) -> frozenset[str]:
    return tree.words_of(rule_of(step.scope))


def _holds(step: RolloutStep, scope: Scope, now: datetime) -> bool:
    try:
        return evaluate(rule_of(step.scope), scope, vocabulary=SCOPES, today=localdate(now))
    except (BadFact, UnknownWord):
        return False


def _settled(rule: tree.Rule, given: Scope, now: datetime) -> tree.Rule:
    """The rule with its conditions on what is no column decided by what is given."""
    match rule:
        case tree.All(parts):
            return tree.All(tuple(_settled(part, given, now) for part in parts))
        case tree.Any(parts):
            return tree.Any(tuple(_settled(part, given, now) for part in parts))
        case tree.Not(part):
            return tree.Not(_settled(part, given, now))
    if SCOPES.words[rule.word].column:
        return rule
    holds = evaluate(rule, given, vocabulary=SCOPES, today=localdate(now))
    return tree.ALWAYS if holds else NEVER
