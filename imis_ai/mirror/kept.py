"""Figures that are dear to compute, kept by this process until a member's data changes."""

import hashlib
from collections.abc import Callable
from typing import TypeVar

from django.core.cache import caches
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet, TextField
from django.db.models.expressions import RawSQL

Made = TypeVar("Made")
LONGEST = 600  # seconds, for what changes without a member, such as the name of a tier
MISSING = object()
VERSION = (
    "coalesce((SELECT max(since) FROM mirror_dirtymember)::text, '') || ' '"
    " || (SELECT coalesce(max(epoch), 0) || ' ' || coalesce(max(writes), 0) FROM mirror_lease)"
)


def current() -> str:
    """The version of the data, asked for by itself, for figures that need no score."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {VERSION}")
        return cursor.fetchone()[0]


def version() -> RawSQL:
    """To annotate a row with that is read anyway: differs after a change of a member's data, merge, erasure.

    A scoring takes marks away: together with the newest score it tells all states apart.
    """
    return RawSQL(VERSION, [], TextField())  # noqa: S611  our own text


class Keep:
    """`Keep(seen, ...)("what", make)` is `make()`, made once for the members seen and the other parts.

    One of the parts is the version of the data. For figures, not for rows.
    """

    def __init__(self, seen: QuerySet | None, *parts: object) -> None:
        self._parts = [_text(seen), *map(str, parts)]

    def has(self, what: str) -> bool:
        """Whether it need not be made."""
        return self._key(what) in caches["figures"]

    def __call__(self, what: str, make: Callable[[], Made]) -> Made:
        key = self._key(what)
        found = caches["figures"].get(key, MISSING)
        if found is MISSING:
            found = make()
            caches["figures"].set(key, found, LONGEST)
        return found

    def _key(self, what: str) -> str:
        return hashlib.sha256("|".join([*self._parts, what]).encode()).hexdigest()


def _text(seen: QuerySet | None) -> str:
    try:
        return "everybody" if seen is None else str(seen.query)
    except EmptyResultSet:  # a chapter manager without a chapter
        return "nobody"
