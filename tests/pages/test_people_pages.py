"""The pages on people and rights, through the browser's eyes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from imis_ai.accounts.models import AccessReview, RightsChange, User
from tests.factories.accounts import UserFactory, chapter_manager
from tests.factories.mirror import ChapterFactory
from tests.reading import html_of

pytestmark = pytest.mark.django_db
PEOPLE = "/settings/people/"


@pytest.fixture
def marta(signed_in):
    marta = UserFactory(role="admin", username="marta", first_name="Marta", last_name="Silva")
    return signed_in(marta)


@pytest.fixture
def ines(signed_in):
    return signed_in(UserFactory(role="admin", username="ines", first_name="Ines", last_name="Roth"))


@pytest.fixture
def priya():
    return UserFactory(username="priya", first_name="Priya", last_name="Nair", role="membership")


def rights(**fields):
    return {"role": "membership", "approval_limit": "", "reason": "", **fields}


def test_the_list_says_who_may_what(marta, priya):
    chapter_manager(
        ChapterFactory(code="TX", name="Texas"), username="cole", first_name="Cole", last_name="B"
    )
    UserFactory(
        username="frank", first_name="Frank", last_name="Osei", role="finance", approval_limit=250,
        last_seen_at=timezone.now() - timedelta(days=70),
    )  # fmt: skip

    page = html_of(marta.get(PEOPLE))

    assert "4 people, 1 not seen for over 60 days" in page
    assert "Texas" in page
    assert "$250.00" in page
    assert "Dormant" in page
    assert "Two-step sign-in is not required on this installation." in page


@pytest.mark.parametrize(
    ("query", "names"),
    [("?role=finance", {"Frank"}), ("?chapter=TX", {"Cole"}), ("?dormant=1", {"Frank"})],
)
def test_the_list_is_filtered(marta, query, names):
    chapter_manager(ChapterFactory(code="TX"), first_name="Cole", last_name="")
    UserFactory(
        first_name="Frank", last_name="", role="finance", last_seen_at=timezone.now() - timedelta(days=70)
    )

    found = {str(line.person) for line in marta.get(PEOPLE + query).context["lines"]}

    assert found == names


def test_the_list_is_sorted_by_limit(marta):
    for limit in (100, 300, 200):
        UserFactory(role="finance", approval_limit=limit)

    lines = marta.get(PEOPLE + "?sort=-limit").context["lines"]

    assert [int(line.person.approval_limit) for line in lines] == [300, 200, 100, 0]


def test_a_change_is_first_said_in_words_and_then_made(marta, priya):
    ChapterFactory(code="TX", name="Texas")
    path = f"{PEOPLE}{priya.pk}/rights/"
    wanted = rights(role="chapter", chapters=["TX"])

    shown = html_of(marta.post(path, wanted | {"step": "show"}))
    before = User.objects.get(pk=priya.pk).role
    done = marta.post(path, wanted | {"step": "do"}, follow=True)

    assert "See and work for the members of Texas" in shown
    assert "See all members by name, from now members of their own chapters" in shown
    assert "It holds at once." in shown
    assert before == "membership"
    assert User.objects.get(pk=priya.pk).role == "chapter"
    assert "are changed. They sign in anew." in html_of(done)


def test_a_grant_that_needs_two_is_asked_for_and_agreed_to_by_the_other(marta, ines, priya):
    path = f"{PEOPLE}{priya.pk}/rights/"
    shown = html_of(marta.post(path, rights(role="finance", step="show")))
    marta.post(path, rights(role="finance", step="do", reason="New in finance"))
    change = RightsChange.objects.get()
    agree = f"{PEOPLE}changes/{change.pk}/agree/"

    own = html_of(marta.post(agree, follow=True))
    waits = User.objects.get(pk=priya.pk).role
    others = html_of(ines.get(PEOPLE))
    ines.post(agree)

    assert "A second administrator must agree to the role of finance reviewer" in shown
    assert "another administrator agrees to it" in own
    assert "Agree to these rights" not in own
    assert waits == "membership"
    assert "Agree to these rights" in others
    assert "Reason: New in finance" in others
    assert User.objects.get(pk=priya.pk).role == "finance"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"role": "admin", "approval_limit": "250"}, "An administrator gives rights and so approves nothing"),
        ({"role": "finance", "extras": ["auditor"]}, "An auditor reads everything and changes nothing"),
        ({"role": "chapter"}, "A chapter manager without chapters would see nobody"),
        ({"role": "executive", "approval_limit": "1"}, "Only membership managers and finance reviewers"),
        ({"role": "boss"}, "Select a valid choice"),
        ({"approval_limit": "-5"}, "greater than or equal to 0"),
    ],
)
def test_what_may_not_meet_is_refused_with_the_reason(marta, priya, wrong, sentence):
    ChapterFactory(code="TX")
    response = marta.post(f"{PEOPLE}{priya.pk}/rights/", rights(**wrong, step="do"))

    assert response.status_code == 422
    assert sentence in html_of(response)
    assert User.objects.get(pk=priya.pk).role == "membership"


def test_ones_own_rights_are_not_offered_and_not_taken(marta):
    me = User.objects.get(username="marta")
    page = html_of(marta.get(f"{PEOPLE}{me.pk}/"))
    response = marta.post(f"{PEOPLE}{me.pk}/rights/", rights(role="finance", step="do"))

    assert "Nobody changes their own rights." in page
    assert "Show what changes" not in page
    assert response.status_code == 422
    assert User.objects.get(pk=me.pk).role == "admin"


def test_fields_that_no_form_has_change_nothing(marta, priya):
    extra = {"is_superuser": "on", "is_staff": "on", "user_permissions": "1", "groups": "1", "password": "x"}

    marta.post(f"{PEOPLE}{priya.pk}/rights/", rights(role="executive", step="do", **extra))

    after = User.objects.get(pk=priya.pk)
    assert (after.role, after.is_superuser, after.is_staff) == ("executive", False, False)
    assert after.password == priya.password
    assert list(after.groups.values_list("name", flat=True)) == ["Executives"]


def test_inviting_somebody_queues_the_mail(marta):
    given = rights(name="Noor Haddad", username="noor", email="noor@example.org")
    page = html_of(marta.post(f"{PEOPLE}invite/", given, follow=True))
    again = marta.post(f"{PEOPLE}invite/", given)

    assert "Noor Haddad gets a link by e-mail. It works for 7 days." in page
    assert "Invited" in page
    assert again.status_code == 422
    assert "Choose another name" in html_of(again)


def test_removing_somebody_says_what_happens(marta, priya):
    page = html_of(marta.get(f"{PEOPLE}{priya.pk}/remove/"))
    marta.post(f"{PEOPLE}{priya.pk}/remove/", {"sure": "1"})

    assert "can no longer sign in, at once and everywhere" in page
    assert not User.objects.get(pk=priya.pk).is_active


def test_the_review_from_begin_to_report(marta, ines, priya):
    assert "is not finished" in html_of(marta.get(PEOPLE))
    marta.post(f"{PEOPLE}review/start/")
    review = AccessReview.objects.get()
    for line in review.lines.all():
        client = ines if line.person.username == "marta" else marta
        client.post(f"{PEOPLE}review/lines/{line.pk}/", {"verdict": "keep"})

    page = html_of(marta.get(f"{PEOPLE}review/{review.quarter}/"))
    csv = b"".join(marta.get(f"{PEOPLE}review/{review.quarter}/?as=csv").streaming_content).decode()
    assert "3 still needed" in page
    assert csv.count("keep") == 3
    assert "is not finished" not in html_of(marta.get(PEOPLE))


def test_an_auditor_reads_it_all_and_is_offered_nothing(signed_in, priya):
    auditor = signed_in(UserFactory(role="executive", is_auditor=True))

    page, person = html_of(auditor.get(PEOPLE)), html_of(auditor.get(f"{PEOPLE}{priya.pk}/"))

    assert "Priya Nair" in page
    assert "Invite a person" not in page
    assert "<button" not in person.split("<main")[1].split("</main>")[0]
    assert auditor.post(f"{PEOPLE}{priya.pk}/rights/", rights(step="do")).status_code == 403


def test_changing_rights_asks_again_who_one_is_and_goes_on(marta, priya):
    session = marta.session
    session["confirmed_at"] = 0
    session.save()

    response = marta.post(f"{PEOPLE}{priya.pk}/rights/", rights(role="executive", step="do"))

    assert response["Location"].startswith("/account/confirm/")
    assert User.objects.get(pk=priya.pk).role == "membership"
