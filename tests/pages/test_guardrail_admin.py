"""Guardrails in the admin: rule in words, effect on the past, a second person, no way around the action."""

import pytest
from django.contrib import admin

from imis_ai.governance.guardrails import kinds
from imis_ai.governance.models import AuditEntry, Guardrail, GuardrailVersion
from tests.factories.accounts import UserFactory
from tests.factories.guardrails import PastProposalFactory, guardrail_owner, live_guardrail
from tests.reading import html_of

LIST = "/admin/governance/guardrail/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def ceiling():
    Guardrail.objects.all().delete()
    owner = guardrail_owner(first_name="Marta", last_name="Silva")
    return live_guardrail("ceiling", name="Discounts", owner=owner, measure="discount", most="10").guardrail


@pytest.fixture
def page(ceiling):
    return f"{LIST}{ceiling.pk}/change/"


def coming(ceiling) -> GuardrailVersion:
    return ceiling.versions.get(state__in=["draft", "waiting"])


def decide(client, ceiling, do, **more):
    data = {"do": do, "version": coming(ceiling).pk} | more
    return client.post(f"{LIST}{ceiling.pk}/decide/", data, follow=True)


@pytest.mark.row("GOV-30")
def test_the_list_says_each_rule_in_words_with_value_scope_owner_and_day(ceiling, as_role):
    text = html_of(as_role("admin").get(LIST))

    for said in ("Discounts", "Discount is over 10 %", "everywhere", "Marta Silva", "1 Jun"):
        assert said in text


@pytest.mark.row("GOV-30")
def test_a_save_shows_what_it_would_have_stopped_and_a_second_person_makes_it_live(
    ceiling, page, as_role, signed_in
):
    from django.utils import timezone

    for discount in (4, 7, 9):
        PastProposalFactory(
            scope={"discount": discount}, created_at=timezone.now(), title=f"Offer {discount}"
        )
    marketing = as_role("admin")

    saved = marketing.post(page, {"measure": "discount", "most": "5", "reason": "Budget"}, follow=True)

    text = html_of(saved)
    assert "Would have stopped 2 items in 90 days" in text
    assert "of 3 suggestions made in that time" in text
    assert "Offer 9" in text
    assert "Draft" in text
    asked = html_of(decide(marketing, ceiling, "submit"))
    assert "Asked: Marta Silva." in asked
    assert "You wrote this change, so someone else agrees to it." in asked
    own = html_of(decide(marketing, ceiling, "agree"))
    assert "someone else agrees to it" in own
    assert ceiling.versions.get(state="live").settings["most"] == "10"
    done = html_of(decide(signed_in(ceiling.owner), ceiling, "agree"))
    assert "It is live." in done
    assert ceiling.versions.get(state="live").settings["most"] == "5"
    actions = [entry.action for entry in AuditEntry.objects.filter(object_type="guardrail").order_by("seq")]
    assert actions == ["guardrail.drafted", "guardrail.asked", "guardrail.signed", "guardrail.live"]


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("ceiling", {"measure": "incentive", "most": "-1"}, "greater than or equal to 0"),
        ("cap", {"most": "3", "days": "0", "area": ""}, "greater than or equal to 1"),
        ("move", {"most_down": ""}, "Choose tiers, or how many tiers down at most."),
        ("terms", {"terms": "!!!", "why": "No"}, "has no letter or digit"),
        ("rule", {"rule": "{", "says": "No"}, "This is not JSON."),
        (
            "rule",
            {"rule": '{"version": 1, "rule": {"word": "salary", "is": "x"}}', "says": "No"},
            "is not a word",
        ),
        ("person", {"share": "101"}, "less than or equal to 100"),
    ],
)
def test_what_makes_no_rule_is_said_beside_the_form_and_nothing_is_kept(as_role, kind, data, said):
    before = Guardrail.objects.count()

    response = as_role("admin").post(f"{LIST}add/?kind={kind}", data | {"name": "New", "reason": "Why"})

    assert said in html_of(response)
    assert "There is a problem" in html_of(response)
    assert Guardrail.objects.count() == before


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("ceiling", {"measure": "amount", "most": "500"}),
        ("cap", {"most": "2", "days": "14", "area": "each"}),
        ("move", {"most_down": "0"}),
        ("effect", {"least": "1000"}),
        ("person", {"share": "10"}),
        ("fields", {"off": ["age"]}),
        ("terms", {"terms": "synergy\nleverage", "why": "Say what it is."}),
        (
            "rule",
            {"rule": '{"version": 1, "rule": {"word": "template", "is": "old"}}', "says": "Out of use."},
        ),
    ],
)
def test_each_kind_can_be_made_and_opened_again(as_role, kind, data):
    client = as_role("admin")

    made = client.post(f"{LIST}add/?kind={kind}", data | {"name": "New one", "reason": "Why"}, follow=True)

    version = GuardrailVersion.objects.get(guardrail__name="New one")
    assert (version.state, version.guardrail.kind) == ("draft", kind)
    assert "New one" in html_of(made)
    assert "New one" in html_of(client.get(LIST))
    again = client.post(f"{LIST}{version.guardrail_id}/change/", data | {"reason": "Again"}, follow=True)
    assert "The draft is kept" in html_of(again)
    assert set(kinds.KINDS) == {
        entry for entry in kinds.KINDS if f"kind={entry}" in html_of(client.get(LIST))
    }


@pytest.mark.row("GOV-30")
def test_only_the_named_people_may_look_change_or_agree(ceiling, page, as_role, signed_in):
    data = {"measure": "discount", "most": "5", "reason": "Budget"}

    assert as_role("membership").get(LIST).status_code == 200
    assert "Save as a draft" not in html_of(as_role("membership").get(page))
    assert as_role("membership").post(page, data).status_code == 403
    for role in ("finance", "chapter", "executive"):
        response = as_role(role).get(LIST)
        assert response.status_code == 403
        assert "Your role cannot open the pages for rules and texts." in html_of(response)
    superuser = signed_in(UserFactory(role="executive", is_superuser=True, is_staff=True))
    assert superuser.get(LIST).status_code == 403
    assert not ceiling.versions.filter(state="draft").exists()
    assert signed_in(ceiling.owner).post(page, data).status_code == 302


def test_nothing_is_deleted_there(ceiling, as_role):
    client = as_role("admin")

    refused = client.post(f"{LIST}{ceiling.pk}/delete/", {"post": "yes"})
    client.post(LIST, {"action": "delete_selected", "_selected_action": [ceiling.pk], "post": "yes"})

    assert refused.status_code == 403
    assert Guardrail.objects.filter(pk=ceiling.pk).exists()


def test_no_other_table_is_writable_there():
    labels = {model._meta.app_label for model in admin.site._registry}

    assert labels <= {"governance", "django_celery_beat"}


def test_a_stranger_signs_in_where_everybody_does(client):
    response = client.get("/admin/", follow=True)

    assert response.redirect_chain[-1] == ("/login/?next=/admin/", 302)


def test_the_first_page_of_the_admin_stands_in_the_frame_of_the_product(as_role):
    text = html_of(as_role("admin").get("/admin/"))

    assert 'aria-label="Main"' in text
    assert LIST in text
    assert "Content-Security-Policy" in as_role("admin").get(LIST).headers


def test_a_version_that_changed_since_is_not_decided_unseen(ceiling, page, as_role, signed_in):
    marketing = as_role("admin")
    marketing.post(page, {"measure": "discount", "most": "5", "reason": "Budget"})
    decide(marketing, ceiling, "submit")
    version = coming(ceiling)
    GuardrailVersion.objects.filter(pk=version.pk).update(state="declined")

    owner = signed_in(ceiling.owner)
    response = owner.post(f"{LIST}{ceiling.pk}/decide/", {"do": "agree", "version": version.pk}, follow=True)

    assert "This version is declined already." in html_of(response)
    missing = owner.post(f"{LIST}{ceiling.pk}/decide/", {"do": "agree", "version": "0"})
    assert missing.status_code == 404
