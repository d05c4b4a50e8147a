"""Templates and offers in the Django admin: every save is an action, a second person approves."""

import re

import pytest
from django.test import Client

from imis_ai.governance.models import AuditEntry, Offer, OfferVersion, Template, TemplateVersion
from tests.factories.accounts import UserFactory
from tests.factories.messages import VersionFactory, reachable

pytestmark = pytest.mark.django_db
ENTERED = {
    "name": "Autumn",
    "area": "retention",
    "channel": "email",
    "purpose": "",
    "subject": "Hello {{ first_name }}",
    "body": "Dear {{ first_name }}, how are you?[[ You attended {{ events_attended }}.]]",
    "tone": "warm",
    "language": "en",
    "note": "First try",
}
OFFERED = {
    "name": "Ten percent",
    "what": "10 % off your dues",
    "cost": "25",
    "price_effect": "10",
    "ceiling": "50",
    "budget": "500",
    "needs_approval_above": "30",
    "expires_after_days": "14",
    "reasons": "price, hardship",
    "note": "",
}
TEMPLATES, OFFERS = "/admin/governance/template/", "/admin/governance/offer/"


def sign_in(role: str = "membership", **fields) -> tuple[Client, object]:
    user = UserFactory(role=role, password=None, **fields)
    client = Client()
    client.force_login(user)
    return client, user


@pytest.mark.row("GOV-31")
def test_a_text_goes_from_the_form_to_use_through_two_people():
    (writing, writer), (approving, colleague) = sign_in("admin"), sign_in()
    reachable(first_name="Dana", name="Dana Whitfield")

    writing.post(f"{TEMPLATES}add/", ENTERED)
    version = TemplateVersion.objects.get()
    page = f"{TEMPLATES}{version.template_id}/change/"
    assert (version.state, version.written_by, version.body) == ("draft", writer, ENTERED["body"])
    steps = f"{TEMPLATES}versions/{version.pk}/"
    writing.post(f"{steps}submit/")
    assert "Your role does not" in writing.post(f"{steps}approve/", follow=True).content.decode()
    shown = approving.get(page).content.decode()
    approving.post(f"{steps}approve/")

    version.refresh_from_db()
    assert (version.state, version.approved_by) == ("approved", colleague)
    assert ">Dana</mark>, how are you?" in shown
    assert "Left out, because not known: events attended" in shown
    assert list(AuditEntry.objects.order_by("seq").values_list("action", flat=True)) == [
        "template.written",
        "template.submitted",
        "template.approved",
    ]


def test_a_change_is_a_new_version_with_its_difference():
    client, user = sign_in()
    old = VersionFactory(body="Dear {{ first_name }}, hello.")
    page = f"{TEMPLATES}{old.template_id}/change/"

    client.post(page, ENTERED | {"name": old.template.name, "body": "Dear {{ first_name }}, welcome."})

    new = old.template.versions.first()
    old.refresh_from_db()
    assert (new.number, new.state, new.written_by, old.state) == (old.number + 1, "draft", user, "approved")
    shown = re.sub(r"\s+>", ">", client.get(page).content.decode())
    assert "<del>hello.</del>" in shown
    assert "<ins>welcome.</ins>" in shown


def test_what_breaks_a_rule_is_said_at_once_and_cannot_be_sent_on():
    client, _ = sign_in()
    answer = client.post(f"{TEMPLATES}add/", ENTERED | {"body": "You are at risk, {{ nobody }}"}, follow=True)
    version = TemplateVersion.objects.get()
    client.post(f"{TEMPLATES}versions/{version.pk}/submit/")

    version.refresh_from_db()
    assert "A message never tells a member" in answer.content.decode()
    assert "no fact named nobody" in answer.content.decode()
    assert version.state == "draft"


def test_an_offer_goes_the_same_way():
    (writing, writer), (approving, _) = sign_in(), sign_in()
    writing.post(f"{OFFERS}add/", OFFERED)
    version = OfferVersion.objects.get()
    steps = f"{OFFERS}versions/{version.pk}/"
    for client, step in ((writing, "submit"), (writing, "approve"), (approving, "approve")):
        client.post(f"{steps}{step}/")

    version.refresh_from_db()
    assert (version.state, version.written_by, version.reasons) == ("approved", writer, ["price", "hardship"])
    assert (
        "$500.00 of $500.00 is left" in approving.get(f"{OFFERS}{version.offer_id}/change/").content.decode()
    )


@pytest.mark.parametrize("role", ["finance", "chapter", "executive"])
def test_other_roles_are_told_that_it_is_not_theirs(role):
    client, _ = sign_in(role, is_staff=True, is_superuser=False)

    answers = [client.get(path).status_code for path in ("/admin/", TEMPLATES, f"{OFFERS}add/")]
    client.post(f"{TEMPLATES}add/", ENTERED)

    assert 200 not in answers[1:]
    assert not Template.objects.exists()


def test_nothing_is_deleted_and_strangers_sign_in_first():
    client, _ = sign_in()
    version = VersionFactory()

    assert client.post(f"{TEMPLATES}{version.template_id}/delete/", {"post": "yes"}).status_code == 403
    assert Template.objects.exists()
    assert Client().get(TEMPLATES)["Location"].startswith("/login/")


def test_its_pages_keep_the_content_policy():
    client, _ = sign_in()
    version = VersionFactory()
    Offer.objects.create(name="Old")
    for path in ("/admin/", TEMPLATES, f"{TEMPLATES}{version.template_id}/change/", f"{OFFERS}add/"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert " style=" not in answer.content.decode(), path
        assert "unsafe" not in answer["Content-Security-Policy"]
