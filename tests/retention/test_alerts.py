"""Alerts: found by rule each night, closed by people, and a payment plan on its whole road."""

import datetime as dt
import re
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.core import mail
from django.test import Client

from imis_ai.governance import guardrails, proposals
from imis_ai.governance.guardrails import actions as guardrail_actions
from imis_ai.governance.guardrails.read import live_of
from imis_ai.governance.models import AuditEntry, Guardrail, OfferUse, OutboxMessage, Proposal
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed
from imis_ai.mirror import actions as mirror
from imis_ai.mirror.models import MemberChange
from retention import actions
from retention.models import Alert, PlanOffer
from retention.queries import signals
from retention.views import plans as plan_page
from tests.factories import alerts as made
from tests.factories.accounts import UserFactory
from tests.factories.alerts import DAY, NOW, TODAY
from tests.factories.guardrails import administrator, guardrail_owner
from tests.factories.mirror import MemberFactory, RelationshipFactory, TextFactory
from tests.governance.deciding import assisted

pytestmark = pytest.mark.django_db


def night(later: int = 0) -> dict[str, int]:
    return actions.alerts.find_alerts(today=TODAY + later * DAY, now=NOW + later * DAY)


def found() -> list[tuple[str, str, str]]:
    return list(Alert.objects.order_by("pk").values_list("member__imis_id", "signal", "state"))


@pytest.mark.row("CHURN-19")
def test_two_failed_payments_make_one_alert_with_its_facts_and_the_money(manager):
    dana, one_failure, paid = made.member(imis_id="1"), made.member(imis_id="2"), made.member(imis_id="3")
    made.lists()
    made.usual_invoices()
    made.charges(dana, 9, 2)
    made.charges(one_failure, 2)
    made.charges(paid, 9, 2)
    made.charges(paid, 1, succeeded=True)

    assert night() == {"new": 1, "open": 1, "over": 0}
    assert night() == {"new": 0, "open": 1, "over": 0}

    alert = Alert.objects.get()
    assert (alert.member, alert.signal, alert.money) == (dana, "failed", Decimal("620.00"))
    assert [fact["what"] for fact in alert.evidence] == ["A card payment failed: insufficient funds"] * 2
    assert [fact["on"] for fact in alert.evidence] == ["2026-05-23", "2026-05-30"]
    # the term ends in 120 days; invoices come 45 days before the next one, offers 14 days before those
    assert alert.suggested == "Offer a payment plan by 2 Aug, before the invoice"

    actions.alerts.dismiss(picks=[alert.pk], reason="known", note="", by=manager, now=NOW)
    assert night()["new"] == 0, "the facts that were dismissed do not come back"
    made.charges(dana, 0)
    assert night()["new"] == 1, "a newer failure does"
    made.charges(dana, -1, succeeded=True)
    assert night(later=1) == {"new": 0, "open": 0, "over": 1}
    assert found() == [("1", "failed", "dismissed"), ("1", "failed", "over")]


@pytest.mark.row("CHURN-19")
def test_whoever_asks_for_time_is_found_by_a_list_that_staff_edit():
    made.lists(asks_for_time=["pay in three goes"])
    dana = made.member(imis_id="1")
    TextFactory(member=dana, at=NOW - 3 * DAY, body="May I pay in three goes this year?", source="case")
    TextFactory(member=made.member(imis_id="2"), at=NOW - 3 * DAY, body="I cannot afford it")

    night()

    assert found() == [("1", "asked", "open")]
    assert Alert.objects.get().evidence[0]["what"] == "Wrote “pay in three goes”"


@pytest.mark.row("CHURN-19", "U17")
def test_moves_and_industries_are_off_until_two_people_signed_and_say_so():
    made.lists(dear_areas=["941"], downturns=["Construction"])
    mover, builder = (
        made.member(imis_id="1", postal_code="94105"),
        made.member(imis_id="2", industry="Construction"),
    )
    MemberChange.objects.create(
        member=mover, field="postal_code", before="60601", after="94105", on=TODAY - DAY
    )

    night()
    assert found() == []
    assert {each.signal: each.is_on for each in signals.switches()} == {
        "failed": True, "asked": True, "dear_area": False, "industry": False, "rival": False,
    }  # fmt: skip

    guardrail = Guardrail.objects.get(kind="signals")
    author, first, second = administrator(), guardrail_owner(), guardrail_owner()
    version = guardrail_actions.draft(
        guardrail=guardrail, entered={"on": ["dear_area"]}, reason="trial", by=author, now=NOW
    )
    assert version.effect["switched_on"], "what it gains and whom it treats unequally is shown before signing"
    guardrail_actions.submit(version=version, by=author, now=NOW)
    with pytest.raises(NotAllowed):
        guardrail_actions.agree(version=version, by=author, now=NOW)
    assert not guardrail_actions.agree(version=version, by=first, now=NOW)
    night()
    assert found() == [], "one signature is not enough"
    assert guardrail_actions.agree(version=version, by=second, now=NOW)
    assert live_of(guardrail) == version

    night()
    assert found() == [("1", "dear_area", "open")]
    assert builder.imis_id == "2"


@pytest.mark.row("CHURN-21")
def test_a_competitor_makes_an_alert_to_the_director_only_when_both_conditions_hold():
    director = guardrail_owner()
    made.lists(competitors=["Rival Guild"])
    Guardrail.objects.filter(kind="competitors").update(owner=director)
    rival, other = MemberFactory(name="The Rival Guild, Inc."), MemberFactory(name="Harbour Works")
    both, busy, elsewhere, titled = (made.member(imis_id=str(n)) for n in range(1, 5))
    for who, to in ((both, rival), (busy, rival), (elsewhere, other)):
        RelationshipFactory(
            member=who, kind="employer", other_imis_id=other.imis_id, end_on=TODAY - 101 * DAY
        )
        RelationshipFactory(member=who, kind="employer", other_imis_id=to.imis_id, start_on=TODAY - 100 * DAY)
    MemberChange.objects.create(
        member=titled, field="title", before="Engineer", after="Engineer, RIVAL GUILD", on=TODAY - 100 * DAY
    )
    for who in (both, busy, elsewhere, titled):
        made.visits(who, *range(101, 180, 4))
    made.visits(busy, *range(1, 90, 4))

    night()

    assert sorted(found()) == [("1", "rival", "open"), ("4", "rival", "open")]
    alert = Alert.objects.get(member=both)
    assert alert.owner == director
    assert alert.suggested.startswith("Call: offer a grace period")
    assert "Employer changed from Harbour Works to The Rival Guild, Inc." in alert.evidence[0]["what"]
    assert re.fullmatch(r"Engagement fell from \d+ to 0 of 100 since then", alert.evidence[1]["what"])


@pytest.mark.row("CHURN-21")
def test_a_reading_that_brings_another_title_keeps_the_one_before():
    from imis_ai.imis import records

    record = records.Member(key="7", first_name="Ada", title="Engineer", postal_code="")
    mirror.save(records=[record], feed="members", now=NOW)
    changed = records.Member(key="7", first_name="Ada", title="Director", postal_code="94105", updated_on=NOW)
    for _ in range(2):
        mirror.save(records=[changed], feed="members", now=NOW)

    [kept] = MemberChange.objects.all()
    assert (kept.field, kept.before, kept.after, kept.on) == ("title", "Engineer", "Director", TODAY)


def test_dismissing_needs_a_reason_and_an_owner_who_may_act(manager):
    alert = made.alert(made.member())

    with pytest.raises(Blocked, match="needs a reason"):
        actions.alerts.dismiss(picks=[alert.pk], reason="", note="", by=manager, now=NOW)
    with pytest.raises(NotAllowed, match="does not work on alerts"):
        actions.alerts.assign(picks=[alert.pk], owner=UserFactory(role="admin"), by=manager, now=NOW)
    with pytest.raises(Changed):
        actions.alerts.assign(picks=[alert.pk], owner=None, by=UserFactory(role="chapter"), now=NOW)
    assert actions.alerts.assign(picks=[alert.pk], owner=manager, by=manager, now=NOW) == 1
    assert AuditEntry.objects.get().action == "retention.alert_assigned"


def test_a_call_is_a_task_in_imis_after_its_hold(manager):
    assisted()
    alert = made.alert(made.member(imis_id="1"))

    actions.alerts.call(pick=alert.pk, by=manager, now=NOW)

    message = OutboxMessage.objects.get()
    assert (message.target, message.imis_id) == ("task", "1")
    assert message.fields["factors"] == "A card payment failed"
    assert message.not_before == NOW + dt.timedelta(minutes=10)
    assert Alert.objects.get().state == "done"


@pytest.fixture
def manager():
    return UserFactory(role="membership", approval_limit=1000)


class TestPlan:
    """A pre-approved plan, offered before the invoice, chosen by the member, set up by staff."""

    @pytest.fixture(autouse=True)
    def world(self, manager):
        assisted()
        made.lists()
        made.usual_invoices()
        self.manager, self.version = manager, made.plan()
        self.alert = made.alert(made.member(imis_id="1", first_name="Dana"))

    def offer(self, by=None):
        return actions.plans.offer(pick=self.alert.pk, plan=self.version.pk, by=by or self.manager, now=NOW)

    @pytest.mark.row("CHURN-20")
    def test_the_member_accepts_on_a_signed_page_and_staff_set_it_up(self, settings, monkeypatch):
        monkeypatch.setattr(plan_page, "timezone", SimpleNamespace(now=lambda: NOW))
        settings.SITE_URL = "https://alder.example"
        proposal = self.offer()
        assert proposal.amount == Decimal("620.00")
        assert PlanOffer.objects.get().invoice_on == TODAY + (120 + 1 - 45) * DAY
        assert PlanOffer.objects.get().invoice_on - TODAY >= 14 * DAY
        assert OutboxMessage.objects.count() == 0, "nothing leaves before the decision"

        token = self.sent(proposal)
        page = Client().get(f"/plan/{token}/").content.decode()
        assert page.count("$206.67") == 2
        assert "$206.66" in page
        assert PlanOffer.objects.get().answer == ""

        for _ in range(2):
            Client().post(f"/plan/{token}/", {"answer": "yes"})
        plan = PlanOffer.objects.get()
        setup = Proposal.objects.get(pk=plan.setup)
        assert (plan.answer, setup.amount, setup.state) == ("accepted", Decimal("620.00"), "suggested")
        finance = UserFactory(role="finance", approval_limit=5000)
        proposals.approve(proposal=setup, as_seen=proposals.seen(proposal=setup), by=finance, now=NOW)
        task = OutboxMessage.objects.get(target="task")
        assert "206.67 on 2026-08-16" in task.fields["factors"]
        assert (
            "This offer has been answered"
            in Client().post(f"/plan/{token}/", {"answer": "no"}).content.decode()
        )

    def sent(self, proposal) -> str:
        """Approve, let it leave, and return the token of the page it opens."""
        from imis_ai.governance.messages import sending

        proposals.approve(
            proposal=proposal, as_seen=proposals.seen(proposal=proposal), by=self.manager, now=NOW
        )
        message = OutboxMessage.objects.get(proposal=proposal)
        sending.send(message=message, now=NOW)
        [letter] = mail.outbox
        return re.search(r"Choose your payment plan: https://alder.example/plan/(\S+)/", letter.body)[1]

    @pytest.mark.row("CHURN-20")
    @pytest.mark.parametrize(("ends", "says"), [(50, "14 days before the invoice"), (120, "")])
    def test_no_offer_crosses_with_the_invoice(self, ends, says):
        self.alert = made.alert(made.member(ends=ends))

        if says:
            with pytest.raises(Blocked, match=says):
                self.offer()
            assert OfferUse.objects.count() == 0
        else:
            assert self.offer().pk

    @pytest.mark.row("CHURN-20")
    def test_money_over_a_limit_takes_a_second_person(self):
        self.version.needs_approval_above = Decimal(100)
        self.version.save()

        proposal = self.offer()

        with pytest.raises(NotAllowed, match="someone else approves"):
            proposals.approve(
                proposal=proposal, as_seen=proposals.seen(proposal=proposal), by=self.manager, now=NOW
            )
        small = UserFactory(role="membership", approval_limit=10)
        half = proposals.approve(
            proposal=proposal, as_seen=proposals.seen(proposal=proposal), by=small, now=NOW
        )
        assert half.state == "half"

    def test_a_plan_outside_the_catalogue_or_its_ceiling_is_impossible(self):
        with pytest.raises(Blocked, match="no approved payment plan"):
            actions.plans.offer(pick=self.alert.pk, plan=0, by=self.manager, now=NOW)
        self.version.ceiling = Decimal(100)
        self.version.save()
        with pytest.raises(Blocked, match="over the ceiling"):
            self.offer()

    def test_what_was_rejected_frees_its_money_and_its_link(self):
        proposal = self.offer()
        proposals.reject(proposal=proposal, reason="known", by=self.manager, now=NOW)

        assert actions.plans.end_offers(now=NOW) == 1
        assert OfferUse.objects.get().given_back_at == NOW
        with pytest.raises(Changed):
            actions.plans.answer(proposal=proposal.pk, accepts=True, now=NOW)
        assert Client().get("/plan/nonsense/").status_code == 404


def test_the_lists_come_from_the_guardrails_that_are_live():
    made.lists(competitors=["Rival Guild"])
    Guardrail.objects.filter(kind="competitors").first().versions.update(is_off=True)

    assert guardrails.entries("competitors") == []
