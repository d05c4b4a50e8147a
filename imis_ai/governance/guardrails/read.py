"""Which guardrails are live, and the values in them that others work with."""

from dataclasses import dataclass
from typing import Any

from imis_ai.accounts.models import User
from imis_ai.governance.guardrails import kinds
from imis_ai.governance.guardrails.vocabulary import FIELDS
from imis_ai.governance.models import Guardrail, GuardrailVersion
from imis_ai.rules.tree import ALWAYS

State = GuardrailVersion.State


def live() -> list[GuardrailVersion]:
    """Every live version that is not switched off, in the order in which they object."""
    found = GuardrailVersion.objects.filter(state=State.LIVE, is_off=False)
    return list(found.select_related("guardrail__owner").order_by("guardrail__kind", "guardrail__name"))


def live_of(guardrail: Guardrail) -> GuardrailVersion | None:
    return guardrail.versions.filter(state=State.LIVE).first()


def on_its_way(guardrail: Guardrail) -> GuardrailVersion | None:
    return guardrail.versions.filter(state__in=[State.DRAFT, State.WAITING]).first()


def owner_of(version: GuardrailVersion) -> str:
    return str(version.guardrail.owner or "the guardrail owners")


def fields_off() -> frozenset[str]:
    """Fields that may be unfair and are switched off: no model and no rule may use them.

    Without a guardrail about them all are off; one that is switched off as a whole takes that back.
    """
    versions = list(GuardrailVersion.objects.filter(state=State.LIVE, guardrail__kind="fields"))
    if not versions:
        return frozenset(FIELDS)
    return frozenset(field for each in versions if not each.is_off for field in each.settings["off"])


def signals_on() -> frozenset[str]:
    """Alerts that may be unfair and were switched on by two signatures."""
    versions = [each for each in live() if each.guardrail.kind == "signals"]
    return frozenset(name for each in versions for name in each.settings["on"])


def entries(kind: str) -> list[str]:
    """What stands in the live lists of a kind, such as competitors."""
    versions = [each for each in live() if each.guardrail.kind == kind]
    return list(dict.fromkeys(entry for each in versions for entry in each.settings["entries"]))


def keeper_of(kind: str) -> User | None:
    """Who owns the list of this kind, as long as the account is active."""
    found = [each.guardrail.owner for each in live() if each.guardrail.kind == kind]
    return next((person for person in found if person is not None and person.is_active), None)


@dataclass(frozen=True)
class ContactLimits:
    """The tightest live values; None where no guardrail says anything."""

    most: int | None = None
    days: int | None = None
    most_per_area: int | None = None
    area_days: int | None = None
    people_only_percent: float | None = None
    owner: str = ""


def contact_limits() -> ContactLimits:
    """What whoever plans contacts keeps to everywhere; `check` asks limits for a part of the members."""
    found: dict[str, Any] = {}
    for version in live():
        entered, kind = version.settings, version.guardrail.kind
        if kind == "person":
            found["people_only_percent"] = float(entered["share"])
        if kind != "cap" or kinds.scope_of(entered) != ALWAYS or entered["area"] not in ("", kinds.EACH):
            continue
        most, days = ("most", "days") if entered["area"] == "" else ("most_per_area", "area_days")
        if most not in found or entered["most"] / entered["days"] < found[most] / found[days]:
            found |= {most: entered["most"], days: entered["days"], "owner": owner_of(version)}
    return ContactLimits(**found)


def prohibited_terms() -> list[tuple[str, str]]:
    """Prohibited terms with why, for whoever checks a text while it is written."""
    versions = [each for each in live() if each.guardrail.kind == "terms"]
    return [(term, each.settings["why"]) for each in versions for term in each.settings["terms"]]
