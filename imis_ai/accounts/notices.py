"""What a person can be told without asking: one table for the bell, the account page and the daily e-mail."""

from typing import NamedTuple


class Notice(NamedTuple):
    """`can_be_off` False: this person is told in any case."""

    label: str
    hint: str
    can_be_off: bool = True


KINDS = {
    "assigned": Notice("Assigned to you", "A colleague asked you by name, or passed decisions on to you."),
    "due": Notice("Due today", "Suggestions you decide on that are due before the day ends."),
    "refused": Notice("Refused by iMIS", "Something you approved did not arrive.", can_be_off=False),
    "spike": Notice("Out of the ordinary", "A topic or a number leaves its usual range."),
    "job": Notice("Jobs", "A job you started has ended, or the nightly run has failed."),
    "feed": Notice("Late data", "A feed was not read within its interval, or is held."),
    "mail": Notice("Daily e-mail", "A daily e-mail may not have arrived.", can_be_off=False),
    "notice": Notice("Changes told by iMIS", "Change notifications that nobody has followed up for an hour."),
}


def wanted(*, off: list[str], kind: str) -> bool:
    """Whether somebody with these kinds switched off is told of this kind."""
    return kind not in off or not KINDS[kind].can_be_off
