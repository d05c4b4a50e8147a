"""The page of alerts: what stands in it, whom it shows, and what its buttons do."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from retention.models import Alert
from tests.factories import alerts as made
from tests.factories.accounts import UserFactory, chapter_manager
from tests.factories.mirror import ChapterFactory
from tests.reading import html_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_day_of_the_pages")]
PAGE = "/retention/alerts/"


@pytest.mark.row("CHURN-19")
def test_the_list_the_panel_and_the_buttons(as_role, signed_in):
    made.lists(competitors=["Rival Guild"])
    texas, gulf = ChapterFactory(code="TX", name="Texas"), ChapterFactory(code="GU", name="Gulf")
    dana = made.alert(made.member(imis_id="104482", name="Dana Whitfield", chapter=texas))
    made.alert(made.member(imis_id="998811", name="Hae-won Lim", chapter=gulf), signal="rival", money=None)
    manager = as_role("membership")

    with CaptureQueriesContext(connection) as found:
        text = html_of(manager.get(PAGE))
    assert len(found) <= 12
    assert "Dana Whitfield" in text
    assert "Hae-won Lim" not in text, "another view"
    assert "$620.00" in text
    assert "Offer a payment plan by 20 Jul, before the invoice" in text
    assert "Move to a dearer area: off" in text
    assert "may be unfair; switching it on needs two signatures" in text
    assert "Hae-won Lim" in html_of(manager.get(f"{PAGE}?tab=rival"))
    assert "No alert matches these filters." in html_of(manager.get(f"{PAGE}?signal=asked"))

    panel = html_of(
        manager.get(f"{PAGE}?panel={dana.pk}", headers={"HX-Request": "true", "HX-Target": "panel"})
    )
    assert "A card payment failed" in panel
    assert "1 June, payment attempts" in panel

    own = signed_in(chapter_manager(gulf))
    assert "Dana" not in own.get(PAGE).content.decode()
    assert own.get(f"{PAGE}?panel={dana.pk}").status_code == 404
    assert as_role("executive").get(PAGE).status_code == 403

    file = b"".join(manager.get(f"{PAGE}export.csv").streaming_content).decode()
    assert "104482,Dana Whitfield" in file
    assert "2026-06-01 A card payment failed" in file
    api = manager.get("/api/v1/retention/alerts/").json()
    assert (api["count"], api["results"][0]["money"]) == (1, "620.00")
    assert api["results"][0]["facts"][0]["what"] == "A card payment failed"

    person = UserFactory(role="finance", first_name="Frank", last_name="Osei")
    manager.post(f"{PAGE}assign/", {"pick": [dana.pk], "owner": person.pk, "back": "?tab=payment"})
    assert Alert.objects.get(pk=dana.pk).owner == person
    assert "Choose one of the five" in html_of(
        manager.post(f"{PAGE}dismiss/", {"pick": [dana.pk], "reason": ""}, follow=True)
    )
    answer = manager.post(f"{PAGE}dismiss/", {"pick": [dana.pk], "reason": "known", "back": "?tab=closed"})
    assert answer["Location"] == f"{PAGE}?tab=closed"
    assert "Known and taken care of" in html_of(manager.get(f"{PAGE}?tab=closed"))
    assert Alert.objects.get(pk=dana.pk).money == Decimal("620.00")
