"""Wrong? on the cards of a member and in the list: said in place, shown, followed, taken back, ended."""

import datetime as dt

import pytest

from imis_ai.governance import corrections
from imis_ai.governance.models import AuditEntry, Correction
from imis_ai.governance.privacy import said
from imis_ai.governance.privacy.holders import HOLDERS, Subject
from retention.queries import candidates, corrected, worth
from tests.factories.accounts import UserFactory
from tests.factories.governance import CorrectionFactory, ReviewItemFactory
from tests.factories.mirror import MemberFactory
from tests.factories.retention import RiskScoreFactory
from tests.governance.deciding import assisted
from tests.reading import html_of

NOW = dt.datetime(2026, 6, 1, 9, 0, tzinfo=dt.UTC)
STAYS = {"says": "stays", "reason": "told", "text": "Moves to the new site in May"}

pytestmark = pytest.mark.usefixtures("the_day_of_the_pages")


@pytest.fixture
def dana(two_chapters):
    return two_chapters.dana


def numbers(client, view="all"):
    return {row.imis_id for row in client.get(f"/retention/?view={view}").context["rows"]}


@pytest.mark.row("GOV-28")
def test_a_risk_is_corrected_in_place_and_the_list_and_the_card_follow_at_once(dana, signed_in):
    priya = UserFactory(role="membership", first_name="Priya", last_name="Nair")
    client = signed_in(priya)
    assert 'data-key="r"' in client.get("/retention/?panel=104482").content.decode()
    form = client.get("/members/104482/wrong/risk/", headers={"HX-Request": "true", "HX-Target": "dialog"})
    assert "66 of 100 lapse within 90 days" in form.content.decode()

    answer = client.post("/members/104482/wrong/risk/", STAYS | {"back": "/retention/"})

    assert (answer.status_code, answer["Location"]) == (302, "/retention/")
    made = Correction.objects.get()
    assert (made.by, made.says, made.model, made.version, made.shown[:9]) == (
        priya, "stays", "churn", "2026.6.1", "66 of 100",
    )  # fmt: skip
    entry = AuditEntry.objects.get(action="correction.made")
    assert (entry.actor_id, entry.subject, entry.versions) == (
        priya.pk, str(dana.pseudonym), {"model": "churn 2026.6.1"},
    )  # fmt: skip
    assert numbers(client) == {"998811"}
    assert numbers(client, "corrected") == {"104482"}
    for page in ("/members/104482/", "/retention/members/104482/", "/retention/?view=corrected&panel=104482"):
        text = html_of(client.get(page))
        assert "Priya Nair says:" in text, page
        assert "Not at risk: the member told us." in text, page
        assert "Moves to the new site in May" in text, page
    assert "See the risk" not in html_of(client.get("/members/104482/"))  # nor is a call suggested meanwhile


@pytest.mark.row("GOV-28")
def test_it_is_taken_back_by_its_maker_and_ends_by_itself(dana, signed_in):
    priya = UserFactory(role="membership")
    client = signed_in(priya)
    client.post("/members/104482/wrong/risk/", STAYS)
    first = Correction.objects.get()

    client.post(f"/corrections/{first.pk}/withdraw/")

    first.refresh_from_db()
    assert (first.state, first.ended_by) == ("withdrawn", priya)
    assert numbers(client) == {"104482", "998811"}
    again = client.post(f"/corrections/{first.pk}/withdraw/")
    assert (again.status_code, "is over already" in again.content.decode()) == (409, True)
    assert len(corrections.teaching(topic=corrected.TOPIC, until=dt.date(2030, 1, 1))) == 0

    client.post("/members/104482/wrong/risk/", STAYS)
    second = Correction.objects.get(state="standing")
    after = second.until + dt.timedelta(days=1)
    assert corrections.expire_due(today=second.until, now=NOW) == 0
    assert corrections.expire_due(today=after, now=NOW) == 1
    assert numbers(client) == {"104482", "998811"}
    assert AuditEntry.objects.filter(action="correction.expired", actor_id=None).count() == 1


def test_what_a_card_does_not_take_is_refused_with_the_reason(dana, signed_in):
    client = signed_in(UserFactory(role="membership"))
    far, past = "2100-01-01", "2020-01-01"

    for wrong, sentence in (
        (STAYS | {"until": far}, "It holds until"),
        (STAYS | {"until": past}, "That day has passed."),
        (STAYS | {"says": "nonsense"}, "There is a problem"),
        ({"says": "stays"}, "There is a problem"),
    ):
        answer = client.post("/members/104482/wrong/risk/", wrong)
        assert (answer.status_code, sentence in answer.content.decode()) == (422, True), wrong

    assert client.get("/members/104482/wrong/nonsense/").status_code == 404
    old = {"says": "old", "reason": "told", "back": "//evil"}
    elsewhere = client.post("/members/104482/wrong/tier/", old)
    assert elsewhere["Location"] == "/members/104482/"
    finance = signed_in(UserFactory(role="finance"))
    assert finance.post("/members/104482/wrong/risk/", STAYS).status_code == 403
    assert [row.card for row in Correction.objects.all()] == ["tier"]


@pytest.mark.row("GOV-28")
def test_every_card_of_a_member_takes_one_and_a_past_day_shows_what_stood_then(dana, signed_in):
    client = signed_in(UserFactory(role="membership"))
    page = client.get("/members/104482/")
    cards = [card.name for card in page.context["page"].cards]
    offered = [name for name in cards if f'"/members/104482/wrong/{name}/"' in page.content.decode()]
    assert (set(offered), len(offered) > 4) == (set(cards), True)

    CorrectionFactory(imis_id="104482", card="tier", at=NOW - dt.timedelta(days=40))
    then = html_of(client.get("/members/104482/?on=2026-05-01"))
    before = html_of(client.get("/members/104482/?on=2026-04-01"))

    assert ("It is not true any more" in then, "Wrong?" in then) == (True, False)
    assert "It is not true any more" not in before


@pytest.mark.row("GOV-28")
def test_several_at_once_report_each_and_beyond_a_days_measure_teach_only_with_a_second_person(
    two_chapters, run, signed_in
):
    for n in range(corrections.MOST_A_DAY + 1):
        RiskScoreFactory(run=run, member=MemberFactory(imis_id=f"2{n:03}"))
    priya, marta = UserFactory(role="membership"), UserFactory(role="membership")
    client, other = signed_in(priya), signed_in(marta)
    picked = [f"2{n:03}" for n in range(corrections.MOST_A_DAY + 1)] + ["nobody"]
    shown = client.get("/corrections/several/risk/", {"pick": picked, "says": "stays"}).content.decode()
    assert "Correct 21 members" in shown

    answer = client.post("/corrections/several/risk/", STAYS | {"pick": picked}, follow=True)

    assert "21 members corrected. 1 not: not among the members you may see" in html_of(answer)
    waiting = Correction.objects.get(needs_second=True)
    today = dt.date(2030, 1, 1)
    assert len(corrections.teaching(topic=corrected.TOPIC, until=today)) == corrections.MOST_A_DAY
    assert client.post(f"/corrections/{waiting.pk}/agree/").status_code == 403
    assert "Corrections" in html_of(other.get("/"))
    assert other.post(f"/corrections/{waiting.pk}/agree/").status_code == 302
    assert len(corrections.teaching(topic=corrected.TOPIC, until=today)) == len(picked) - 1
    assert numbers(client) == {"104482", "998811"}
    assert len(client.get("/corrections/").context["rows"]) == 21


def test_another_chapters_members_are_neither_corrected_nor_listed(two_chapters):
    client = two_chapters.client
    CorrectionFactory(pk=7, imis_id="998811", card="risk", says="stays", area="retention")

    assert client.post("/members/998811/wrong/risk/", STAYS).status_code == 404
    assert client.post("/corrections/7/withdraw/").status_code == 404
    assert "998811" not in client.get("/corrections/").content.decode()
    several = client.post("/corrections/several/risk/", STAYS | {"pick": ["998811"]}, follow=True)
    assert "0 members corrected" in html_of(several)
    assert Correction.objects.count() == 1


def test_an_erasure_takes_them_along_and_old_ones_go(dana):
    CorrectionFactory(imis_id="104482", text="Dana Whitfield moved")
    old = {"state": "withdrawn", "ended_at": NOW - dt.timedelta(days=1200)}
    CorrectionFactory(imis_id="998811", **old)
    subject = Subject("104482", words=("Dana Whitfield",))

    section = next(iter(HOLDERS["corrections"].export(subject)))

    assert [row["staff say"] for row in section.rows] == ["It is not true any more"]
    assert HOLDERS["corrections"].erase(subject, NOW).startswith("1 corrections")
    assert said.remove(before=NOW - dt.timedelta(days=1000)) == 1
    assert not Correction.objects.exists()


@pytest.mark.row("GOV-28", "GOV-29")
def test_nobody_is_called_or_written_to_against_what_staff_say_or_before_they_have_judged(two_chapters, run):
    now = dt.datetime.combine(run.as_of, dt.time(9), tzinfo=dt.UTC)
    assisted()
    both = {"104482", "998811"}
    assert {score.member.imis_id for score in worth.ranked(run=run)} == both
    assert {each.imis_id for each in candidates.of_the_night(now=now, today=run.as_of)} == both

    CorrectionFactory(imis_id="104482", card="risk", says="stays", area="retention")
    ReviewItemFactory(imis_id="998811")

    assert {score.member.imis_id for score in worth.ranked(run=run)} == {"998811"}
    assert candidates.of_the_night(now=now, today=run.as_of) == []
