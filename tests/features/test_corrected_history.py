"""Stored snapshots give way when the history they were computed from is corrected, and only then."""

import csv
import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from imis_ai.features import actions, queries, tasks
from imis_ai.features.models import Snapshot
from imis_ai.imis import records
from imis_ai.jobs.progress import SILENT, Progress
from imis_ai.mirror import actions as mirror
from imis_ai.mirror.actions import lease
from imis_ai.mirror.actions.merges import erase
from imis_ai.mirror.actions.prune import Seen, prune

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 1, 1, 8, tzinfo=dt.UTC)
MARCH, JULY, TODAY = dt.date(2025, 3, 1), dt.date(2025, 7, 1), dt.date(2026, 1, 1)
ALL = [MARCH, JULY, TODAY]
ADA = records.Member(key="1", first_name="Ada", joined_on=dt.date(2020, 1, 1))
BOB = records.Member(key="2", first_name="Bob", joined_on=dt.date(2020, 1, 1))
LOGINS = "portal.logins_365"


def login(key: str, year: int, month: int, day: int, member: str = "1") -> records.Activity:
    at = dt.datetime(year, month, day, 12, tzinfo=dt.UTC)
    return records.Activity(key=key, member=member, kind="login", at=at)


def term(start: dt.date, key: str = "t1", **changes) -> records.Term:
    return records.Term(key=key, member="1", start_on=start, end_on=dt.date(2026, 6, 30), **changes)


def save(*found: records.Record) -> None:
    mirror.save(records=found, feed="test", now=NOW)


def seen(*keys: str) -> Seen:
    found = Seen(total=len(keys))
    found.rows.update(map(hash, keys))
    found.keys[records.Term].update(map(hash, keys))
    return found


def one_reading_without_the_second_term() -> None:
    with transaction.atomic():
        lease.lock(fence=None)
        prune(name="terms", seen=seen("t1", *(f"old{n}" for n in range(20))), now=NOW)


@pytest.fixture
def built():
    """Snapshots of three days of Ada and Bob."""
    save(ADA, BOB, login("a", 2025, 1, 10), login("b", 2025, 5, 10), term(dt.date(2025, 7, 1)))
    save(records.Tier(key="PRO", name="Professional", rank=1))
    save(*(term(dt.date(2019, 1, 1), f"old{n}") for n in range(20)), term(dt.date(2025, 4, 1), "t2"))
    actions.build_many(as_ofs=ALL, now=NOW)


@pytest.mark.parametrize(
    ("correct", "stale"),
    [
        (lambda: save(login("c", 2024, 12, 24)), ALL),
        (lambda: save(login("c", 2025, 6, 30)), [JULY, TODAY]),
        (lambda: save(login("c", 2025, 7, 1)), [TODAY]),
        (lambda: save(login("c", 2026, 1, 1)), []),
        (lambda: save(login("a", 2025, 8, 1)), ALL),
        (lambda: save(login("b", 2025, 1, 1)), ALL),
        (lambda: save(term(dt.date(2025, 7, 1), price=Decimal(99))), [TODAY]),
        (lambda: save(records.Member(key="1", first_name="Eve", joined_on=ADA.joined_on)), []),
        (lambda: save(records.Member(key="1", first_name="Ada", joined_on=dt.date(2025, 3, 2))), ALL),
        (lambda: save(ADA, login("a", 2025, 1, 10)), []),
        (lambda: save(records.Tier(key="PRO", name="Professional", rank=3)), ALL),
        (lambda: save(records.Deletion(key="2", retained="1")), ALL),
        (lambda: erase(imis_id="2", now=NOW), ALL),
        (one_reading_without_the_second_term, [JULY, TODAY]),
    ],
)
def test_only_snapshots_of_days_after_a_corrected_row_are_out_of_date(built, correct, stale):
    correct()

    assert queries.out_of_date() == stale


def test_a_day_is_the_sites_day(built, settings):
    settings.TIME_ZONE = "America/Chicago"

    save(records.Activity(key="c", member="1", kind="login", at=dt.datetime(2025, 7, 1, 3, tzinfo=dt.UTC)))

    assert queries.out_of_date() == [JULY, TODAY]


def test_a_frame_passes_over_what_is_out_of_date_but_a_page_need_not_wait(built):
    save(login("c", 2025, 2, 1))

    right = queries.frames(as_ofs=[MARCH], names=[LOGINS])[MARCH]
    quick = queries.frames(as_ofs=[MARCH], names=[LOGINS], may_be_old=True)[MARCH]

    assert (right[LOGINS].max(), quick[LOGINS].max()) == (2, 1)


def test_the_night_computes_corrected_months_again_and_no_others(built):
    save(login("c", 2025, 5, 1))
    before = dict(Snapshot.objects.values_list("as_of", "pk"))

    tasks.build(Progress(), as_of=TODAY.isoformat())

    after = dict(Snapshot.objects.values_list("as_of", "pk"))
    assert queries.out_of_date() == []
    assert [day for day in ALL if before[day] == after[day]] == [MARCH]
    assert queries.frames(as_ofs=[JULY], names=[LOGINS], may_be_old=True)[JULY][LOGINS].max() == 3


def test_days_that_no_model_learns_from_are_dropped_instead(built):
    fifth = dt.date(2025, 12, 5)
    actions.build(as_of=fifth, now=NOW)
    save(login("c", 2025, 12, 1))

    actions.prune(now=NOW)

    assert set(Snapshot.objects.values_list("as_of", flat=True)) == set(ALL)


def test_what_is_written_while_a_snapshot_is_computed_counts_as_newer(built):
    class Busy(Progress):
        def advance(self, number: int = 1) -> None:
            save(login("late", 2025, 1, 1))

    actions.build_many(as_ofs=ALL, now=NOW, progress=Busy())

    assert queries.out_of_date() == ALL


def test_an_archive_with_corrected_history_reaches_past_months(tmp_path):
    members = [{"imis_id": "1", "join_date": "2020-01-01"}]
    first = [{"imis_id": "1", "kind": "login", "at": "2025-01-10"}]
    load(tmp_path, members, first)
    actions.build_many(as_ofs=ALL, now=NOW)

    load(tmp_path, members, [*first, {"imis_id": "1", "kind": "login", "at": "2025-02-10"}])

    found = queries.frames(as_ofs=ALL, names=[LOGINS])
    assert [found[day][LOGINS].item() for day in ALL] == [2, 2, 2]


def load(folder, members: list[dict], activities: list[dict]) -> None:
    for name, rows in (("members", members), ("activities", activities)):
        with (folder / f"{name}.csv").open("w", newline="") as handle:
            writer = csv.DictWriter(handle, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    mirror.import_archive(folder=folder, zone=ZoneInfo("UTC"), now=NOW, progress=SILENT)
