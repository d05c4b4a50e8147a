"""Corrections by staff: said where it was shown, kept with what was shown, and learnt from."""

from imis_ai.governance.corrections.learn import Said, teaching
from imis_ai.governance.corrections.read import (
    annotated,
    cards_of,
    in_words,
    standing,
    those,
    to_agree,
    version,
)
from imis_ai.governance.corrections.topics import Choice, Shown, Topic, find, is_card, register, topic_for
from imis_ai.governance.corrections.write import (
    MOST_A_DAY,
    Outcome,
    Statement,
    agree,
    expire_due,
    forget,
    say,
    say_of_many,
    withdraw,
)

__all__ = [
    "MOST_A_DAY",
    "Choice",
    "Outcome",
    "Said",
    "Shown",
    "Statement",
    "Topic",
    "agree",
    "annotated",
    "cards_of",
    "expire_due",
    "find",
    "forget",
    "in_words",
    "is_card",
    "register",
    "say",
    "say_of_many",
    "standing",
    "teaching",
    "those",
    "to_agree",
    "topic_for",
    "version",
    "withdraw",
]
