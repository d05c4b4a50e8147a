"""A change of rights in words: what the person gains and what they lose."""

from collections.abc import Mapping
from decimal import Decimal

from django.conf import settings

from imis_ai.accounts.duties import Held
from imis_ai.accounts.rights import EXTRAS, RIGHTS, carries
from imis_ai.ui.words import money

ROLES = {
    "membership": "Membership manager",
    "finance": "Finance reviewer",
    "admin": "Administrator",
    "chapter": "Chapter manager",
    "executive": "Executive",
}
SEES = {  # in rising order
    "": "nothing",
    "executive": "totals, no members",
    "chapter": "members of their own chapters",
    "admin": "all members, names hidden until revealed",
    "membership": "all members by name",
    "finance": "all members by name, and their money",
}


def limit(amount: Decimal) -> str:
    return money(amount, settings.CURRENCY) if amount else "nothing"


def held(what: Held, chapters: Mapping[str, str]) -> str:
    """ "Chapter manager of Texas, Ohio; limit 250.00; auditor"."""
    parts = [ROLES.get(what.role, "no role")]
    if what.chapters:
        parts[0] += f" of {', '.join(chapters.get(code, code) for code in what.chapters)}"
    if what.approval_limit:
        parts.append(f"limit {limit(what.approval_limit)}")
    parts += [EXTRAS[name].label.lower() for name in what.extras]
    return "; ".join(parts)


def gains_and_losses(before: Held, after: Held, chapters: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """What becomes possible and what ends, each as a clause that follows "may" or names what is seen."""
    gains, losses = _rights(before, after), _rights(after, before)
    if _sight(after) > _sight(before):
        gains.insert(0, f"see {_sees(after)}")
    if _sight(after) < _sight(before):
        losses.insert(0, f"see {_sees(before)}, from now {_sees(after)}")
    names = [chapters.get(code, code) for code in after.chapters if code not in before.chapters]
    gone = [chapters.get(code, code) for code in before.chapters if code not in after.chapters]
    if names:
        gains.append(f"see and work for the members of {', '.join(names)}")
    if gone:
        losses.append(f"see and work for the members of {', '.join(gone)}")
    if after.approval_limit > before.approval_limit:
        gains.append(
            f"approve up to {limit(after.approval_limit)} alone, until now {limit(before.approval_limit)}"
        )
    if after.approval_limit < before.approval_limit:
        losses.append(
            f"approve up to {limit(before.approval_limit)} alone, from now {limit(after.approval_limit)}"
        )
    return gains, losses


def _sees(what: Held) -> str:
    return "everything, names hidden until revealed" if "auditor" in what.extras else SEES[what.role]


def _sight(what: Held) -> int:
    """How much is seen, to compare; an auditor sees what an administrator does."""
    return list(SEES).index("admin" if "auditor" in what.extras else what.role)


def _rights(without: Held, having: Held) -> list[str]:
    """What the second may that the first may not."""
    new = [right for right in RIGHTS if _may(having, right) and not _may(without, right)]
    extras = [EXTRAS[name].does for name in having.extras if name not in without.extras]
    return list(dict.fromkeys([*(RIGHTS[right].does for right in new), *extras]))


def _may(what: Held, right: str) -> bool:
    return bool(what.role) and carries(right, role=what.role, extras=what.extras)
