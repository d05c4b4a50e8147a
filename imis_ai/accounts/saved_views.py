"""Views of a list that people saved: a name for an address, kept to oneself or shared with the own role."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import QueryDict

from imis_ai.accounts.models import SavedView, User

# where one is in a list, and what would keep a name of a member or a choice of rows
NOT_SAVED = ("page", "panel", "q", "pick", "csv")
AS_COLUMN = """
(SELECT coalesce(json_agg(json_build_array(
        v.id, v.name, v.query, v.person_id, v.role, u.first_name, u.last_name, u.username)), '[]')
    FROM accounts_savedview v JOIN accounts_user u ON u.id = v.person_id
    WHERE v.place = %s AND (v.person_id = %s OR (v.role = %s AND v.role <> '')))
"""
LONGEST, MOST = 1000, 30  # characters of an address; views of one person on one page


class Unsaved(Exception):
    """Why a view is not saved, in words."""


@dataclass(frozen=True)
class View:
    """One link above a list. `by`: who shared it; "" for one's own."""

    pk: int
    name: str
    address: str
    is_own: bool
    is_shared: bool
    is_first: bool  # the navigation leads there
    is_current: bool
    by: str


def plain(query: str | QueryDict) -> str:
    """What of an address is saved: filters and order, in a fixed order."""
    text = query.urlencode() if isinstance(query, QueryDict) else query.lstrip("?")
    pairs = [(name, value) for name, value in parse_qsl(text) if name not in NOT_SAVED]
    return urlencode(sorted(pairs))


def asked(*, person: User, place: str) -> tuple[str, list[object]]:
    """Views that this person sees of a list, as a column of a query that is made anyway; its parameters."""
    return AS_COLUMN, [place, person.pk, "" if person.is_auditor else person.role]


def listed(*, found: Iterable[list], person: User, place: str, query: QueryDict) -> list[View]:
    """What `asked` found: own views, then those shared with the person's role, each by name."""
    here, first = plain(query), person.first_views.get(place, "")
    views = [
        View(
            pk=pk,
            name=name,
            address=f"{place}?{kept}" if kept else place,
            is_own=maker == person.pk,
            is_shared=bool(role),
            is_first=first == kept,
            is_current=kept == here,
            by="" if maker == person.pk else " ".join(filter(None, (given, family))) or username,
        )
        for pk, name, kept, maker, role, given, family, username in found
    ]
    return sorted(views, key=lambda view: (not view.is_own, view.name.casefold()))


@transaction.atomic
def save(*, person: User, place: str, query: str, name: str, is_shared: bool, now: datetime) -> SavedView:
    """Raises Unsaved."""
    wanted = plain(query)
    if len(wanted) > LONGEST:
        raise Unsaved("This view has too many filters to be saved. Leave some out.")
    if SavedView.objects.filter(person=person, place=place).count() >= MOST:
        raise Unsaved(f"You have {MOST} saved views of this list. Delete one first.")
    role = person.role if is_shared else ""
    view = SavedView(person=person, place=place, query=wanted, name=_name(name), role=role, saved_at=now)
    _store(view)
    return view


@transaction.atomic
def change(*, view: SavedView, name: str, is_shared: bool) -> None:
    """Raises Unsaved."""
    view.name, view.role = _name(name), view.person.role if is_shared else ""
    _store(view)


@transaction.atomic
def delete(*, view: SavedView) -> None:
    """Whoever made it the first view of the list sees the whole list again."""
    for person in User.objects.filter(**{f"first_views__{view.place}": view.query}):
        _forget_first(person, view.place)
    view.delete()


def make_first(*, person: User, view: SavedView, is_first: bool) -> None:
    """The navigation leads to this view, or to the whole list again."""
    if is_first:
        person.first_views = person.first_views | {view.place: view.query}
        person.save(update_fields=["first_views"])
    else:
        _forget_first(person, view.place)


def find(*, person: User, pk: int) -> SavedView | None:
    """A view that this person sees."""
    return _seen(person).filter(pk=pk).select_related("person").first()


def _seen(person: User):
    shared = Q(role=person.role) if not person.is_auditor else Q(pk__in=[])
    return SavedView.objects.filter(Q(person=person) | shared)


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 60:
        raise Unsaved("Give the view a name of at most 60 characters.")
    return name


def _store(view: SavedView) -> None:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as problem:
        raise Unsaved(f"You have a view named “{view.name}” already. Choose another name.") from problem


def _forget_first(person: User, place: str) -> None:
    person.first_views = {key: query for key, query in person.first_views.items() if key != place}
    person.save(update_fields=["first_views"])
