"""From score to answer, one line a draft: for the file that an auditor or a board asks for. Reads only."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.timezone import localtime

from imis_ai.accounts.models import User
from imis_ai.governance import outreach_followed, outreach_review, proposals
from imis_ai.governance.outreach_followed import Followed
from imis_ai.mirror import contact
from imis_ai.ui import words
from retention.calc import outreach as calc
from retention.queries.candidates import AREA

MOST = 20_000
AFTER = ("opened", "replied", "stopped", "bounced", "paid", "renewed", "is_final")
HEADER = [
    "imis_id",
    "name",
    "campaign",
    "stage",
    "reason",
    "score_of_100",
    "model",
    "drafted_at",
    "channel",
    "text",
    "offer",
    "edited",
    "state",
    "approver",
    "approved_at",
    "sent_at",
    "arm",
    "opened",
    "replied",
    "asked_to_stop",
    "bounced",
    "paid",
    "renewed",
    "all_of_it_known",
]


def lines(*, found: Iterable[Any], viewer: User, with_names: bool, now: datetime) -> list[list[Any]]:
    """The drafts as rows of a file, with names as the viewer may see them."""
    items = list(found)[:MOST]
    names = contact.visible(viewer, {item.imis_id for item in items})
    texts = outreach_review.texts({item.payload["template_version"] for item in items})
    after = outreach_followed.of(found=items, area=AREA, now=now)
    return [
        _line(
            item,
            names.get(item.imis_id, "") if with_names else words.masked(names.get(item.imis_id, "")),
            texts.get(item.payload["template_version"], ""),
            after[item.pk],
        )
        for item in items
    ]


def _line(item: Any, name: str, text: str, after: Followed) -> list[Any]:
    made, payload = item.made_from, item.payload
    return [
        item.imis_id,
        name,
        calc.PURPOSES.get(made.get("purpose", ""), ""),
        made.get("stage", ""),
        calc.REASONS.get(made.get("reason", ""), ""),
        made.get("risk", ""),
        made.get("model", ""),
        _moment(item.created_at),
        payload["channel"],
        text,
        made.get("offer", ""),
        "yes" if payload["body"] != payload["made"]["body"] else "no",
        proposals.WORDS[proposals.State(item.state)],
        after.approver,
        _moment(after.approved_at),
        _moment(after.sent_at),
        after.label.arm if after.label else made.get("arm", ""),
        *(("yes" if getattr(after.label, part) else "no") if after.label else "" for part in AFTER),
    ]


def _moment(at: datetime | None) -> str:
    return localtime(at).isoformat(timespec="minutes") if at else ""
