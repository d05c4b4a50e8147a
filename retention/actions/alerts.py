"""Alerts: made each night by rules, then dismissed, assigned or acted on by a person."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from imis_ai.accounts.models import User
from imis_ai.governance import audit, guardrails
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed, WhyNot
from imis_ai.mirror import access, trouble
from retention.actions import tasks_for_staff
from retention.calc import hardship
from retention.calc.hardship import Found
from retention.models import Alert
from retention.queries import alerts as listed
from retention.queries import signals

RIGHT = "alerts.act"
State = Alert.State


@transaction.atomic
def find_alerts(*, today: date, now: datetime) -> dict[str, int]:
    """Make what the signals find today into alerts; doing it twice changes nothing.

    An open alert takes the newer facts. What was closed comes back for newer facts only. What no signal finds
    any more is over. Returns how many are new, still open and over.
    """
    found = {(each.member, each.signal): each for each in signals.found(today=today)}
    standing = {(each.member_id, each.signal): each for each in Alert.objects.filter(state=State.OPEN)}
    fresh = _not_closed_before({key: each for key, each in found.items() if key not in standing})
    context = _Context(fresh, {key: each for key, each in found.items() if key in standing}, today, now)
    Alert.objects.bulk_create([context.made(each) for each in fresh.values()])
    for key, alert in standing.items():
        if key in found:
            context.refresh(alert, found[key])
        else:
            alert.state, alert.closed_at = State.OVER, now
    fields = ["newest_on", "evidence", "money", "suggested", "seen_at", "state", "closed_at"]
    Alert.objects.bulk_update(standing.values(), fields, batch_size=500)
    over = sum(each.state == State.OVER for each in standing.values())
    counts = {"new": len(fresh), "open": len(fresh) + len(standing) - over, "over": over}
    audit.record(action="retention.alerts_found", by=None, now=now, detail={"after": counts})
    return counts


class _Context:
    """What several alerts need to know, asked for once."""

    def __init__(self, fresh: dict, kept: dict, today: date, now: datetime) -> None:
        members = {member for member, _ in (*fresh, *kept)}
        moved = {member for member, signal in (*fresh, *kept) if signal == hardship.RIVAL}
        self.today, self.now = today, now
        self.money = signals.money_of(members=members, today=today) if members else {}
        self.benefits = trouble.used_most(members=moved, now=now) if moved else {}
        self.director = director() if moved else None

    def made(self, each: Found) -> Alert:
        alert = Alert(member_id=each.member, signal=each.signal, opened_at=self.now)
        if each.signal == hardship.RIVAL and self.director:
            alert.owner, alert.owned_since = self.director, self.now
        return self.refresh(alert, each)

    def refresh(self, alert: Alert, each: Found) -> Alert:
        money = self.money.get(each.member)
        alert.newest_on, alert.seen_at = each.newest, self.now
        alert.evidence = [
            {"on": fact.on.isoformat(), "what": fact.what, "source": fact.source} for fact in each.facts
        ]
        alert.money = money.amount if money else None
        benefit = self.benefits.get(each.member, "")
        alert.suggested = signals.suggested(each, money, benefit, today=self.today)
        return alert


def director() -> User | None:
    """To whom a competitor's alert goes: the owner of that list, else the membership manager who may spend
    most."""
    keeper = guardrails.keeper_of("competitors")
    if keeper is not None and keeper.may("alerts.read"):
        return keeper
    managers = User.objects.filter(role=User.Role.MEMBERSHIP, is_active=True)
    return managers.order_by("-approval_limit", "pk").first()


@transaction.atomic
def dismiss(*, picks: Collection[int], reason: str, note: str, by: User, now: datetime) -> int:
    """Close open alerts for one of five reasons; returns how many. Raises NotAllowed, Blocked."""
    if reason not in dict(listed.DISMISSALS):
        raise Blocked(
            WhyNot("Dismissing an alert needs a reason.", rule="reasons", next_step="Choose one of the five.")
        )
    chosen = _mine(picks, by)
    for alert in chosen:
        close(alert=alert, state=State.DISMISSED, by=by, now=now, reason=reason, note=note)
    return len(chosen)


@transaction.atomic
def assign(*, picks: Collection[int], owner: User | None, by: User, now: datetime) -> int:
    """Give open alerts to one person, or to nobody; returns how many. Raises NotAllowed."""
    if owner is not None and not owner.may(RIGHT):
        raise NotAllowed(
            WhyNot(f"{owner} does not work on alerts.", rule=RIGHT, next_step="Choose somebody else.")
        )
    chosen = _mine(picks, by)
    for alert in chosen:
        before, alert.owner, alert.owned_since = alert.owner, owner, now if owner else None
        alert.save(update_fields=["owner", "owned_since"])
        said = {"before": str(before or ""), "after": str(owner or "")}
        _record("retention.alert_assigned", alert, by, now, said)
    return len(chosen)


@transaction.atomic
def call(*, pick: int, by: User, now: datetime) -> Any:
    """A call task in iMIS for the owner, decided by this click; the alert is acted on. Raises refusals."""
    alert = one(pick=pick, by=by)
    member = alert.member
    task = tasks_for_staff.Task(
        imis_id=member.imis_id,
        chapter=member.chapter_id or "",
        title=f"Call: {alert.get_signal_display().lower()}",
        assignee=str(alert.owner or by),
        factors="; ".join(fact["what"] for fact in alert.evidence),
        words=alert.suggested,
        made_from={"alert": alert.pk},
    )
    proposal = tasks_for_staff.propose_and_approve(task=task, by=by, now=now)
    Alert.objects.filter(pk=alert.pk).update(proposal=proposal.pk)
    close(alert=alert, state=State.DONE, by=by, now=now, note="call task")
    return proposal


def one(*, pick: int, by: User) -> Alert:
    """An open alert of a member whom this person sees, locked. Raises NotAllowed, Changed."""
    return _mine([pick], by)[0]


def close(
    *, alert: Alert, state: str, by: User | None, now: datetime, reason: str = "", note: str = ""
) -> None:
    """Takes an alert off the list, with who and why."""
    alert.state, alert.closed_at, alert.closed_by = state, now, by
    alert.reason, alert.note = reason, note[:300]
    alert.save(update_fields=["state", "closed_at", "closed_by", "reason", "note"])
    _record(f"retention.alert_{state}", alert, by, now, {"reason": reason, "note": note})


def _mine(picks: Collection[int], by: User) -> list[Alert]:
    if not by.may(RIGHT):
        raise NotAllowed(WhyNot("Your role does not work on alerts.", rule=RIGHT))
    rows = Alert.objects.select_for_update(of=["self"]).select_related("member", "owner")
    chosen = list(rows.filter(pk__in=picks, state=State.OPEN, member__in=access.members(by)).order_by("pk"))
    if not chosen:
        raise Changed(
            WhyNot("No open alert is among these.", rule="states of an alert", next_step="Reload the list.")
        )
    return chosen


def _not_closed_before(found: dict[tuple[int, str], Found]) -> dict[tuple[int, str], Found]:
    """Without those whose facts led to an alert that was closed already."""
    closed = Alert.objects.exclude(state=State.OPEN).filter(member__in={member for member, _ in found})
    last = {
        (row["member"], row["signal"]): row["newest"]
        for row in closed.values("member", "signal").annotate(newest=Max("newest_on")).order_by()
    }
    return {key: each for key, each in found.items() if key not in last or each.newest > last[key]}


def _record(action: str, alert: Alert, by: User | None, now: datetime, detail: dict[str, Any]) -> None:
    audit.record(
        action=action,
        by=by,
        now=now,
        about=("alert", str(alert.pk)),
        imis_id=alert.member.imis_id,
        detail=detail | {"signal": alert.signal, "suggested": alert.suggested},
    )
