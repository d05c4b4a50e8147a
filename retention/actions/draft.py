"""Drafts of messages: channel, text and offer chosen member by member, then put before a person.

`compose` is for every occasion; `draft_night` is the one of every night. Nothing leaves by it.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from imis_ai.accounts.models import User
from imis_ai.governance import outreach, rollout
from imis_ai.governance.experiments import enter
from imis_ai.governance.messages import Choice, choose_channels, contact, mail, offers, usable
from imis_ai.governance.refusals import WhyNot
from imis_ai.mirror import contact as mirror
from retention.actions import promises
from retention.calc import outreach as calc
from retention.models import LeftOut, Promise
from retention.queries import candidates
from retention.queries.candidates import AREA, Wanted

CHANNELS = ("email", "sms")
MOST_A_NIGHT = 200  # more than are read in a week would be stale before anybody reads them
AT_ONCE = 50  # one transaction
PERSON_ONLY = WhyNot(
    "One of the most valuable members, who always hears from a person.",
    rule="people only",
    next_step="Call instead of writing.",
)
Left = dict[str, WhyNot]
HOLD = {"seat": promises.hold_seats, "peer": promises.hold_introductions}


@dataclass
class Composed:
    """Drafts by member, and why there is none for the others."""

    drafts: dict[str, Any] = field(default_factory=dict)
    left_out: Left = field(default_factory=dict)


@dataclass(frozen=True)
class Given:
    """The offer chosen for one member: its approved version, for which reason, and what is held for it."""

    version: Any
    because: str
    promise: Promise | None = None


def compose(*, wanted: Sequence[Wanted], now: datetime, by: User | None = None) -> Composed:
    """A draft for each member who may be written to, or the rule that stands against it.

    In order: the most valuable go to a person, lots are drawn, the channel is chosen from consent and past
    answers, an offer where the purpose has one and its seat or introduction is held; then the draft, with the
    money of the offer set aside. One transaction for each part of the list.
    """
    found = Composed()
    ids = [each.imis_id for each in wanted]
    valuable = contact.always_a_person(imis_ids=ids, now=now)
    found.left_out |= dict.fromkeys((each for each in ids if each in valuable), PERSON_ONLY)
    enter.before_outreach(imis_ids=[each for each in ids if each not in valuable], area=AREA, now=now)
    left = [each for each in wanted if each.imis_id not in valuable]
    for start in range(0, len(left), AT_ONCE):
        _part(left[start : start + AT_ONCE], found, by, now)
    return found


def draft_night(*, now: datetime, checkpoint: Callable[[], None] = lambda: None) -> Composed:
    """What the policy asks for tonight. Twice in a night makes nothing twice."""
    release(now=now)
    wanted = candidates.of_the_night(now=now, today=localdate(now))
    found = Composed()
    for start in range(0, len(wanted), MOST_A_NIGHT):
        checkpoint()
        made = compose(wanted=wanted[start : start + MOST_A_NIGHT], now=now)
        found.drafts |= made.drafts
        found.left_out |= made.left_out
        if len(found.drafts) >= MOST_A_NIGHT:
            break
    _keep_left_out(wanted, found.left_out, now)
    return found


def release(*, now: datetime) -> None:
    """Seats, introductions and money of drafts that came to nothing are free again."""
    promises.release_dropped(now=now)
    offers.give_back_dropped(now=now)


@transaction.atomic
def _part(wanted: Sequence[Wanted], found: Composed, by: User | None, now: datetime) -> None:
    channels = choose_channels(
        imis_ids=[each.imis_id for each in wanted], area=AREA, now=now, allowed=CHANNELS
    )
    found.left_out |= _without(wanted, channels)
    open_ones = [each for each in wanted if channels[each.imis_id].channel]
    given = _offers(open_ones, now)
    together: dict[tuple, list[Wanted]] = {}
    for each in open_ones:
        offer = given.get(each.imis_id)
        key = (each.purpose, channels[each.imis_id].channel, offer.version.pk if offer else 0)
        together.setdefault(key, []).append(each)
    for members in together.values():
        _group(members, channels, given, found, by, now)
    promises.let_go(held=[each.promise for each in given.values() if each.promise])


def _without(wanted: Sequence[Wanted], channels: dict[str, Choice]) -> Left:
    """Members whom no channel may reach: the rule of the first one."""
    return {
        each.imis_id: next(iter(channels[each.imis_id].refused.values()))
        for each in wanted
        if not channels[each.imis_id].channel
    }


def _group(
    members: Sequence[Wanted],
    channels: dict[str, Choice],
    given: dict[str, Given],
    found: Composed,
    by: User | None,
    now: datetime,
) -> None:
    """Members with the same purpose, channel and offer."""
    first = members[0]
    offer = given.get(first.imis_id)
    channel = channels[first.imis_id].channel
    automatic = _automatic(members, now)
    for is_automatic in (False, True):
        mine = [each for each in members if (each.imis_id in automatic) is is_automatic]
        if not mine:
            continue
        made = outreach.propose(
            imis_ids=[each.imis_id for each in mine],
            area=AREA,
            channel=channel,
            versions=usable(area=AREA, channel=channel, use=first.purpose),
            offer=offer.version if offer else None,
            is_automatic=is_automatic,
            scope={"campaign": first.purpose},
            about={each.imis_id: _about(each, channels, given) for each in mine},
            sender=mail.DIRECTOR,
            by=by,
            now=now,
        )
        found.drafts |= made.proposals
        found.left_out |= made.left_out
        for imis_id, proposal in made.proposals.items():
            _set_aside(proposal, given.get(imis_id), now)


def _automatic(members: Sequence[Wanted], now: datetime) -> set[str]:
    """Early reminders in the scope of the third phase are drafted so that its policy may approve them."""
    ids = [each.imis_id for each in members if each.purpose == calc.REMINDER]
    if not ids or rollout.policy(AREA) is None:
        return set()
    allowed = rollout.members_in(area=AREA, action="automatic", members=mirror.alive(ids), now=now)
    return set(allowed.values_list("imis_id", flat=True))


def _about(each: Wanted, channels: dict[str, Choice], given: dict[str, Given]) -> outreach.About:
    known = {
        "purpose": each.purpose,
        "stage": each.stage,
        "reason": each.reason,
        "occasion": each.occasion,
        **each.known,
    }
    if offer := given.get(each.imis_id):
        known |= {"offer": str(offer.version), "offer_because": offer.because}
    return outreach.About(channels[each.imis_id].reason, known)


def _offers(wanted: Sequence[Wanted], now: datetime) -> dict[str, Given]:
    """An offer per member: the first that fits reason and stage and whose seat or introduction there is."""
    asking = [each for each in wanted if each.purpose in calc.WITH_OFFER]
    versions = {version.pk: version for version in offers.catalogue()} if asking else {}
    if not versions:
        return {}
    left = {pk: _how_many(version) for pk, version in versions.items()}
    fits = [calc.Fit(pk, version.reasons, version.cost) for pk, version in versions.items()]
    having = offers.open_uses([each.imis_id for each in asking])
    members = {row.imis_id: row for row in mirror.alive([each.imis_id for each in asking])}
    found = {}
    for each in asking:
        for fit in calc.in_order(fits, reason=each.reason, stage=each.stage):
            version = versions[fit.key]
            if each.offer not in ("", version.offer.name):
                continue
            if not left[fit.key] or (each.imis_id, version.offer_id) in having or each.imis_id not in members:
                continue
            held = _held(version, members[each.imis_id], now)
            if version.offer.needs and held is None:
                continue
            left[fit.key] -= 1
            found[each.imis_id] = Given(version, fit.because(each.reason, each.stage) or "", held)
            break
    return found


def _held(version: Any, member: Any, now: datetime) -> Promise | None:
    hold = HOLD.get(version.offer.needs)
    return hold(members=[member], now=now).get(member.imis_id) if hold else None


def _how_many(version: Any) -> int:
    """How often the budget pays for it; what costs nothing is bounded by the night alone."""
    return int(offers.left_of_budget(version) // version.cost) if version.cost else MOST_A_NIGHT


def _set_aside(proposal: Any, given: Given | None, now: datetime) -> None:
    """Money and promise stand behind the draft, if its arm did not put another offer in place of this one."""
    if given is None or proposal.payload["offer_version"] != given.version.pk:
        return
    offers.reserve(
        version=given.version,
        imis_id=proposal.imis_id,
        amount=max(given.version.cost, Decimal("0.01")),
        reason=given.because,
        now=now,
        proposal=proposal,
    )
    if given.promise:
        promises.stand_behind(promise=given.promise, proposal=proposal)


@transaction.atomic
def _keep_left_out(wanted: Collection[Wanted], left_out: Left, now: datetime) -> None:
    """The last night's, in place of the one before."""
    LeftOut.objects.all().delete()
    purposes = {each.imis_id: each.purpose for each in wanted}
    keys = dict(mirror.alive(left_out).values_list("imis_id", "pk"))
    rows = [
        LeftOut(
            member_id=keys[imis_id],
            on=localdate(now),
            purpose=purposes[imis_id],
            rule=why.rule[:60],
            sentence=why.sentence,
            next_step=why.next_step[:200],
        )
        for imis_id, why in left_out.items()
        if imis_id in keys
    ]
    LeftOut.objects.bulk_create(rows)
