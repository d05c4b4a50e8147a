"""How a guardrail changes: its effect on the past, a second person, what leaves under which version."""

import datetime as dt
import threading

import pytest
from django.db import IntegrityError, connection, transaction

from imis_ai.governance import guardrails
from imis_ai.governance.guardrails import actions, read
from imis_ai.governance.models import AuditEntry, Guardrail, GuardrailSignature, GuardrailVersion
from imis_ai.governance.refusals import Changed, NotAllowed
from tests.factories.accounts import UserFactory
from tests.factories.guardrails import (
    NOW,
    PastProposalFactory,
    administrator,
    guardrail_owner,
    live_guardrail,
)

pytestmark = pytest.mark.django_db
TEN = {"measure": "discount", "most": "10"}
FIVE = {"measure": "discount", "most": "5"}


@pytest.fixture
def owner():
    return guardrail_owner(first_name="Marta", last_name="Silva")


@pytest.fixture
def ceiling(owner):
    """A live ceiling of ten percent, the only guardrail."""
    Guardrail.objects.all().delete()
    return live_guardrail("ceiling", owner=owner, **TEN).guardrail


def drafted(ceiling, *, by, entered=FIVE, **more):
    return actions.draft(guardrail=ceiling, entered=entered, reason="Budget", by=by, now=NOW, **more)


def asked(ceiling, *, by, **more):
    version = drafted(ceiling, by=by, **more)
    actions.submit(version=version, by=by, now=NOW)
    return version


def stopped(discount=8) -> bool:
    case = guardrails.Case(kind="test", area="retention", facts={"discount": discount})
    return bool(guardrails.check(proposal_like=case, now=NOW))


@pytest.mark.row("GOV-30")
def test_a_change_holds_only_after_its_owner_agreed(ceiling, owner):
    admin = administrator()

    version = drafted(ceiling, by=admin)
    assert (version.state, stopped()) == ("draft", False)
    actions.submit(version=version, by=admin, now=NOW)
    assert (version.state, stopped()) == ("waiting", False)
    assert actions.agree(version=version, by=owner, now=NOW)

    assert stopped()
    states = dict(ceiling.versions.values_list("number", "state"))
    assert states == {1: "retired", 2: "live"}
    assert read.live_of(ceiling).live_from == NOW
    done = [entry.action for entry in AuditEntry.objects.order_by("seq")]
    assert done == ["guardrail.drafted", "guardrail.asked", "guardrail.signed", "guardrail.live"]


@pytest.mark.row("GOV-30")
def test_nobody_agrees_to_their_own_change_and_nobody_without_the_right(ceiling, owner):
    version = asked(ceiling, by=owner)

    for person, words in [
        (owner, "You wrote this change"),
        (administrator(), "Only guardrail owners"),
        (UserFactory(role="chapter"), "Only guardrail owners"),
    ]:
        with pytest.raises(NotAllowed, match=words):
            actions.agree(version=version, by=person, now=NOW)
    assert not stopped()
    assert actions.agree(version=version, by=guardrail_owner(), now=NOW)  # the owner asked, so another does


def test_the_owner_decides_while_there_is_one(ceiling, owner):
    version, other = asked(ceiling, by=administrator()), guardrail_owner()

    with pytest.raises(NotAllowed, match="Marta Silva owns this guardrail and signs first"):
        actions.agree(version=version, by=other, now=NOW)

    owner.is_active = False
    owner.save()
    version.refresh_from_db()
    assert actions.agree(version=GuardrailVersion.objects.get(pk=version.pk), by=other, now=NOW)


def test_the_database_keeps_the_second_person_too(ceiling, owner):
    version = asked(ceiling, by=owner)

    with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
        GuardrailSignature.objects.create(version=version, by=owner, proposed_by=owner, at=NOW)


@pytest.mark.row("GOV-30")
def test_a_draft_says_what_it_would_have_stopped_on_the_real_past(ceiling):
    for days, discount in [(1, 8), (89, 6), (91, 8), (5, 5), (6, None), (2, 20)]:
        PastProposalFactory(
            created_at=NOW - dt.timedelta(days=days), scope={} if discount is None else {"discount": discount}
        )

    version = drafted(ceiling, by=administrator())

    assert version.effect | {"examples": []} == {"days": 90, "of": 5, "items": 3, "examples": []}
    assert len(version.effect["examples"]) == 3


def test_one_change_at_a_time_and_ones_own_draft_is_written_over(ceiling):
    admin = administrator()
    first = drafted(ceiling, by=admin)
    again = drafted(ceiling, by=admin, entered={"measure": "discount", "most": "7"})
    assert (again.pk, again.settings["most"], again.number) == (first.pk, "7", 2)

    with pytest.raises(Changed, match="is on its way"):
        drafted(ceiling, by=administrator())
    with pytest.raises(NotAllowed, match="the draft of"):
        actions.submit(version=again, by=administrator(), now=NOW)
    actions.submit(version=again, by=admin, now=NOW)
    with pytest.raises(Changed, match="is on its way"):
        drafted(ceiling, by=admin)


def test_a_declined_change_leaves_everything_as_it_was(ceiling, owner):
    version = asked(ceiling, by=administrator())

    with pytest.raises(NotAllowed):
        actions.decline(version=version, by=administrator(), now=NOW, reason="No.")
    actions.decline(version=version, by=owner, now=NOW, reason="Too strict.")

    assert (version.state, stopped()) == ("declined", False)
    with pytest.raises(Changed, match="is declined already"):
        actions.agree(version=version, by=owner, now=NOW)
    assert drafted(ceiling, by=administrator()).number == 3


def test_switching_a_guardrail_off_asks_a_second_person_too(ceiling, owner):
    version = asked(ceiling, by=administrator(), entered=TEN, is_off=True)
    assert stopped(50)

    actions.agree(version=version, by=owner, now=NOW)
    assert not stopped(50)


@pytest.mark.row("U17")
def test_switching_on_an_unfair_field_needs_two_signatures(owner):
    Guardrail.objects.all().delete()
    fields = live_guardrail("fields", owner=owner, off=["age", "gender"]).guardrail
    version = asked(fields, by=administrator(), entered={"off": ["gender"]})

    assert not actions.agree(version=version, by=owner, now=NOW)
    assert "age" in guardrails.fields_off()
    with pytest.raises(NotAllowed, match="You signed this already"):
        actions.agree(version=version, by=owner, now=NOW)
    assert actions.agree(version=version, by=guardrail_owner(), now=NOW)
    assert guardrails.fields_off() == {"gender"}

    off_again = asked(fields, by=administrator(), entered={"off": ["age", "gender"]})
    assert actions.agree(version=off_again, by=owner, now=NOW)


def test_what_was_approved_under_an_old_version_is_checked_against_the_one_live_when_it_leaves(
    ceiling, owner
):
    queued = PastProposalFactory(scope={"discount": 8}, state="suggested")
    assert guardrails.check(proposal_like=queued, now=NOW) == []

    version = asked(ceiling, by=administrator())
    actions.agree(version=version, by=owner, now=NOW)

    (objection,) = guardrails.check(proposal_like=queued, now=NOW)
    assert (objection.version, objection.owner) == (version.pk, "Marta Silva")


def test_only_people_with_the_right_change_or_own_a_guardrail(ceiling, owner):
    chapter, other = UserFactory(role="chapter"), guardrail_owner()

    with pytest.raises(NotAllowed, match="You may not change guardrails"):
        drafted(ceiling, by=chapter)
    with pytest.raises(NotAllowed, match="is no guardrail owner"):
        actions.give(guardrail=ceiling, owner=chapter, by=owner, now=NOW)
    with pytest.raises(NotAllowed, match="Marta Silva owns this guardrail"):
        actions.give(guardrail=ceiling, owner=other, by=other, now=NOW)
    actions.give(guardrail=ceiling, owner=other, by=owner, now=NOW)
    assert Guardrail.objects.get(pk=ceiling.pk).owner == other


@pytest.mark.django_db(transaction=True)
def test_two_owners_at_once_make_one_live_version(ceiling, owner):
    Guardrail.objects.filter(pk=ceiling.pk).update(owner=None)
    version = asked(ceiling, by=administrator())
    people, results = [guardrail_owner(), guardrail_owner()], []

    def agree(person):
        try:
            results.append(actions.agree(version=version, by=person, now=NOW))
        except Changed:
            results.append("late")
        finally:
            connection.close()

    threads = [threading.Thread(target=agree, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(str, results)) == ["True", "late"]
    assert ceiling.versions.filter(state="live").count() == 1
