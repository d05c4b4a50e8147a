"""The columnar copy equals the table, whatever happened in between."""

import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from django.db import connection, transaction

from imis_ai.mirror import columns
from imis_ai.mirror.models import Activity, Member
from tests.factories.features import did, moment, people
from tests.factories.mirror import ActivityFactory


def copied(found: columns.Activities) -> list[tuple]:
    """The copy as plain rows: id, member, kind, day, quantity."""
    rows = []
    for kind, parts in found.segments.items():
        for part in parts:
            quantity = part.get("quantity", np.full(len(part["id"]), np.nan))
            assert (np.diff(part["day"]) >= 0).all()
            for i in range(len(part["id"])):
                amount = None if np.isnan(quantity[i]) else float(quantity[i])
                member = int(found.members[part["member"][i]])
                rows.append((int(part["id"][i]), member, kind, int(part["day"][i]), amount))
    return sorted(rows)


def in_table() -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, member_id, kind, (at AT TIME ZONE 'UTC')::date - date '1970-01-01', quantity"
            " FROM mirror_activity ORDER BY id"
        )
        return cursor.fetchall()


@pytest.fixture
def var(settings, tmp_path):
    settings.TIME_ZONE = "UTC"
    return tmp_path


@pytest.fixture
def stored(transactional_db, var):
    """Committed rows of three members, copied once."""
    ann, ben, cat = people(3)
    did(ann, "login", -3, -400, -20, quantity=4)
    did(ben, "download", -5)
    did(cat, "login", -1)
    columns.refresh(var)
    return ann, ben, cat


def test_new_rows_are_added(stored, var):
    ann, ben, _ = stored
    did(ann, "login", -200, 0)
    did(ben, "kiosk_tap", -2, quantity=1.5)

    assert copied(columns.refresh(var)) == in_table()


def test_only_what_is_new_is_read_and_written(stored, var):
    before = {path.name for path in columns.folder(var).iterdir()}
    did(stored[1], "kiosk_tap", -2)
    columns.refresh(var)

    after = {path.name for path in columns.folder(var).iterdir()}

    kept = {name for name in before & after if "-base-" in name}
    assert kept == {name for name in before if "-base-" in name}


def test_nothing_new_writes_nothing(stored, var):
    manifest = columns.folder(var) / "current.json"
    before = manifest.stat()

    columns.refresh(var)

    assert manifest.stat().st_mtime_ns == before.st_mtime_ns


def test_changed_rows_replace_their_former_selves(stored, var):
    row = Activity.objects.filter(kind="login").first()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE mirror_activity SET quantity = 9, kind = 'page_view', at = %s, version = DEFAULT"
            " WHERE id = %s",
            [moment(-7), row.pk],
        )

    assert copied(columns.refresh(var)) == in_table()


def test_rows_of_an_erased_member_go(stored, var):
    from imis_ai.mirror.actions.merges import erase

    erase(imis_id=stored[0].imis_id, now=moment(0))

    found = copied(columns.refresh(var))

    assert found == in_table()
    assert len(found) == 2


def test_rows_of_a_merged_member_move(stored, var):
    from imis_ai.imis.records import Deletion
    from imis_ai.mirror.actions import save

    ann, ben, _ = stored
    save(records=[Deletion(key=ann.imis_id, retained=ben.imis_id)], feed="deletions", now=moment(0))

    found = copied(columns.refresh(var))

    assert found == in_table()
    assert len([row for row in found if row[1] == ben.pk]) == 4


def test_rows_deleted_by_hand_are_found_by_counting(stored, var):
    Activity.objects.filter(member=stored[0]).delete()

    assert copied(columns.refresh(var, verify=True)) == in_table()


def test_rows_that_are_not_committed_are_seen_but_never_stored(stored, var):
    with transaction.atomic():
        did(stored[0], "login", -2)
        within = copied(columns.refresh(var)) == in_table()
        transaction.set_rollback(True)

    assert within
    assert len(in_table()) == 5
    assert copied(columns.refresh(var)) == in_table()


def test_a_table_that_was_emptied_is_read_anew(stored, var):
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE mirror_activity")

    assert copied(columns.refresh(var)) == []


def test_another_time_zone_gives_other_days(stored, var, settings):
    ActivityFactory(member=stored[0], kind="login", at=moment(-9, 2))
    columns.refresh(var)
    settings.TIME_ZONE = "America/Chicago"

    days = {row[0]: row[3] for row in copied(columns.refresh(var))}

    newest = max(days)
    assert days[newest] == (moment(-10).date() - moment(0).date().replace(1970, 1, 1)).days


@pytest.mark.parametrize("damage", ["cut", "gone", "garbled manifest"])
def test_a_damaged_copy_is_read_anew(stored, var, damage):
    folder = columns.folder(var)
    file = next(folder.glob("*-base-*"))
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-3])
    elif damage == "gone":
        file.unlink()
    else:
        (folder / "current.json").write_text("{")

    assert copied(columns.refresh(var)) == in_table()


def test_a_large_tail_is_merged(stored, var, monkeypatch):
    from imis_ai.mirror.columns import copy

    monkeypatch.setattr(copy, "TAIL_ROWS", 2)
    did(stored[0], "login", *range(-60, -40))

    found = columns.refresh(var)

    assert len(found.segments["login"]) == 1
    assert copied(found) == in_table()


def test_copies_of_other_databases_do_not_pile_up(stored, var):
    parent = columns.folder(var).parent
    for number in range(6):
        (parent / f"stranger{number}").mkdir()
    did(stored[0], "login", -2)

    columns.refresh(var)

    assert columns.folder(var).exists()
    assert len(list(parent.iterdir())) <= 4


WRITER = """
import django; django.setup()
from django.conf import settings
from imis_ai.mirror import columns
from imis_ai.mirror.columns import copy
copy.TAIL_ROWS = 20
while True:
    columns.refresh(settings.VAR_DIR)
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killed_at_any_point_the_copy_is_right(settings, tmp_path):
    """A reader in a process of its own is killed again and again while rows come, change and go."""
    chance = random.Random(1)
    members = people(5)
    columns.refresh(tmp_path)  # so that the folder is there
    servers = {"REDIS_URL": settings.REDIS_URL}  # else the reader starts one of its own, which outlives it
    environment = os.environ | servers | _as_this_database(tmp_path)
    for round_ in range(12):
        reader = subprocess.Popen([sys.executable, "-W", "ignore", "-c", WRITER], env=environment)
        deadline = time.monotonic() + 1.2 + chance.random()
        while time.monotonic() < deadline:
            did(
                chance.choice(members),
                chance.choice(["login", "download", "kiosk_tap"]),
                chance.randint(-900, 0),
            )
            if chance.random() < 0.3:
                _change(chance.choice(members), chance)
            time.sleep(0.01)
        reader.send_signal(signal.SIGKILL)
        reader.wait()
        settings.TIME_ZONE = "UTC"
        assert copied(columns.refresh(tmp_path)) == in_table(), round_


def _as_this_database(var) -> dict[str, str]:
    """Environment of a process that works on the test's database."""
    chosen = connection.settings_dict
    host = str(chosen["HOST"]).replace("/", "%2F")
    port = f":{chosen['PORT']}" if chosen["PORT"] else ""
    login = chosen["USER"] + (f":{chosen['PASSWORD']}" if chosen["PASSWORD"] else "")
    return {
        "DATABASE_URL": f"postgres://{login}@{host}{port}/{chosen['NAME']}",
        "IMIS_AI_VAR": str(var),
        "SITE_TIME_ZONE": "UTC",
        "DJANGO_SETTINGS_MODULE": "imis_ai.settings",
    }


def _change(member: Member, chance: random.Random) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE mirror_activity SET quantity = %s, version = DEFAULT WHERE id ="
            " (SELECT id FROM mirror_activity WHERE member_id = %s LIMIT 1)",
            [chance.randint(1, 9), member.pk],
        )
