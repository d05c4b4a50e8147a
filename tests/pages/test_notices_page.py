"""The bell in the frame and the list behind it."""

import pytest

from imis_ai.governance.models import Notification
from tests.factories.accounts import UserFactory
from tests.factories.mirror import NOW
from tests.reading import html_of


@pytest.fixture
def priya(db):
    return UserFactory()


def tell(person, text="Read iMIS: done", address="/data/", **fields):
    return Notification.objects.create(
        person=person, kind="job", key=text, text=text, address=address, at=NOW, **fields
    )


def test_the_bell_counts_what_is_unread_on_every_page_with_one_query(
    priya, signed_in, django_assert_max_num_queries
):
    tell(priya)
    tell(priya, "Train: done", read_at=NOW)
    client = signed_in(priya)

    assert "Notifications, 1 unread" in html_of(client.get("/help/shortcuts/"))
    with django_assert_max_num_queries(9):
        client.get("/notifications/")


def test_following_one_leads_to_its_object_and_marks_it_read(priya, signed_in):
    row = tell(priya)
    client = signed_in(priya)

    response = client.get(f"/notifications/{row.pk}/")

    assert response["Location"] == "/data/"
    assert "unread" not in html_of(client.get("/help/shortcuts/")).split("Notifications", 1)[1][:20]


def test_marked_one_by_one_or_all_at_once(priya, signed_in):
    rows = [tell(priya, f"Job {n}") for n in range(3)]
    client = signed_in(priya)

    client.post("/notifications/read/", {"number": rows[0].pk})
    left = html_of(client.get("/notifications/?show=unread"))
    client.post("/notifications/read/", {"all": "1"})

    assert "Job 0" not in left
    assert "Job 2" in left
    assert "You have read everything." in html_of(client.get("/notifications/?show=unread"))


def test_nobody_sees_or_marks_what_others_were_told(priya, signed_in):
    row = tell(priya, "Secret plan: failed")
    client = signed_in(UserFactory())

    client.post("/notifications/read/", {"all": "1", "number": row.pk})

    assert client.get(f"/notifications/{row.pk}/").status_code == 404
    assert "Secret plan" not in html_of(client.get("/notifications/"))
    assert Notification.objects.get().read_at is None
