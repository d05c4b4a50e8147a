"""The kinds of guardrails: what each asks for, the rule it makes of that, and how it objects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings

from imis_ai.governance.guardrails.vocabulary import FIELDS, PROPOSALS, SIGNALS
from imis_ai.rules.tree import ALWAYS, All, Among, Compare, Known, Not, Rule, both
from imis_ai.rules.wire import parse_json
from imis_ai.ui import words

Entered = Mapping[str, Any]
Facts = Mapping[str, Any]
MEASURES = {
    "discount": "Discount, in percent",
    "incentive": "Incentive for one member, in money",
    "amount": "Amount of money in one proposal",
    "members": "Members in one proposal",
}
EACH = "each"


@dataclass(frozen=True)
class GuardrailKind:
    """`asks`: fields of its form. `build`: where it objects. `value`: in short. `says`: the objection."""

    name: str
    label: str
    explains: str
    asks: tuple[str, ...]
    build: Callable[[Entered], Rule]
    value: Callable[[Entered], str]
    says: Callable[[Entered, Facts], str]


KINDS: dict[str, GuardrailKind] = {}
LISTS: dict[str, str] = {}  # kinds that object to nothing: lists that alerts are read by


def find(name: str) -> GuardrailKind:
    return KINDS[name]


def scope_of(entered: Entered) -> Rule:
    """Where a guardrail applies: the areas, tiers and chapters chosen, or everywhere."""
    chosen = [
        Among(word, tuple(entered[key]))
        for key, word in (("areas", "area"), ("tiers", "tier"), ("chapters", "chapter"))
        if entered.get(key)
    ]
    return both(*chosen) if chosen else ALWAYS


def area_of(entered: Entered, area: str) -> str:
    """The area whose contacts count, "" for all of them; EACH means that of the proposal."""
    chosen = entered.get("area", "")
    return area if chosen == EACH else chosen


def _register(kind: GuardrailKind) -> None:
    KINDS[kind.name] = kind


def _money(amount: Any) -> str:
    return words.money(Decimal(str(amount)), settings.CURRENCY)


def _plain(number: Any) -> str:
    return f"{Decimal(str(number)).normalize():,f}".replace("-", words.MINUS)


def _measured(measure: str, number: Any) -> str:
    if measure in ("incentive", "amount"):
        return _money(number)
    return f"{_plain(number)}{words.NO_BREAK}%" if measure == "discount" else _plain(number)


def _ceiling_says(entered: Entered, facts: Facts) -> str:
    measure = entered["measure"]
    is_now = _measured(measure, facts[measure])
    most = _measured(measure, entered["most"])
    nouns = {"discount": "discount", "incentive": "incentive", "amount": "amount"}
    if measure == "members":
        return f"This reaches {is_now} members; the ceiling is {most}."
    return f"The {nouns[measure]} of {is_now} is over the ceiling of {most}."


def _cap_says(entered: Entered, facts: Facts) -> str:
    where = f" for {area_of(entered, facts['area'])}" if entered.get("area") else ""
    had = words.plural(int(facts["contacts"]), "contact")
    return f"This member had {had}{where} in {entered['days']} days; the limit is {entered['most']}."


def _move_rule(entered: Entered) -> Rule:
    parts: list[Rule] = []
    if entered.get("from_tiers"):
        parts.append(Among("from_tier", tuple(entered["from_tiers"])))
    if entered.get("to_tiers"):
        parts.append(Among("to_tier", tuple(entered["to_tiers"])))
    if entered.get("most_down") not in (None, ""):
        parts.append(Compare("tier_step", "under", -Decimal(str(entered["most_down"]))))
    return both(Known("to_tier"), *parts)


def _move_says(entered: Entered, facts: Facts) -> str:
    names = PROPOSALS.words["to_tier"].choices
    known = names() if names else {}
    before, after = (known.get(str(facts.get(key)), facts.get(key)) for key in ("from_tier", "to_tier"))
    return f"A move from {before or 'no tier'} to {after} is prohibited."


def _move_value(entered: Entered) -> str:
    if entered.get("most_down") in (None, ""):
        return "not at all"
    return f"at most {words.plural(int(entered['most_down']), 'tier')} down"


def _fields_says(entered: Entered, facts: Facts) -> str:
    used = facts.get("fields_used") or ()
    names = [FIELDS.get(field, field) for field in entered["off"] if field in used]
    return f"It uses {' and '.join(names)}, which {'is' if len(names) == 1 else 'are'} switched off."


def _generic_rule(entered: Entered) -> Rule:
    return parse_json(entered["rule"], vocabulary=PROPOSALS)


_register(
    GuardrailKind(
        "ceiling",
        "Ceiling",
        "Objects to what is over a value: a discount, an incentive, an amount, a number of members.",
        ("measure", "most"),
        lambda entered: Compare(entered["measure"], "over", Decimal(str(entered["most"]))),
        lambda entered: _measured(entered["measure"], entered["most"]),
        _ceiling_says,
    )
)
_register(
    GuardrailKind(
        "cap",
        "Contact limit",
        "Objects to a message when the member was contacted so often in the period, in one area or in all.",
        ("most", "days", "area"),
        lambda entered: All(
            (Known("channel"), Compare("contacts", "at_least", Decimal(str(entered["most"]))))
        ),
        lambda entered: f"{entered['most']} in {entered['days']} days",
        _cap_says,
    )
)
_register(
    GuardrailKind(
        "move",
        "Prohibited tier move",
        "Objects to moving a member from one tier to another, or too far down.",
        ("from_tiers", "to_tiers", "most_down"),
        _move_rule,
        _move_value,
        _move_says,
    )
)
_register(
    GuardrailKind(
        "effect",
        "Least effect on revenue",
        "Objects to a scenario whose expected effect on revenue is under a value.",
        ("least",),
        lambda entered: Compare("revenue_effect", "under", Decimal(str(entered["least"]))),
        lambda entered: _money(entered["least"]),
        lambda entered, facts: (
            f"The expected effect on revenue of {_money(facts['revenue_effect'])} is under the least "
            f"effect of {_money(entered['least'])}."
        ),
    )
)
_register(
    GuardrailKind(
        "person",
        "Always a person",
        "The most valuable members never get anything that no person decided on, at any phase. A member "
        "whose value is not known counts as one of them.",
        ("share",),
        lambda entered: All(
            (
                Compare("automatic", "is", True),
                Not(Compare("value_rank", "over", Decimal(str(entered["share"])))),
            )
        ),
        lambda entered: f"top {_measured('discount', entered['share'])}",
        lambda entered, facts: (
            f"This member is in the top {_measured('discount', entered['share'])} by value, or the value is "
            "not known, so a person decides."
        ),
    )
)
_register(
    GuardrailKind(
        "fields",
        "Fields that may be unfair",
        "Objects to whatever was made with these fields. Switching one on needs two signatures.",
        ("off",),
        lambda entered: Among("fields_used", tuple(entered["off"])) if entered["off"] else Not(ALWAYS),
        lambda entered: f"{len(entered['off'])} of {len(FIELDS)} off",
        _fields_says,
    )
)
_register(
    GuardrailKind(
        "signals",
        "Alerts that may be unfair",
        "Which of the alerts that may treat groups unequally are made at all. Switching one on needs two "
        "signatures.",
        ("on",),
        lambda entered: Not(ALWAYS),
        lambda entered: f"{len(entered['on'])} of {len(SIGNALS)} on",
        lambda entered, facts: "",
    )
)
for _name, _label, _explains in (
    (
        "competitors",
        "Competitors",
        "Who competes with us. Its owner gets an alert when a member moves there and takes part less.",
    ),
    (
        "asks_for_time",
        "Words that ask for time",
        "What members write when paying is difficult. Such a text makes an alert.",
    ),
    (
        "dear_areas",
        "Dearer areas",
        "First characters of postal codes where living costs more, for the alert about moves.",
    ),
    (
        "downturns",
        "Industries in a downturn",
        "Industries as iMIS names them, for the alert about downturns.",
    ),
):
    LISTS[_name] = _label
    _register(
        GuardrailKind(
            _name,
            _label,
            _explains,
            ("entries",),
            lambda entered: Not(ALWAYS),
            lambda entered: words.plural(len(entered["entries"]), "entry", "entries"),
            lambda entered, facts: "",
        )
    )
_register(
    GuardrailKind(
        "terms",
        "Prohibited terms",
        "Objects to a text in which one of these terms stands, whatever the case and spacing.",
        ("terms", "why"),
        lambda entered: ALWAYS,
        lambda entered: words.plural(len(entered["terms"]), "term"),
        lambda entered, facts: entered.get("why", ""),
    )
)
_register(
    GuardrailKind(
        "rule",
        "A rule of your own",
        "Objects where the rule holds, in your own words.",
        ("rule", "says"),
        _generic_rule,
        lambda entered: "",
        lambda entered, facts: entered["says"],
    )
)
