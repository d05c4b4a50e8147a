"""What each arm says: its own texts and its own offer in place of those that the outreach came with.

Only in the campaign that is compared: an outreach with other texts than any of its arms is left as it is.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from imis_ai.governance.experiments import widen
from imis_ai.governance.messages import control, drafts, offers
from imis_ai.governance.messages.drafts import Draft
from imis_ai.governance.models import Arm, OfferVersion, TemplateVersion

Tried = dict[str, dict[str, Any]]


def drafted(
    *,
    imis_ids: Sequence[str],
    area: str,
    channel: str,
    versions: Sequence[TemplateVersion],
    now: datetime,
    offer: OfferVersion | None = None,
) -> tuple[dict[str, Draft], Tried]:
    """Drafts by member, and for those who are compared which arm they are in, for the record."""
    arms = control.arms(imis_ids=imis_ids, area=area, now=now)
    together: dict[int | None, list[str]] = {}
    for imis_id in imis_ids:
        together.setdefault(arms[imis_id].pk if imis_id in arms else None, []).append(imis_id)
    by_pk, made = {arm.pk: arm for arm in arms.values()}, {}
    for pk, members in together.items():
        arm = by_pk[pk] if pk else widen.adopted(area=area, templates=[each.template_id for each in versions])
        given = _of_arm(arm, channel, versions) if arm else versions
        own = offers.live(arm.offer.name) if arm and arm.offer else offer
        made |= drafts.make(imis_ids=members, area=area, versions=given, now=now, offer=own)
    tried = {imis_id: {"experiment": arm.experiment_id, "arm": arm.label} for imis_id, arm in arms.items()}
    return made, tried


def of(*, imis_ids: Collection[str], area: str, now: datetime) -> dict[str, str]:
    """The schedule of each member whose arm names one; for who sends by schedules."""
    found = control.arms(imis_ids=imis_ids, area=area, now=now)
    return {imis_id: arm.cadence for imis_id, arm in found.items() if arm.cadence}


def _of_arm(arm: Arm, channel: str, versions: Sequence[TemplateVersion]) -> Sequence[TemplateVersion]:
    """Approved texts of the arm for this channel; without any, those given: it differs otherwise."""
    compared = {pk for each in arm.experiment.arms.all() for pk in each.templates}
    if not arm.templates or not compared & {each.template_id for each in versions}:
        return versions
    rows = TemplateVersion.objects.filter(
        template__in=arm.templates, template__channel=channel, state=TemplateVersion.State.APPROVED
    )
    return list(rows.select_related("template").order_by("template__name")) or versions
