"""Pulls while iMIS is being worked in: no record that was alive throughout is missing afterwards."""

import random
import threading

import pytest

from imis_ai.imis.resources import RESOURCES
from imis_ai.mirror import models
from imis_ai.mirror.upsert.tables import TABLES
from tests.mirror.conftest import NOW, Site, empty_mirror

pytestmark = pytest.mark.django_db(transaction=True)
FEEDS = ("members", "terms", "activities", "events", "registrations", "invoices", "texts", "deletions")
EDITS_A_PULL = 25


class Staff(threading.Thread):
    """Works in iMIS while it is read: edits, deletes, merges, adds."""

    def __init__(self, site: Site, seed: int) -> None:
        super().__init__(daemon=True)
        self.site, self.chance, self.gone = site, random.Random(seed), set()
        self.ids = site.members()

    def run(self) -> None:
        for _ in range(EDITS_A_PULL):
            act = self.chance.choice(
                (self.update, self.update, self.delete, self.merge, self.add, self.delete_row)
            )
            act()

    def one(self) -> str:
        return self.chance.choice([key for key in self.ids if key not in self.gone])

    def update(self) -> None:
        self.site.edit(op="update", id=self.one(), City="Galveston")

    def delete(self) -> None:
        key = self.one()
        self.gone.add(key)
        self.site.edit(op="delete", id=key)

    def delete_row(self) -> None:
        self.site.edit(op="touch_percent", percent=1.0, seed=self.chance.randrange(1000))

    def merge(self) -> None:
        discarded, retained = self.one(), self.one()
        if discarded != retained:
            self.gone.add(discarded)
            self.site.edit(op="merge", discarded=discarded, retained=retained)

    def add(self) -> None:
        self.site.edit(op="add_member", first_name="Ada", last_name="Lovelace")


def keys(site: Site) -> dict[str, dict[str, str]]:
    """What is alive in iMIS now: record type -> key -> whose."""
    found: dict[str, dict[str, str]] = {}
    with site.client() as client:
        for name in FEEDS:
            for page in client.pages(RESOURCES[name]):
                for record in page.records:
                    if type(record) in TABLES and not getattr(record, "is_deleted", False):
                        whose = getattr(record, "member", record.key)
                        found.setdefault(type(record).__name__, {})[record.key] = whose
    return found


def missed(site: Site, before: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    """Records alive before and after the pull, of members alive before and after, that the mirror lacks."""
    after = keys(site)
    members = before["Member"].keys() & after["Member"].keys()
    lacking = []
    for table in TABLES.values():
        name = table.model.__name__
        throughout = before.get(name, {}).keys() & after.get(name, {}).keys()
        wanted = {key for key in throughout if before[name][key] in members and after[name][key] in members}
        stored = table.model.objects.filter(key__in=wanted)
        stored = stored.filter(gone_at=None) if name == "Member" else stored
        lacking += [(name, key) for key in wanted - set(stored.values_list("key", flat=True))]
    return lacking


def pull_often(site: Site, times: int) -> list:
    """`times` first pulls, each while staff work; returns what was missed."""
    lacking = []
    for number in range(times):
        if number % 5 == 0:  # deletions wear the association out
            site.http.post("/_sandbox/reset")
        empty_mirror()
        before, staff = keys(site), Staff(site, number)
        staff.start()
        with site.client(page_size=50) as client:
            site.sync(client=client, resources=FEEDS, sweep_too=number % 2 == 0, now=NOW)
        staff.join()
        assert models.Member.objects.exists()
        lacking += missed(site, before)
    return lacking


@pytest.mark.row("GOV-36")
def test_nothing_is_missed_in_ten_pulls(site):
    assert pull_often(site, 10) == []


@pytest.mark.long
def test_nothing_is_missed_in_a_hundred_pulls(site):
    assert pull_often(site, 100) == []
