"""The guardrails everybody starts with: a draft of an association's policy, to be changed by its owners."""

from datetime import datetime
from typing import Any

from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance.guardrails import actions, kinds
from imis_ai.governance.models import Guardrail, GuardrailVersion
from imis_ai.rules.tree import both
from imis_ai.rules.wire import to_json

PROMISES = [
    "guarantee", "guaranteed", "risk-free", "100 % free", "free forever", "lowest price ever",
    "best price ever", "no strings attached", "cannot lose", "once in a lifetime",
]  # fmt: skip
PRESSURE = [
    "act now", "last chance", "final notice", "final warning", "immediate action required", "you will lose",
    "don't miss out", "or else", "legal action", "collections agency", "we have noticed that you",
]  # fmt: skip
TELLING = [
    "risk score", "at risk of", "likely to lapse", "likely to leave", "churn", "our model", "our algorithm",
    "our system predicts", "your engagement score", "artificial intelligence has",
]  # fmt: skip
TIME = [
    "more time to pay", "pay later", "payment plan", "pay in instalments", "pay in installments",
    "cannot afford", "can't afford", "laid off", "lost my job", "between jobs", "out of work",
    "financial hardship", "extension on my dues", "split the payment",
]  # fmt: skip
NOT_LOW = {
    "version": 1,
    "rule": {
        "all": [{"word": "automatic", "is": True}, {"not": {"word": "risk_band", "is": "low"}}],
    },
}
DEFAULTS: list[tuple[str, str, dict[str, Any]]] = [
    ("Discount ceiling", "ceiling", {"measure": "discount", "most": "10"}),
    ("Incentive ceiling", "ceiling", {"measure": "incentive", "most": "100"}),
    ("Contacts with a member, all areas together", "cap", {"most": 3, "days": 30, "area": ""}),
    ("Contacts with a member, each area", "cap", {"most": 1, "days": 7, "area": kinds.EACH}),
    ("Moves down by more than one tier", "move", {"from_tiers": [], "to_tiers": [], "most_down": 1}),
    ("Least effect on revenue", "effect", {"least": "0"}),
    ("The most valuable members hear from a person", "person", {"share": "5"}),
    (
        "High and medium risk is decided by a person",
        "rule",
        {"rule": NOT_LOW, "says": "The risk is not known to be low, so a person decides."},
    ),
    (
        "Fields that may be unfair",
        "fields",
        {"off": ["address", "age", "gender", "hardship"]},
    ),
    ("Alerts that may be unfair", "signals", {"on": []}),
    ("Competitors", "competitors", {"entries": []}),
    ("Words that ask for time", "asks_for_time", {"entries": TIME}),
    ("Dearer areas", "dear_areas", {"entries": []}),
    ("Industries in a downturn", "downturns", {"entries": []}),
    ("Promises", "terms", {"terms": PROMISES, "why": "We promise only what we can keep."}),
    ("Pressure", "terms", {"terms": PRESSURE, "why": "It puts the member under pressure."}),
    (
        "What we expect of a member",
        "terms",
        {"terms": TELLING, "why": "A message never tells a member what we expect of them."},
    ),
]


@transaction.atomic
def load(*, now: datetime) -> int:
    """Add the shipped guardrails that are missing by name, live at once. Returns how many."""
    there = set(Guardrail.objects.values_list("name", flat=True))
    missing = [entry for entry in DEFAULTS if entry[0] not in there]
    for name, kind, entered in missing:
        scope = kinds.scope_of(entered)
        GuardrailVersion.objects.create(
            guardrail=Guardrail.objects.create(name=name, kind=kind),
            number=1,
            state=GuardrailVersion.State.LIVE,
            settings=entered,
            scope=to_json(scope),
            rule=to_json(both(scope, kinds.find(kind).build(entered))),
            reason="Shipped with the product",
            proposed_at=now,
            live_from=now,
        )
    return len(missing)


@transaction.atomic
def enter(*, kind: str, entries: list[str], by: User, agreed_by: User, now: datetime) -> None:
    """What stands in a shipped list, by one person and agreed to by another: for the demo."""
    load(now=now)
    guardrail = Guardrail.objects.get(kind=kind)
    version = actions.draft(
        guardrail=guardrail, entered={"entries": entries}, reason="For the demo", by=by, now=now
    )
    actions.submit(version=version, by=by, now=now)
    actions.agree(version=version, by=agreed_by, now=now)
