"""From the sandbox to the live iMIS: a second person sees what would be different, then writing may begin.

Which iMIS is connected is set outside, in the environment. Here stands whether a live one may be written to.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance import kinds, proposals
from imis_ai.governance.connection import looking
from imis_ai.governance.models import ConnectionTest, OutboxMessage, Proposal
from imis_ai.governance.outbox.message import IMIS
from imis_ai.governance.refusals import Blocked, NotAllowed, WhyNot
from imis_ai.mirror.permission import address_of

NAME = "connection.promote"
RIGHT = "connection.change"
NONE = "not there"


def _lines(test: ConnectionTest | None) -> dict[str, str]:
    """One iMIS as lines that can be compared."""
    if test is None:
        return {}
    said = {
        "Address": test.address,
        "System": "sandbox" if test.is_test_system else "live",
        "Account that reads": test.writing.get("read_account", ""),
        "Account that writes": test.writing.get("write_account", "") or "none",
    }
    for each in test.endpoints:
        said[f"{each['resource']} at {each['path']}"] = each["state"]
    for each in test.writing.get("targets", []):
        said[f"{each['target']} is kept as"] = (
            f"{each['object']}, {'ready' if each['is_ready'] else 'not ready'}"
        )
    return said


def difference(before: ConnectionTest | None, after: ConnectionTest) -> list[dict[str, str]]:
    """Every line that differs between the sandbox and the live iMIS, in order."""
    old, new = _lines(before), _lines(after)
    names = [*new, *(name for name in old if name not in new)]
    return [
        {"name": name, "before": old.get(name, NONE), "after": new.get(name, NONE)}
        for name in names
        if old.get(name) != new.get(name)
    ]


@transaction.atomic
def ask_to_promote(*, reason: str, by: User, now: datetime) -> Proposal:
    """Put the difference before a second person. Raises NotAllowed, Blocked for what was not tested."""
    if not by.may(RIGHT):
        raise NotAllowed(
            WhyNot("Your role may not ask for this.", rule=RIGHT, next_step="Ask an administrator.")
        )
    if settings.IMIS_IS_TEST_SYSTEM or not settings.IMIS_URL:
        raise Blocked(
            WhyNot(
                "A sandbox is connected, so there is nothing to promote yet.",
                rule="sandbox first",
                next_step="Set IMIS_URL to the live iMIS and unset IMIS_IS_TEST_SYSTEM, test it, then ask.",
            )
        )
    address = address_of(settings.IMIS_URL)
    live = looking.latest(address=address, is_test_system=False, is_good=True)
    if live is None:
        raise Blocked(
            WhyNot(
                "The live iMIS was not tested yet, so nobody could see what would be different.",
                rule="sandbox first",
                next_step="Test the connection, then ask.",
            )
        )
    sandbox = looking.latest(is_test_system=True, is_good=True)
    made = proposals.Draft(
        kind=NAME,
        title=f"Write to the live iMIS at {address}"[:200],
        payload={
            "address": address,
            "sandbox": sandbox.address if sandbox else "",
            "tested_at": live.at.isoformat(),
            "diff": difference(sandbox, live),
            "reason": reason.strip()[:300],
        },
        checks=_checks(sandbox, live),
    )
    return proposals.propose(draft=made, by=by, now=now)


def _checks(sandbox: ConnectionTest | None, live: ConnectionTest) -> tuple[proposals.Check, ...]:
    found = []
    if sandbox is None:
        found.append(
            proposals.Check("sandbox", "No sandbox was ever tested here, so this is the first try.", "warn")
        )
    unready = [each["target"] for each in live.writing.get("targets", []) if not each["is_ready"]]
    if unready:
        said = f"Not ready in the live iMIS: {', '.join(unready)}. What goes there waits."
        found.append(proposals.Check("objects", said, "warn"))
    if not live.writing.get("write_account"):
        found.append(proposals.Check("account", "There is no account to write with yet.", "warn"))
    return tuple(found)


def is_promoted(*, address: str, now: datetime) -> bool:
    """Whether two people let this iMIS be written to, and the hold is over."""
    approved = Proposal.objects.filter(
        kind=NAME, state=Proposal.State.APPROVED, hold_until__lte=now, payload__address=address
    )
    return approved.exists()


def gate(message: OutboxMessage, now: datetime) -> WhyNot | None:
    """Asked before anything is written: a sandbox always, a live iMIS once it was promoted."""
    if message.way not in IMIS or settings.IMIS_IS_TEST_SYSTEM or not settings.IMIS_URL:
        return None
    address = address_of(settings.IMIS_URL)
    if is_promoted(address=address, now=now):
        return None
    return WhyNot(
        f"Nothing is written to the live iMIS at {address} before two people let it.",
        rule="sandbox first",
        next_step="An administrator asks for it under Connection.",
    )


def _still_true(proposal: Proposal, now: datetime) -> list[str]:
    """The difference as it was read must be that of the iMIS connected now."""
    if proposal.payload["address"] != address_of(settings.IMIS_URL):
        return ["Another iMIS is connected by now."]
    live = looking.latest(address=proposal.payload["address"], is_test_system=False, is_good=True)
    if live is None or live.at.isoformat() == proposal.payload["tested_at"]:
        return []
    sandbox = looking.latest(is_test_system=True, is_good=True)
    same = difference(sandbox, live) == proposal.payload["diff"]
    return [] if same else ["iMIS was tested again and answers differently."]


def _context(proposal: Proposal, viewer: Any) -> dict[str, Any]:
    return {"diff": proposal.payload["diff"], "why": proposal.payload["reason"]}


KIND = kinds.Kind(
    name=NAME,
    area="governance",
    label="Sandbox to live",
    reads="approvals.read",
    decides="connection.promote",
    friction=kinds.Friction.SECOND,
    messages=lambda payload: (),
    effect=lambda proposal: "writing to the live iMIS",
    consequence=lambda proposal: (
        "After the hold, what staff approve is written to the live iMIS. Each area still keeps to its phase."
    ),
    template="governance/kinds/_promotion.html",
    context=_context,
    still_true=_still_true,
    lives=timedelta(days=14),
)


def waiting() -> Proposal | None:
    """The request that waits for a second person."""
    return Proposal.objects.filter(kind=NAME, state__in=proposals.OPEN).order_by("-pk").first()
