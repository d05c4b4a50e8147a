"""The words guardrails and pilot scopes may use about a proposal."""

from collections.abc import Callable, Mapping

from imis_ai.mirror.vocabulary import MEMBERS
from imis_ai.rules.vocabulary import Type, Vocabulary, Word

PROPOSALS = Vocabulary("proposal", one="proposal", many="proposals")
CHANNELS = {"email": "e-mail", "sms": "SMS", "portal": "a letter in the portal", "phone": "phone"}
BANDS = {"low": "low", "medium": "medium", "high": "high"}
FIELDS = {
    "address": "address and region",
    "age": "age",
    "gender": "gender",
    "hardship": "signs of hardship",
}
SIGNALS = {
    "dear_area": "a move to a dearer area",
    "industry": "a downturn of the industry",
}
_tiers = MEMBERS.words["tier"].choices


def _fixed(choices: dict[str, str]) -> Callable[[], Mapping[str, str]]:
    return lambda: choices


PROPOSALS.add(
    Word("kind", "kind of proposal", Type.TEXT),
    Word("area", "area", Type.TEXT),
    Word("members", "number of members", Type.NUMBER),
    Word("amount", "amount", Type.MONEY),
    Word("discount", "discount", Type.PERCENT),
    Word("incentive", "incentive for one member", Type.MONEY),
    Word("revenue_effect", "expected effect on revenue", Type.MONEY),
    Word("channel", "channel", Type.TEXT, choices=_fixed(CHANNELS)),
    Word("contacts", "contacts in the period", Type.NUMBER, link="are"),
    Word("template", "template", Type.TEXT),
    Word("value_rank", "rank by value, counted from the top,", Type.PERCENT),
    Word("risk_band", "risk", Type.TEXT, choices=_fixed(BANDS)),
    Word("from_tier", "tier now", Type.TEXT, choices=_tiers),
    Word("to_tier", "tier after", Type.TEXT, choices=_tiers),
    Word("tier_step", "tiers moved up", Type.NUMBER, link="are"),
    Word("fields_used", "fields used", Type.NAMES, link="", choices=_fixed(FIELDS)),
    Word("automatic", "without a person", Type.FLAG, yes="no person decides", no="a person decides"),
    Word("tier", "member's tier", Type.TEXT, choices=_tiers, column="tier_id"),
    Word("chapter", "chapter", Type.TEXT, choices=MEMBERS.words["chapter"].choices, column="chapter_id"),
    Word("member_type", "member type", Type.TEXT, column="member_type"),
    Word("member_kind", "the member", Type.TEXT, choices=MEMBERS.words["kind"].choices, column="kind"),
    Word("segment", "segment", Type.TEXT),
    Word("source", "data source", Type.TEXT),
    Word("campaign", "campaign", Type.TEXT),
)
SCOPES = PROPOSALS.only(
    ["tier", "chapter", "member_type", "member_kind", "segment", "source", "campaign"],
    one="member",
    many="members",
)
