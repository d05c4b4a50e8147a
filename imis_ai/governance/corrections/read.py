"""Which corrections stand: for a card, for a list, for the page of all."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import CharField, Count, Exists, Max, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat, JSONObject, NullIf, Trim

from imis_ai.accounts.models import User
from imis_ai.governance.corrections.topics import CARDS, TOPICS, Topic, topic_for
from imis_ai.governance.models import Correction
from imis_ai.mirror import access
from imis_ai.ui import words

State = Correction.State
TABS = {"standing": "Standing", "second": "Need a second person", "over": "Over"}
WHO = Coalesce(NullIf(Trim(Concat("by__first_name", Value(" "), "by__last_name")), Value("")), "by__username")


@dataclass(frozen=True)
class Line:
    """One row of the page of all."""

    row: Correction
    topic: Topic
    name: str
    says: str
    reason: str
    text: str
    is_own: bool
    may_withdraw: bool
    may_agree: bool


def visible(*, viewer: User) -> QuerySet[Correction]:
    """A chapter manager's own members only."""
    found = Correction.objects.all()
    return found.filter(imis_id__in=access.numbers(viewer)) if viewer.role == User.Role.CHAPTER else found


def cards_of(viewer: User) -> list[str]:
    """Names of the cards that this person may correct."""
    return [card for card in {*CARDS, *TOPICS} if viewer.may(topic_for(card=card).right)]


def to_agree(*, viewer: User) -> QuerySet[Correction]:
    """What waits for a second person, and this one may be it."""
    return visible(viewer=viewer).filter(_of_tab("second"), card__in=cards_of(viewer)).exclude(by=viewer)


def stands(on: date) -> Q:
    """The condition that a correction holds on that day."""
    return Q(state=State.STANDING) & (Q(until=None) | Q(until__gte=on))


def standing(*, card: str, imis_id: str, on: date) -> Correction | None:
    found = Correction.objects.filter(stands(on), card=card, imis_id=imis_id)
    return found.select_related("by").first()


def annotated(rows: QuerySet, *, number: str, card: str, on: date) -> QuerySet:
    """`corrected`: what staff say of each row's member, as JSON; None where nobody said anything.

    `number` is the path to the member's number.
    """
    own = Correction.objects.filter(stands(on), card=card, imis_id=OuterRef(number))
    said = JSONObject(
        pk="pk", says="says", reason="reason", text="text", by=WHO, at="at", until="until", shown="shown"
    )
    return rows.annotate(corrected=Subquery(own.values(said=said)[:1]))


def those(*, number: str, card: str, says: Iterable[str], on: date) -> Q:
    """The condition that staff say one of these of the row's member."""
    own = Correction.objects.filter(stands(on), card=card, says__in=list(says), imis_id=OuterRef(number))
    return Q(Exists(own))


def version(card: str) -> Subquery:
    """To annotate a row with that is read anyway: differs after any correction of such cards and any end."""
    grouped = Correction.objects.filter(card=card).order_by().values("card")
    newest, ended = Cast(Max("pk"), TextField()), Cast(Count("ended_at"), TextField())
    return Subquery(grouped.annotate(its=Concat(newest, Value(" ", TextField()), ended)).values("its")[:1])


def counts(*, viewer: User) -> dict[str, int]:
    """How many each tab holds. One query."""
    return visible(viewer=viewer).aggregate(**{tab: Count("pk", filter=_of_tab(tab)) for tab in TABS})


def listed(*, viewer: User, tab: str, start: int, stop: int) -> list[Line]:
    """Newest first. Two queries."""
    rows = list(visible(viewer=viewer).filter(_of_tab(tab)).select_related("by", "agreed_by")[start:stop])
    numbers = {row.imis_id for row in rows}
    seen = access.members(viewer).filter(imis_id__in=numbers)
    names = {member.imis_id: str(member) for member in seen}
    clear = access.sees_names(viewer)
    return [_line(row, names.get(row.imis_id, "No longer a member"), viewer, clear) for row in rows]


def of_card() -> Cast:
    """All that is shown of one correction, in one column, for a union of unlike rows."""
    return Cast(Concat("says", Value("|"), "reason", Value("|"), "text"), CharField())


def in_words(*, card: str, says: str, reason: str = "", text: str = "") -> str:
    """Not at risk: the member told us. “Moves in May”. A text may name somebody; not all see names."""
    topic = topic_for(card=card)
    because = f": {topic.reason(reason)[0].lower()}{topic.reason(reason)[1:]}" if reason else ""
    quoted = f" “{text}”" if text else ""
    return f"{topic.words(says)}{because}.{quoted}"


def _of_tab(tab: str) -> Q:
    if tab == "second":
        return Q(state=State.STANDING, needs_second=True, agreed_by=None)
    return Q(state=State.STANDING) if tab == "standing" else ~Q(state=State.STANDING)


def _line(row: Correction, name: str, viewer: User, is_clear: bool) -> Line:
    topic = topic_for(card=row.card)
    is_own, may = row.by_id == viewer.pk, viewer.may(topic.right)
    is_open = row.state == State.STANDING
    waits = is_open and row.needs_second and row.agreed_by_id is None
    return Line(
        row,
        topic,
        name if is_clear else words.masked(name),
        topic.words(row.says),
        topic.reason(row.reason),
        row.text if is_clear else "",
        is_own,
        may_withdraw=is_open and (is_own or may),
        may_agree=waits and may and not is_own,
    )
