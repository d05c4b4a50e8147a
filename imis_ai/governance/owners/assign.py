"""Giving members to one of our people, or back to whom iMIS names."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.models import Ownership
from imis_ai.governance.owners.read import current, may_own
from imis_ai.governance.refusals import NotAllowed, WhyNot
from imis_ai.mirror import access


@dataclass(frozen=True)
class Given:
    """How many changed hands, had this owner already, and could not be given, with the reason in words."""

    assigned: int
    same: int
    left_out: int
    why: str = ""


@transaction.atomic
def assign(*, imis_ids: Collection[str], person: User | None, by: User, now: datetime) -> Given:
    """From now on `person` looks after these members; None ends our assignment, so that iMIS' owner counts.

    In order: the earlier owners end, the new ones begin, the audit log. Only members whom both may see.
    """
    if person is not None and not may_own(person):
        raise NotAllowed(
            WhyNot(
                f"{person} cannot look after members.",
                rule="owners of members",
                next_step="Choose a membership manager, a finance reviewer or a chapter manager.",
            )
        )
    wanted = set(imis_ids)
    visible = set(access.members(by).filter(imis_id__in=wanted).values_list("imis_id", flat=True))
    theirs = visible
    if person is not None:
        rows = access.members(person).filter(imis_id__in=visible)
        theirs = set(rows.values_list("imis_id", flat=True))
    standing = current().filter(imis_id__in=theirs).select_for_update().order_by("pk")
    before = dict(standing.values_list("imis_id", "person"))
    same = {imis_id for imis_id in theirs if before.get(imis_id) == (person.pk if person else None)}
    changed = sorted(theirs - same)
    current().filter(imis_id__in=changed).update(until=now, ended_by=by)
    if person is not None:
        Ownership.objects.bulk_create(
            [Ownership(imis_id=each, person=person, since=now, given_by=by) for each in changed]
        )
    if changed:
        _log(changed, before, person, by, now)
    outside = len(visible - theirs)
    why = f"{outside} are outside the chapters of {person}." if outside else ""
    return Given(len(changed), len(same), len(wanted - theirs), why)


def _log(changed: list[str], before: dict[str, int], person: User | None, by: User, now: datetime) -> None:
    """One entry: about the member when it is one, else how many and a hash of the list."""
    names = {each.pk: str(each) for each in User.objects.filter(pk__in=before.values())}
    after = str(person or "nobody of ours")
    if len(changed) == 1:
        earlier = names.get(before.get(changed[0], 0), "nobody of ours")
        detail = {"before": earlier, "after": after}
        audit.record(action="member.assigned", by=by, now=now, imis_id=changed[0], detail=detail)
        return
    digest = hashlib.sha256("\n".join(changed).encode()).hexdigest()
    detail = {"after": after, "members": len(changed), "list": digest}
    audit.record(action="members.assigned", by=by, now=now, detail=detail)


def forget(*, imis_id: str) -> int:
    """Erasure: who looked after somebody says something of them."""
    return Ownership.objects.filter(imis_id=imis_id).delete()[0]
