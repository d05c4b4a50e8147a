"""Drafts to members who left, and which offer goes with which reason."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.refusals import Blocked, WhyNot
from retention.actions.draft import Composed, compose
from retention.calc import outreach as calc
from retention.calc.reasons import REASONS, ROUTES
from retention.models import WinBackOffer
from retention.queries import winback
from retention.queries.candidates import Wanted, written

MOST = 200  # more than are read in a week would be stale before anybody reads them
NOBODY = WhyNot("Has not left, or has come back.", rule="win-back", next_step="Nothing to do.")
DONE = WhyNot(
    "Was written to about this lapse already.", rule="once per lapse", next_step="Wait for an answer."
)


def draft_win_backs(*, imis_ids: Sequence[str], by: User, now: datetime) -> Composed:
    """A draft for each who may come back by a message; the others are named with the rule. Nothing leaves."""
    if len(imis_ids) > MOST:
        raise Blocked(
            WhyNot(f"{len(imis_ids)} at once are too many to read.", rule="drafts",
                   next_step=f"Choose up to {MOST}.")
        )  # fmt: skip
    lapses, offers, done = winback.newest(imis_ids), winback.matches(), written(now=now)
    found, wanted = Composed(), []
    for imis_id in imis_ids:
        lapse = lapses.get(imis_id)
        why = NOBODY if lapse is None else _routed(lapse.said)
        if lapse is not None and why is None:
            match = offers[lapse.said]
            each = Wanted(
                imis_id=imis_id,
                purpose=calc.WIN_BACK,
                stage=calc.LAPSED,
                reason=REASONS[lapse.said].group,
                occasion=lapse.lapsed_on.isoformat(),
                offer=match.version.offer.name if match else winback.NOTHING,
                known={"lapse_reason": lapse.said, "offer_asked": str(match.version) if match else ""},
            )
            if (imis_id, each.purpose, each.occasion) not in done:
                wanted.append(each)
                continue
            why = DONE
        found.left_out[imis_id] = why
    made = compose(wanted=wanted, now=now, by=by)
    found.drafts, found.left_out = made.drafts, found.left_out | made.left_out
    detail = {"asked": len(imis_ids), "drafts": len(found.drafts), "on": localdate(now)}
    audit.record(action="win-back.drafted", by=by, now=now, about=("win-back", ""), detail=detail)
    return found


def _routed(reason: str) -> WhyNot | None:
    """Why nobody with this reason is written to by a draft."""
    each = REASONS[reason]
    if each.route in winback.MAILED:
        return None
    return WhyNot(
        f"Reason: {each.label.lower()}. No message goes out for it.",
        rule="routes of win-back",
        next_step=f"Goes to: {ROUTES[each.route].lower()}.",
    )


@transaction.atomic
def choose_offer(*, reason: str, offer: str, by: User, now: datetime) -> None:
    """Which offer goes with a reason. Raises Blocked when the catalogue does not fit it."""
    if reason not in REASONS or offer not in {name for name, _ in winback.choices(reason)}:
        raise Blocked(
            WhyNot(
                "This offer does not fit this reason.",
                rule="offers",
                next_step="Choose another, or change the reasons it fits in the catalogue.",
            )
        )
    before = WinBackOffer.objects.filter(reason=reason).values_list("offer", flat=True).first()
    WinBackOffer.objects.update_or_create(
        reason=reason, defaults={"offer": offer, "chosen_by": str(by)[:150], "chosen_at": now}
    )
    detail = {"before": before or "the catalogue's first", "after": offer, "reason": REASONS[reason].label}
    audit.record(action="win-back.offer chosen", by=by, now=now, about=("win-back", reason), detail=detail)
