"""Members like this one: nearest in the space of standardised features."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.db import connection

from imis_ai.features.calc.vectors import DIMENSIONS
from imis_ai.features.models import MemberVector


@dataclass(frozen=True)
class Neighbour:
    """Another member and how far away they are (0: the same)."""

    pseudonym: str
    distance: float


def has_pgvector() -> bool:
    """Whether the database compares vectors; without it they are compared here, with the same result."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'vector')")
        return bool(cursor.fetchone()[0])


def neighbours(member_pseudonym: str | UUID, n: int = 10) -> list[Neighbour]:
    """The `n` nearest members, nearest first; none for a member without a vector (too new)."""
    mine = MemberVector.objects.filter(pk=member_pseudonym).values_list("values", flat=True).first()
    if mine is None:
        return []
    return (
        _in_database(member_pseudonym, mine, n) if has_pgvector() else _in_memory(member_pseudonym, mine, n)
    )


def nearest_among(member_pseudonym: str | UUID, others: Collection[str]) -> list[Neighbour]:
    """The others, nearest first; those without a vector are left out."""
    wanted = {str(member_pseudonym), *map(str, others)}
    rows = MemberVector.objects.filter(pk__in=wanted).values_list("pseudonym", "values")
    vectors = {str(pseudonym): np.array(values) for pseudonym, values in rows}
    mine = vectors.pop(str(member_pseudonym), None)
    if mine is None:
        return []
    found = [Neighbour(each, float(np.linalg.norm(vector - mine))) for each, vector in vectors.items()]
    return sorted(found, key=lambda each: (each.distance, each.pseudonym))


def _in_database(me: str | UUID, mine: list[float], n: int) -> list[Neighbour]:
    text = "[" + ",".join(map(str, mine)) + "]"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT pseudonym::text, (values::vector({DIMENSIONS})) <-> %s::vector AS distance"  # noqa: S608  a number
            " FROM features_membervector WHERE pseudonym <> %s ORDER BY distance, pseudonym LIMIT %s",
            [text, str(me), n],
        )
        return [Neighbour(pseudonym, distance) for pseudonym, distance in cursor.fetchall()]


def _in_memory(me: str | UUID, mine: list[float], n: int) -> list[Neighbour]:
    others = list(MemberVector.objects.exclude(pk=me).order_by("pk").values_list("pseudonym", "values"))
    if not others:
        return []
    distance = np.linalg.norm(np.array([values for _, values in others]) - np.array(mine), axis=1)
    nearest = np.argsort(distance, kind="stable")[:n]
    return [Neighbour(str(others[i][0]), float(distance[i])) for i in nearest.tolist()]
