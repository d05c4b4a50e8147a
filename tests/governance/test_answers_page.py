"""Members who wait for a person: the list is scoped, and one person marks an item done."""

import pytest
from django.test import Client

from imis_ai.governance.messages import ledger
from imis_ai.governance.models import AuditEntry, StaffItem
from tests.factories.accounts import UserFactory, chapter_manager
from tests.factories.messages import NOW, reachable

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting():
    members = [reachable(name="Dana Whitfield"), reachable(name="Quinn Abara")]
    for member in members:
        ledger.call_a_person(
            imis_id=member.imis_id,
            why="asked",
            key=member.imis_id,
            now=NOW,
            text=f"<i>{member.name}</i> calls",
        )
    return members


def browser(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_list_shows_who_waits_and_what_they_wrote(waiting):
    html = browser(UserFactory()).get("/answers/").content.decode()

    assert "Dana Whitfield" in html
    assert "&lt;i&gt;Quinn Abara&lt;/i&gt; calls" in html


def test_a_chapter_manager_sees_and_answers_the_own_members_only(waiting):
    mine, other = waiting
    client = browser(chapter_manager(mine.chapter))
    items = {item.imis_id: item for item in StaffItem.objects.all()}

    html = client.get("/answers/").content.decode()
    codes = [client.post(f"/answers/{items[m.imis_id].pk}/done/").status_code for m in (other, mine)]

    assert mine.name in html
    assert other.name not in html
    assert other.imis_id not in html
    assert codes == [404, 302]
    assert list(StaffItem.objects.filter(done_at=None)) == [items[other.imis_id]]


def test_an_item_is_done_once_and_audited(waiting):
    first, second = UserFactory(), UserFactory()
    item = StaffItem.objects.first()
    for user in (first, second):
        browser(user).post(f"/answers/{item.pk}/done/")

    item.refresh_from_db()
    assert item.done_by == first
    assert AuditEntry.objects.filter(action="staff item.done").count() == 1


def test_the_number_of_queries_does_not_grow_with_the_list(waiting, django_assert_max_num_queries):
    client = browser(UserFactory())
    for number in range(20):
        ledger.call_a_person(imis_id=waiting[0].imis_id, why="replied", key=str(number), now=NOW)

    with django_assert_max_num_queries(12):
        assert client.get("/answers/").status_code == 200
