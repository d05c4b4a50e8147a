"""Messages to members: templates, offers, drafts with facts, the contact ledger, sending and answers.

Callers name these functions; the modules behind them are its own.
"""

from imis_ai.governance.messages.channels import Choice, choose_channel, choose_channels
from imis_ai.governance.messages.contact import may_contact, people_only_from, refusals
from imis_ai.governance.messages.drafts import Draft, make, revise, usable

__all__ = [
    "Choice",
    "Draft",
    "choose_channel",
    "choose_channels",
    "make",
    "may_contact",
    "people_only_from",
    "refusals",
    "revise",
    "usable",
]
