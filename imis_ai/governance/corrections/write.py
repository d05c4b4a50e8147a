"""Saying it, agreeing, taking it back, and its end."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.timezone import localtime

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.corrections.topics import Choice, Shown, Topic
from imis_ai.governance.models import Correction
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed, WhyNot
from imis_ai.ui import words

MOST_A_DAY = 20  # by one person; further ones hold as well but teach nothing before somebody else agrees
State = Correction.State


@dataclass(frozen=True)
class Statement:
    """What a person says of one card. `until` None: as long as the choice lasts."""

    says: str
    reason: str
    text: str = ""
    until: date | None = None
    source: str = Correction.Source.CARD


@dataclass
class Outcome:
    """Of several: those said, and those left with the reason."""

    done: list[str] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)


@transaction.atomic
def say(
    *, topic: Topic, imis_id: str, statement: Statement, shown: Shown, by: User, now: datetime
) -> Correction:
    """Let it stand at once; what the card had before is replaced. The caller checked who sees the member.

    Raises NotAllowed, Changed, Blocked for a choice, a reason or a day that this card does not take.
    """
    choice = refuse(topic=topic, statement=statement, by=by, now=now)
    Correction.objects.select_for_update().filter(
        card=topic.card, imis_id=imis_id, state=State.STANDING
    ).update(state=State.REPLACED, ended_at=now, ended_by=by)
    made = _kept(
        area=topic.area,
        card=topic.card,
        imis_id=imis_id,
        shown=shown.words[:200],
        value=shown.value,
        model=shown.model,
        version=shown.version,
        says=choice.key,
        reason=statement.reason,
        text=statement.text.strip()[:500],
        until=_until(choice, statement, now),
        source=statement.source,
        by=by,
        at=now,
        needs_second=bool(choice.means) and _said_today(by, now) >= MOST_A_DAY,
    )
    _record("correction.made", made, by, now, after=topic.words(choice.key), before=made.shown)
    return made


def say_of_many(
    *,
    topic: Topic,
    imis_ids: Sequence[str],
    statement: Statement,
    shown: dict[str, Shown],
    by: User,
    now: datetime,
) -> Outcome:
    """Each as if alone; members of whom nothing is shown are left. Raises what would refuse all of them."""
    refuse(topic=topic, statement=statement, by=by, now=now)
    made = Outcome()
    for imis_id in imis_ids:
        if imis_id not in shown:
            made.left.append((imis_id, "not among the members you may see, or not scored"))
            continue
        say(topic=topic, imis_id=imis_id, statement=statement, shown=shown[imis_id], by=by, now=now)
        made.done.append(imis_id)
    return made


@transaction.atomic
def withdraw(*, correction: Correction, by: User, now: datetime, right: str) -> None:
    """Take it back: who said it, or anybody who could have. Raises NotAllowed, Changed."""
    if correction.by_id != by.pk and not by.may(right):
        raise NotAllowed(_not_yours(right))
    _end(correction, State.WITHDRAWN, by, now)
    _record("correction.withdrawn", correction, by, now, before=correction.says)


@transaction.atomic
def agree(*, correction: Correction, by: User, now: datetime, right: str) -> None:
    """The second person: from now on it teaches. Raises NotAllowed, Changed."""
    if not by.may(right):
        raise NotAllowed(_not_yours(right))
    if correction.by_id == by.pk:
        raise NotAllowed(
            WhyNot(
                f"You said more than {MOST_A_DAY} things that day, so someone else agrees.",
                rule="four eyes",
                next_step="A colleague finds it in the list of corrections.",
            )
        )
    open_rows = Correction.objects.filter(
        pk=correction.pk, state=State.STANDING, needs_second=True, agreed_by=None
    )
    if not open_rows.update(agreed_by=by, agreed_at=now):
        raise Changed(_over())
    _record("correction.agreed", correction, by, now)


def expire_due(*, today: date, now: datetime) -> int:
    """End those whose last day has passed; returns how many."""
    ended = 0
    for correction in Correction.objects.filter(state=State.STANDING, until__lt=today):
        with transaction.atomic():
            _end(correction, State.EXPIRED, None, now)
            _record("correction.expired", correction, None, now, before=correction.says)
        ended += 1
    return ended


def forget(*, imis_ids: Sequence[str]) -> int:
    """Erasure: what was said of the member goes, and that something was said stays as a count."""
    return Correction.objects.filter(imis_id__in=list(imis_ids)).delete()[0]


def refuse(*, topic: Topic, statement: Statement, by: User, now: datetime) -> Choice:
    """The choice, when this person may say this. Raises NotAllowed, Blocked."""
    if not by.may(topic.right):
        raise NotAllowed(_not_yours(topic.right))
    choice = topic.choice(statement.says)
    if choice is None:
        raise Blocked(WhyNot("Say what is right instead.", rule="corrections", next_step="Choose one."))
    if statement.reason not in dict(topic.reasons):
        raise Blocked(WhyNot("A correction needs a reason.", rule="corrections", next_step="Choose one."))
    today = localtime(now).date()
    if statement.until and statement.until < today:
        raise Blocked(WhyNot("That day has passed.", rule="corrections", next_step="Choose a day to come."))
    longest = choice.lasts and today + choice.lasts
    if statement.until and longest and statement.until > longest:
        last = words.long_date(longest, today)
        raise Blocked(
            WhyNot(f"It holds until {last} at most.", rule="corrections", next_step="Choose an earlier day.")
        )
    return choice


def _kept(**fields: object) -> Correction:
    """Raises Changed where a colleague says something of the same card in the same moment."""
    try:
        with transaction.atomic():
            return Correction.objects.create(**fields)
    except IntegrityError:
        raise Changed(
            WhyNot(
                "A colleague corrected this in the same moment.",
                rule="corrections",
                next_step="Open the page again.",
            )
        ) from None


def _until(choice: Choice, statement: Statement, now: datetime) -> date | None:
    return statement.until or (localtime(now).date() + choice.lasts if choice.lasts else None)


def _said_today(by: User, now: datetime) -> int:
    """What this person said today, over all members."""
    midnight = localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return Correction.objects.filter(by=by, at__gte=midnight).count()


def _end(correction: Correction, state: str, by: User | None, now: datetime) -> None:
    done = Correction.objects.filter(pk=correction.pk, state=State.STANDING).update(
        state=state, ended_by=by, ended_at=now
    )
    if not done:
        raise Changed(_over())


def _over() -> WhyNot:
    return WhyNot("This correction is over already.", rule="corrections", next_step="Open the page again.")


def _not_yours(right: str) -> WhyNot:
    return WhyNot("Your role may not correct this.", rule=right, next_step="Tell a membership manager.")


def _record(
    action: str, correction: Correction, by: User | None, now: datetime, *, before: str = "", after: str = ""
) -> None:
    audit.record(
        action=action,
        by=by,
        now=now,
        about=("correction", str(correction.pk)),
        imis_id=correction.imis_id,
        versions={"model": f"{correction.model} {correction.version}"} if correction.model else {},
        detail={
            "area": correction.area,
            "card": correction.card,
            "before": before,
            "after": after,
            "reason": correction.reason,
            "text": correction.text,
            "until": correction.until.isoformat() if correction.until else "",
        },
    )
