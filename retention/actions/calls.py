"""The call list: filled for a period, worked through in one key a call, logged to iMIS after the hold."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from imis_ai.accounts.models import User
from imis_ai.governance import audit, proposals
from imis_ai.governance.experiments import enter
from imis_ai.governance.messages import contact, control, ledger
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed, WhyNot
from imis_ai.mirror import habits, timeline
from retention.calc import points
from retention.models import Call, RiskScore, ScoreRun
from retention.queries import calls as listed
from retention.queries import list as risk
from retention.queries import policy as policies
from retention.queries import worth

KIND = "retention.call"
CHANNEL = "call"
REST = timedelta(days=28)  # so long nobody is called again who was reached
AGAIN = (Call.Outcome.ASK_AGAIN, Call.Outcome.VOICEMAIL)
HISTORY = 300
LOOKED_AT = 5  # times the capacity: so many of the worthiest are looked at to fill a list
MOST_MINUTES = 600
OPEN = (Call.State.OPEN, Call.State.LATER)


@transaction.atomic
def plan_calls(*, now: datetime) -> int:
    """Publish the list of a new period: the most valuable members at risk, then those worth most.

    Within a period only most valuable members who came to be at risk are added, so that nobody chases noise.
    What was left of the period before ends; returns how many calls are new. Twice changes nothing.
    """
    run, policy, today = risk.current_run(), policies.current(), localdate(now)
    if run is None:
        return 0
    period = policy.period(today)
    _draw_lots(run, now)
    _end_earlier(period, today)
    _settle(now)
    have = set(Call.objects.filter(period=period).values_list("member_id", flat=True))
    room = 0 if have else policy.calls_a_period
    scores = _wanted(run, room, now)
    place, made = len(have), []
    for score, why in scores:
        if score.member_id in have or (why == Call.Why.WORTH and place >= policy.calls_a_period):
            continue
        place += 1
        made.append(_ready(score, why, place, period, run, now))
    Call.objects.bulk_create(made, ignore_conflicts=True)
    if made:
        detail = {"period": str(period), "after": {"calls": len(made)}, "policy": policy.version}
        audit.record(action="calls.published", by=None, now=now, about=("calls", str(period)), detail=detail)
    return len(made)


@transaction.atomic
def record_call(
    *, call: Call, outcome: str, by: User, now: datetime, minutes: int | None = None, note: str = ""
) -> str:
    """What came of a call. In order: the call, the contact ledger, the audit log, what is logged to iMIS.

    Returns why iMIS is not told, else "". Raises Changed when a colleague was faster, Blocked.
    """
    if outcome not in Call.Outcome.values:
        raise Blocked(WhyNot("What came of it?", rule="outcomes", next_step="Choose one of the six."))
    call = _open(call)
    call.state, call.outcome, call.decided_by, call.decided_at = Call.State.DONE, outcome, by, now
    call.minutes = min(minutes, MOST_MINUTES) if minutes else None
    call.note = note.strip()[:300]
    imis_id = call.member.imis_id
    entry = ledger.plan(
        imis_id=imis_id,
        channel=CHANNEL,
        area="retention",
        now=now,
        reference=f"call-{call.pk}-{int(now.timestamp()) % 10**7}",
    )
    ledger.move(entry=entry, to=ledger.State.SENDING, now=now, reason=f"call {call.pk}")
    _log("call.done", call, by, now, outcome=outcome, minutes=call.minutes)
    proposal, why = _to_imis(call, by, now)
    call.proposal = proposal
    call.save()
    return why


@transaction.atomic
def put_off(*, call: Call, until: date, reason: str, by: User, now: datetime) -> Call:
    """Later, on a day and for a reason; it comes back by itself. Raises Changed, Blocked."""
    _reason(reason)
    if until <= localdate(now):
        raise Blocked(WhyNot("That day has passed.", rule="later", next_step="Choose a day to come."))
    call = _open(call)
    call.state, call.later_until, call.reason = Call.State.LATER, until, reason
    call.decided_by, call.decided_at = by, now
    call.save()
    _log("call.later", call, by, now, reason=reason, until=str(until))
    return call


@transaction.atomic
def skip_call(*, call: Call, reason: str, by: User, now: datetime) -> Call:
    """Not to be called in this period, for a reason. Raises Changed, Blocked."""
    _reason(reason)
    call = _open(call)
    call.state, call.reason, call.decided_by, call.decided_at = Call.State.SKIPPED, reason, by, now
    call.save()
    _log("call.skipped", call, by, now, reason=reason)
    return call


@transaction.atomic
def undo_call(*, call: Call, by: User, now: datetime) -> Call:
    """Within half an hour: the call is open again and what had not left is taken back. Raises Changed."""
    call = Call.objects.select_for_update().select_related("member").get(pk=call.pk)
    if call.state == Call.State.OPEN or not listed.may_undo(call, now):
        raise Changed(WhyNot("Half an hour has passed, or it is open again.", rule="undo"))
    if call.proposal:
        _take_back(call.proposal, by, now)
    ledger.take_back(imis_id=call.member.imis_id, channel=CHANNEL, reason=f"call {call.pk}", now=now)
    before = {"state": call.state, "outcome": call.outcome}
    call.state, call.outcome, call.later_until, call.reason = Call.State.OPEN, "", None, ""
    call.decided_by, call.decided_at, call.proposal, call.minutes, call.note = None, None, None, None, ""
    call.save()
    _log("call.undone", call, by, now, before=before)
    return call


@transaction.atomic
def assign_calls(*, ids: Collection[int], to: User | None, by: User, now: datetime) -> int:
    """Give calls to one person, or to nobody in particular. Raises NotAllowed."""
    if to is not None and not to.may(listed.RIGHT):
        raise NotAllowed(WhyNot(f"{to} may not work through calls.", rule=listed.RIGHT))
    changed = Call.objects.filter(pk__in=ids, state__in=OPEN).update(owner=to)
    if changed:
        detail = {"after": str(to) if to else "nobody", "calls": changed}
        audit.record(action="call.assigned", by=by, now=now, about=("calls", ""), detail=detail)
    return changed


def _wanted(run: ScoreRun, room: int, now: datetime) -> list[tuple[RiskScore, str]]:
    """Most valuable first, whatever their place; then by worth, without those whom a call does no good."""
    ranked = worth.ranked(run=run)
    valued = contact.always_a_person(imis_ids=set(ranked.values_list("member__imis_id", flat=True)), now=now)
    first = list(ranked.filter(member__imis_id__in=valued))
    others = list(ranked.exclude(member__imis_id__in=valued).filter(worth__gt=0)[: room * LOOKED_AT])
    ids = [score.member.imis_id for score in (*first, *others)]
    held = control.held(imis_ids=ids, area="retention", now=now)
    away = contact.refusals(imis_ids=ids, channel="portal", area="retention", now=now)
    rested = _called_lately(now)
    asked = _asked_again(now)
    found = [(score, Call.Why.VALUE) for score in first]
    found += [(score, Call.Why.WORTH) for score in others if not worth.leave_alone(score)]
    found = [
        (score, why)
        for score, why in found
        if score.member.imis_id not in held
        and score.member.imis_id not in away
        and score.member_id not in rested - asked
    ]
    return sorted(found, key=lambda each: (each[1] != Call.Why.VALUE, each[0].member_id not in asked))


def _draw_lots(run: ScoreRun, now: datetime) -> None:
    """The standing control group, before anybody is contacted; who was drawn is never drawn again."""
    start, _ = run.bands.share_bounds("md")
    at_risk = RiskScore.objects.filter(run=run, risk_90__gte=start, member__gone_at=None)
    ids = list(at_risk.order_by("pk").values_list("member__imis_id", flat=True))
    enter.before_outreach(imis_ids=ids, area="retention", now=now)


def _called_lately(now: datetime) -> set[int]:
    done = Call.objects.filter(state=Call.State.DONE, decided_at__gt=now - REST)
    return set(done.values_list("member_id", flat=True))


def _asked_again(now: datetime) -> set[int]:
    done = Call.objects.filter(outcome__in=AGAIN, decided_at__gt=now - REST)
    return set(done.values_list("member_id", flat=True))


def _ready(score: RiskScore, why: str, place: int, period: date, run: ScoreRun, now: datetime) -> Call:
    """A card with its facts, as they are known now."""
    member = score.member
    entries = timeline.latest(member_id=member.pk, limit=HISTORY)
    joined = member.joined_on.isoformat() if member.joined_on else ""
    made = points.points(entries, joined=joined, tier=member.tier.name if member.tier else "", now=now)
    return Call(
        member=member,
        period=period,
        why=why,
        place=place,
        worth=Decimal(str(round(max(score.worth, 0.0), 2))),
        method=worth.method(run).mode,
        points=[point.as_json() for point in made],
        contacts=points.contacts(entries),
        best_hour=points.best_hour(habits.hours(member.pk, now)),
        facts_at=now,
    )


def _end_earlier(period: date, today: date) -> None:
    """What nobody came to in its period ends with it; what was put off to a later day comes back then."""
    Call.objects.filter(period__lt=period, state=Call.State.OPEN).update(
        state=Call.State.SKIPPED, reason="period over"
    )
    gone = Call.objects.filter(state=Call.State.LATER, period__lt=period, later_until__lt=period)
    gone.update(state=Call.State.SKIPPED, reason="period over")


def _settle(now: datetime) -> None:
    """A call that can no longer be undone counts as a contact for good, told to iMIS or not."""
    ledger.settle(channel=CHANNEL, before=now - listed.UNDO_WITHIN, now=now)


def _open(call: Call) -> Call:
    found = Call.objects.select_for_update(of=("self",)).select_related("member").get(pk=call.pk)
    if found.state not in OPEN:
        who = found.decided_by or "Somebody"
        raise Changed(WhyNot(f"{who} was faster: this is {found.get_state_display()} already.", rule="calls"))
    return found


def _reason(reason: str) -> None:
    known = dict(listed.REASONS)
    if reason not in known:
        raise Blocked(
            WhyNot("It needs a reason.", rule="reasons", next_step=f"One of: {', '.join(known.values())}.")
        )


def _to_imis(call: Call, by: User, now: datetime) -> tuple[int, str]:
    """Suggested by the rule, approved by who called; then the hold. Open where it may not leave."""
    label = Call.Outcome(call.outcome).label
    draft = proposals.Draft(
        kind=KIND,
        title=f"Log a call: {label.lower()}",
        payload={
            "imis_id": call.member.imis_id,
            "outcome": label,
            "at": now.isoformat(timespec="seconds"),
            "minutes": call.minutes,
            "by": str(by),
            "call": call.pk,
            "again_on": str(localdate(now) + timedelta(days=7))
            if call.outcome == Call.Outcome.ASK_AGAIN
            else "",
        },
        members=1,
        imis_id=call.member.imis_id,
        chapter=call.member.chapter_id or "",
        made_from={"call": call.pk},
    )
    made = proposals.propose(draft=draft, by=None, now=now)
    try:
        with transaction.atomic():
            proposals.approve(proposal=made, as_seen=proposals.seen(proposal=made), by=by, now=now)
    except (Blocked, NotAllowed) as refusal:
        return made.pk, str(refusal.why)
    return made.pk, ""


def _take_back(number: int, by: User, now: datetime) -> None:
    proposal = proposals.of_kind(kind=KIND).filter(pk=number).first()
    if proposal is None:
        return
    if proposal.state == proposals.State.APPROVED and proposal.hold_until > now:
        proposals.undo(proposal=proposal, by=by, now=now)
    elif proposal.state in proposals.OPEN:
        proposals.reject(proposal=proposal, reason="wrong", by=by, now=now, note="The call was undone.")
    elif proposal.state == proposals.State.APPROVED:
        raise Changed(
            WhyNot("iMIS was told already.", rule="hold", next_step="Reverse it in the write-back queue.")
        )


def finished_in_imis(*, proposal: int, imis_id: str, now: datetime) -> int:
    """A task that we put there is done: open calls of that member say so. Called by the outbox."""
    calls = Call.objects.filter(member__imis_id=imis_id, done_in_imis_at=None, state__in=OPEN)
    changed = calls.update(done_in_imis_at=now)
    if changed:
        detail: dict[str, Any] = {"proposal": proposal}
        audit.record(action="call.done in imis", by=None, now=now, imis_id=imis_id, detail=detail)
    return changed


def _log(action: str, call: Call, by: User, now: datetime, **detail: Any) -> None:
    about = ("call", str(call.pk))
    audit.record(action=action, by=by, now=now, about=about, imis_id=call.member.imis_id, detail=detail)
