"""Which rights may not meet in one person, and which changes ask for a second administrator. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from imis_ai.accounts.rights import EXTRAS

MONEY_ROLES = ("membership", "finance")
GRANTED_BY_TWO = ("finance", "admin")


@dataclass(frozen=True)
class Held:
    """What one person holds."""

    role: str
    chapters: tuple[str, ...] = ()
    approval_limit: Decimal = Decimal(0)
    extras: tuple[str, ...] = ()

    def as_json(self) -> dict:
        return {
            "role": self.role,
            "chapters": sorted(self.chapters),
            "approval_limit": str(self.approval_limit),
            "extras": sorted(self.extras),
        }

    @classmethod
    def from_json(cls, row: dict) -> "Held":
        return cls(row["role"], tuple(row["chapters"]), Decimal(row["approval_limit"]), tuple(row["extras"]))


NOTHING = Held("")


def clashes(held: Held) -> list[str]:
    """Why these rights may not meet in one person; empty when they may. Each is a database constraint too."""
    found = []
    if "auditor" in held.extras and (held.role != "executive" or held.approval_limit or len(held.extras) > 1):
        found.append(
            "An auditor reads everything and changes nothing: choose the role executive and no other right."
        )
    if held.role == "admin" and (held.approval_limit or "guardrail_owner" in held.extras):
        found.append(
            "An administrator gives rights and so approves nothing: no limit in money, no guardrails."
        )
    elif held.approval_limit and held.role not in MONEY_ROLES:
        found.append("Only membership managers and finance reviewers decide on money: leave the limit empty.")
    if held.approval_limit < 0:
        found.append("A limit is 0 or more.")
    if held.role == "chapter" and not held.chapters:
        found.append("A chapter manager without chapters would see nobody. Choose at least one.")
    if held.chapters and held.role != "chapter":
        found.append("Chapters belong to chapter managers. Choose that role, or no chapters.")
    return found


def by_two(before: Held, after: Held) -> list[str]:
    """What in this change a second administrator must agree to; empty when one is enough."""
    found = []
    if after.role != before.role and after.role in GRANTED_BY_TWO:
        found.append("the role of administrator" if after.role == "admin" else "the role of finance reviewer")
    if after.approval_limit != before.approval_limit:
        found.append("the limit in money")
    found += [f"the right “{EXTRAS[name].label}”" for name in sorted(set(after.extras) - set(before.extras))]
    return found
