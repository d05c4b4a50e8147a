"""Every record type has a table, and one of each survives the road there and back."""

import datetime as dt
from decimal import Decimal
from types import UnionType
from typing import get_args, get_origin, get_type_hints

import pytest

from imis_ai.imis import records
from imis_ai.mirror import bench, models
from imis_ai.mirror.upsert.tables import RECORD_TYPES, TABLES, noun
from tests.mirror.conftest import NOW, contents

pytestmark = pytest.mark.django_db
SAMPLES = {
    str: "1",
    int: 3,
    float: 2.5,
    bool: True,
    Decimal: Decimal("9.50"),
    dt.date: dt.date(2026, 2, 1),
    dt.datetime: NOW,
}


def sample(kind: type[records.Record]) -> records.Record:
    """One with every field filled; keys and references are all "1"."""
    values = {}
    for name, hint in get_type_hints(kind).items():
        plain = get_args(hint)[0] if get_origin(hint) is UnionType else hint
        values[name] = SAMPLES[plain]
    return kind(**values | ({"is_deleted": False} if kind is records.Member else {}))


def test_every_record_type_is_known():
    types = [kind for kind in vars(records).values() if isinstance(kind, type)]
    declared = {kind for kind in types if issubclass(kind, records.Record)}

    assert set(RECORD_TYPES.values()) == declared - {records.Record}


def test_one_of_each_is_stored_with_every_field_and_a_second_time_changes_nothing(save):
    found = [sample(kind) for kind in (records.Chapter, records.Tier, *TABLES)]

    first = save(*found)
    second = save(*found)

    assert (first.inserted, first.rejected) == (len(found), 0)
    assert (second.inserted, second.changed) == (0, 0)
    for kind, table in TABLES.items():
        row = table.model.objects.get()
        for name in kind.__struct_fields__:
            if name in ("member", "event", "invoice"):
                assert getattr(row, name).key == "1"
            elif name in ("tier", "chapter"):
                assert getattr(row, name).code == "1"
            elif name not in ("is_deleted", "key"):
                assert getattr(row, name) == getattr(sample(kind), name), (kind, name)


def test_nouns_are_words():
    assert noun(records.CommitteeRole) == "committee role"


@pytest.mark.django_db(transaction=True)
def test_the_benches_load_what_the_reference_loads_and_change_one_row_in_a_hundred(settings):
    with bench.pages(seed=1, rows=3000) as made:
        assert bench.load(made) == bench.copy(made)
        bench.load(made)
        before = contents()["Activity"]
        bench.changes(made)
        after = contents()["Activity"]

    changed = [key for key in before if before[key] != after[key]]
    assert len(before) == len(after) == 3000
    assert len(changed) == 30
    assert models.Activity.objects.values("version").distinct().count() == 3000
