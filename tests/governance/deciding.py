"""A kind of proposal for tests, and people to decide on it."""

import datetime as dt
from decimal import Decimal

from imis_ai.governance import kinds, proposals
from imis_ai.governance.models import RolloutStep
from imis_ai.governance.outbox import Message
from imis_ai.rules.tree import ALWAYS
from imis_ai.rules.wire import to_json

NOW = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
KIND = "test.tags"


def assisted(area="retention"):
    """The phase in which approved things leave."""
    RolloutStep.objects.get_or_create(area=area, level=1, defaults={"scope": to_json(ALWAYS), "since": NOW})


def _messages(payload):
    return [Message("set", "tag", imis_id, {"segment": payload["segment"]}) for imis_id in payload["members"]]


def _clean(before, changes):
    return before | {"segment": str(changes["segment"])}


def tag_kind(**changes) -> kinds.Kind:
    """Tags in iMIS, decided by membership managers; `changes` are fields of the kind."""
    fields = {
        "name": KIND,
        "area": "retention",
        "label": "Tags",
        "reads": "retention.members",
        "decides": "retention.publish",
        "friction": kinds.Friction.SINGLE,
        "messages": _messages,
        "effect": lambda proposal: f"{proposal.members} tags",
        "consequence": lambda proposal: "Adds the tags to iMIS.",
        "clean": _clean,
    }
    return kinds.register(kinds.Kind(**(fields | changes)))


def money_kind(**changes) -> kinds.Kind:
    """Money, decided by finance."""
    return tag_kind(name="test.credit", decides="data.read", label="Credit", messages=lambda p: [], **changes)


def draft(*, kind=KIND, members=("101", "102"), amount=None, imis_id="", **more) -> proposals.Draft:
    return proposals.Draft(
        kind=kind,
        title="Tag the advocates",
        payload={"segment": "Advocates", "members": list(members), "n": more.pop("n", 0)},
        members=len(members),
        amount=None if amount is None else Decimal(amount),
        imis_id=imis_id,
        **more,
    )
