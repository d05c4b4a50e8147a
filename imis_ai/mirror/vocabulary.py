"""The words rules may use about members, and a member's facts in the same words."""

from collections.abc import Callable, Mapping

from imis_ai.mirror.models import Chapter, Member, Tier
from imis_ai.rules.vocabulary import PERSONAL, PROTECTED, Type, Vocabulary, Word

MEMBERS = Vocabulary("member", one="member", many="members")


def _named(model: type) -> Callable[[], Mapping[str, str]]:
    return lambda: dict(model.objects.values_list("pk", "name"))


def _kinds() -> Mapping[str, str]:
    return {"person": "a person", "organisation": "an organisation"}


MEMBERS.add(
    Word("tier", "tier", Type.TEXT, choices=_named(Tier), column="tier_id"),
    Word("chapter", "chapter", Type.TEXT, choices=_named(Chapter), column="chapter_id"),
    Word("kind", "the member", Type.TEXT, choices=_kinds, column="kind"),
    Word("member_type", "member type", Type.TEXT, column="member_type"),
    Word("status", "status in iMIS", Type.TEXT, column="status"),
    Word("state", "state", Type.TEXT, sensitivity=PROTECTED, column="state"),
    Word("joined", "joined", Type.DATE, link="", sensitivity=PERSONAL, column="joined_on"),
    Word("paid_through", "paid-through date", Type.DATE, sensitivity=PERSONAL, column="paid_through"),
    Word(
        "auto_renew",
        "automatic renewal",
        Type.FLAG,
        yes="renews automatically",
        no="does not renew automatically",
        column="auto_renew",
    ),
)


def facts(member: Member) -> dict:
    """What rules see of one member."""
    return {name: getattr(member, word.column) for name, word in MEMBERS.words.items()}


def facts_of(imis_id: str) -> dict | None:
    """The same of the member with this number; None when there is none."""
    member = Member.objects.filter(imis_id=imis_id, gone_at=None).first()
    return facts(member) if member else None


def tier_step(before: str | None, after: str | None) -> int | None:
    """How many tiers up, down when negative; None when one of them is not known."""
    ranks = dict(Tier.objects.values_list("code", "rank"))
    if before not in ranks or after not in ranks:
        return None
    order = sorted(set(ranks.values()))
    return order.index(ranks[after]) - order.index(ranks[before])
