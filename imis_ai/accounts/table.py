"""docs/rights.md from the table: who may do what, which rights may not meet, what asks for two people."""

from itertools import groupby

from imis_ai.accounts.duties import GRANTED_BY_TWO
from imis_ai.accounts.rights import EXTRAS, RIGHTS, ROLE_WORDS, carries

AREAS = {
    "account": "Own account",
    "api": "API and webhooks",
    "audit": "Audit log",
    "privacy": "Members' own data",
    "help": "Help",
    "data": "Data",
    "jobs": "Jobs",
    "names": "Names",
}
PREFACE = """# Who may do what

Written by `python manage.py rights --write` from `imis_ai/accounts/rights.py`. Pages, the API, navigation,
the groups in the database and the tests read the same table; a test fails when this page differs from it.

Each person has one role. A superuser has no rights here: a superuser is made on the command line only, for
emergencies, and opens nothing. Chapter managers see, prepare and approve for the chapters given to them one
by one; other chapters answer as if they were not there.
"""
RULES = """## Rights given to a person

{extras}

A limit in money says what a membership manager or finance reviewer may approve alone. More needs a second
person.

## What may not meet in one person

- An administrator has no limit in money and owns no guardrail: who gives rights approves nothing.
- An auditor has the role executive and no other right: who checks changes nothing.
- Only membership managers and finance reviewers have a limit. Only chapter managers have
  chapters, at least one.

The database refuses these pairs as well.

## What two people do

- A second administrator agrees to: {granted}, a changed limit, every right given to a person beside the role.
- Nobody changes their own rights, and nobody agrees to a change of their own rights.
- What a person suggested or changed last, somebody else approves.
"""


def markdown() -> str:
    """The whole page."""
    extras = "\n".join(f"- {extra.label}: {extra.does}." for extra in EXTRAS.values())
    granted = " and ".join(ROLE_WORDS[role].lower()[:-1] for role in GRANTED_BY_TWO)
    areas = groupby(sorted(RIGHTS), key=lambda right: right.split(".")[0])
    tables = "\n".join(_table(area, list(rights)) for area, rights in areas)
    return f"{PREFACE}\n{tables}\n{RULES.format(extras=extras, granted=f'the role of {granted}')}"


def _table(area: str, rights: list[str]) -> str:
    heads = [*ROLE_WORDS.values(), "Auditors", "Also"]
    lines = [
        f"## {AREAS.get(area, area.capitalize())}\n",
        f"| May | Rule | {' | '.join(heads)} |",
        f"|---|---|{'---|' * len(heads)}",
    ]
    for right in rights:
        marks = ["yes" if carries(right, role=role) else "" for role in ROLE_WORDS]
        marks.append("yes" if carries(right, role="executive", extras=("auditor",)) else "")
        marks.append(", ".join(EXTRAS[extra].label for extra in RIGHTS[right].also if extra != "auditor"))
        lines.append(f"| {RIGHTS[right].does} | `{right}` | {' | '.join(marks)} |")
    return "\n".join(lines) + "\n"
