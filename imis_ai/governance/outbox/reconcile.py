"""The nightly comparison: does iMIS hold what was sent, once each, and nothing that nobody here knows?"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from imis_ai.governance import audit
from imis_ai.governance.models import OutboxFinding, OutboxMessage
from imis_ai.governance.outbox import followers
from imis_ai.governance.outbox.imis import ImisSender
from imis_ai.governance.outbox.message import IMIS, Way
from imis_ai.governance.outbox.states import State
from imis_ai.imis.errors import ImisError, NotFindable
from imis_ai.imis.targets import TARGETS, Shape
from imis_ai.imis.targets.table import DONE

SHARE = 0.05
PERIOD = timedelta(days=30)


@dataclass
class Reconciled:
    """Counts of one comparison, with what could not be asked."""

    compared: int = 0
    differs: int = 0
    strangers: int = 0
    doubled: int = 0
    completed: int = 0
    problems: list[str] = field(default_factory=list)


def reconcile(
    *,
    sender: ImisSender,
    now: datetime,
    share: float = SHARE,
    checkpoint: Callable[[], None] = lambda: None,
) -> Reconciled:
    """Compare a sample and all money, list our references in iMIS, see which tasks are finished."""
    found = Reconciled()
    for message in _sample(now, share):
        checkpoint()
        _compare(sender, message, found, now)
    for name in TARGETS:
        checkpoint()
        _list(sender, name, found, now)
    _tasks(sender, found, now, checkpoint)
    return found


def _sample(now: datetime, share: float) -> list[OutboxMessage]:
    """The same messages all day, others tomorrow. Of settings only the last of each row."""
    done = OutboxMessage.objects.filter(
        state=State.DONE, way__in=IMIS, done_at__gte=now - PERIOD, is_removal=False, problem=""
    )
    money = [name for name, target in TARGETS.items() if target.is_money]
    chance = random.Random(now.date().isoformat())  # noqa: S311  a sample, no secret
    chosen = [
        each
        for each in done.filter(reversed_by=None).select_related("proposal").order_by("pk")
        if each.target in money or chance.random() < share
    ]
    return [each for each in chosen if not _is_overwritten(each)]


def _is_overwritten(message: OutboxMessage) -> bool:
    if message.way != Way.SET:
        return False
    match = TARGETS[message.target].match
    later = OutboxMessage.objects.filter(
        imis_id=message.imis_id, target=message.target, way=Way.SET, state=State.DONE, pk__gt=message.pk
    )
    return any(all(e.fields.get(n) == message.fields.get(n) for n in match) for e in later)


def _compare(sender: ImisSender, message: OutboxMessage, found: Reconciled, now: datetime) -> None:
    if TARGETS[message.target].shape in (Shape.REFRESH, Shape.BY_HAND):
        return
    try:
        there = sender.find(message)
    except NotFindable:
        return
    except ImisError as error:
        found.problems.append(str(error))
        return
    found.compared += 1
    words = "It is not in iMIS any more." if there is None else there.differs
    rows = OutboxMessage.objects.filter(pk=message.pk, state=State.DONE)
    if not words:
        rows.update(checked_at=now)
        return
    found.differs += 1
    with transaction.atomic():
        text = f"iMIS holds something else than was sent. {words}"
        rows.update(checked_at=now, problem="differs", problem_text=text)
        audit.record(
            action="outbox.differs",
            by=None,
            now=now,
            about=("outbox", str(message.pk)),
            imis_id=message.imis_id,
            detail={"reference": message.reference, "reason": text},
        )


def _list(sender: ImisSender, name: str, found: Reconciled, now: datetime) -> None:
    """Every reference of ours in iMIS has exactly one row here and there."""
    since = (now - PERIOD).date().isoformat()
    keys: dict[str, list[str]] = defaultdict(list)
    try:
        for reference, key in sender.writer.references(name, since):
            keys[reference].append(key)
    except ImisError as error:
        found.problems.append(f"{name}: {error}")
        return
    known = set(OutboxMessage.objects.filter(reference__in=list(keys)).values_list("reference", flat=True))
    for reference, held in keys.items():
        if reference not in known:
            found.strangers += _note(OutboxFinding.What.STRANGER, name, reference, held, now)
        elif len(held) > 1:
            found.doubled += _note(OutboxFinding.What.DOUBLED, name, reference, held, now)


def _note(what: str, target: str, reference: str, keys: list[str], now: datetime) -> int:
    OutboxFinding.objects.get_or_create(
        what=what, target=target, reference=reference, defaults={"imis_keys": keys, "found_at": now}
    )
    return 1


def _tasks(sender: ImisSender, found: Reconciled, now: datetime, checkpoint: Callable[[], None]) -> None:
    """Which open tasks staff have finished in iMIS."""
    target = sender.writer.names.target("task")
    is_done = _cleared if target.shape is Shape.ACTIVITY else _has_status
    waiting = OutboxMessage.objects.filter(
        target="task", state=State.DONE, completed_at=None, reversed_by=None
    )
    for message in waiting.filter(is_removal=False, done_at__gte=now - 6 * PERIOD).select_related("proposal"):
        checkpoint()
        try:
            there = sender.find(message)
        except ImisError as error:
            found.problems.append(str(error))
            return
        if there is None or not is_done(there.receipt["fields"]):
            continue
        found.completed += 1
        with transaction.atomic():
            OutboxMessage.objects.filter(pk=message.pk).update(completed_at=now, receipt=there.receipt)
            followers.call_completed(message=message, now=now)


def _has_status(fields: dict) -> bool:
    return str(fields.get("status") or "").strip().lower() in DONE


def _cleared(fields: dict) -> bool:
    return not fields.get("due_on")


def summary(found: Reconciled) -> str:
    """The result in a sentence for staff."""
    wrong = Counter(
        {"differ": found.differs, "are unknown here": found.strangers, "stand there twice": found.doubled}
    )
    told = ", ".join(f"{n} {words}" for words, n in wrong.items() if n) or "all as it was sent"
    return f"{found.compared} compared: {told}. {found.completed} tasks finished in iMIS."
