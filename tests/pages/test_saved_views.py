"""A list under a name: kept or shared with the role, first or not, renamed, deleted."""

import pytest

from imis_ai.accounts.models import SavedView
from tests.factories.accounts import UserFactory
from tests.factories.mirror import MemberFactory, TierFactory
from tests.reading import html_of

FELLOWS = "tier=F&sort=-joined"


@pytest.fixture
def two(run):
    for number, tier in (("1", "F"), ("2", "A")):
        MemberFactory(imis_id=number, name=f"Member {tier}", tier=TierFactory(code=tier, name=f"Tier {tier}"))


def save(client, name, query=FELLOWS, **more):
    return client.post("/account/views/", {"place": "/members/", "query": query, "name": name, **more})


def above(client, address) -> dict[str, str]:
    return {view.name: view.by for view in client.get(address).context["saved_views"]}


def test_a_view_is_kept_or_shared_and_only_its_maker_changes_it(two, signed_in):
    priya, ann = UserFactory(role="membership", first_name="Priya"), UserFactory(role="membership")
    hers, anns = signed_in(priya), signed_in(ann)
    finance = signed_in(UserFactory(role="finance"))

    answer = save(hers, "  Fellows ", f"{FELLOWS}&q=Dana&page=3&panel=1&pick=1", share="on")
    save(hers, "For me only")

    assert answer["Location"] == f"/members/?{FELLOWS}&q=Dana&page=3&panel=1&pick=1"
    view = SavedView.objects.get(name="Fellows")
    assert view.query == "sort=-joined&tier=F"  # a search would keep a name, a page is no filter
    assert above(hers, "/members/") == {"Fellows": "", "For me only": ""}
    assert above(anns, "/members/") == {"Fellows": str(priya)}
    assert above(finance, "/members/") == above(anns, "/retention/") == {}
    page = html_of(anns.get(f"/members/?{view.query}"))
    assert 'Fellows<span class="n">1</span>' in page
    assert "Change “Fellows”" in page
    for what in ("change", "delete"):
        assert anns.post(f"/account/views/{view.pk}/", {"do": what, "name": "x"}).status_code == 404
    assert finance.post(f"/account/views/{view.pk}/", {"do": "first"}).status_code == 404

    hers.post(f"/account/views/{view.pk}/", {"do": "change", "name": "Fellows, newest"})

    assert above(hers, "/members/") == {"Fellows, newest": "", "For me only": ""}
    assert above(anns, "/members/") == {}


def test_the_navigation_opens_the_first_view_until_it_is_deleted(two, signed_in):
    priya, ann = UserFactory(role="membership"), UserFactory(role="membership")
    hers, anns = signed_in(priya), signed_in(ann)
    save(hers, "Fellows", share="on")
    view = SavedView.objects.get()
    for client in (hers, anns):
        client.post(f"/account/views/{view.pk}/", {"do": "first"})

    assert 'href="/members/?sort=-joined&amp;tier=F"' in anns.get("/help/shortcuts/").content.decode()
    assert 'href="/retention/"' in anns.get("/help/shortcuts/").content.decode()
    assert len(anns.get("/members/").context["rows"]) == 2  # the plain address is the whole list

    hers.post(f"/account/views/{view.pk}/", {"do": "delete"})

    assert 'href="/members/"' in anns.get("/help/shortcuts/").content.decode()
    assert SavedView.objects.count() == 0


def test_what_cannot_be_saved_is_said(two, signed_in):
    hers = signed_in(UserFactory(role="membership"))
    save(hers, "Fellows")

    answers = [save(hers, name, query) for name, query in
               (("fellows", "x=1"), ("", "x=1"), ("Long", f"tier={'x' * 1000}"))]  # fmt: skip

    text = html_of(hers.get("/members/"))
    assert {answer.status_code for answer in answers} == {302}
    assert "You have a view named “fellows” already." in text
    assert "Give the view a name of at most 60 characters." in text
    assert "too many filters" in text
    assert SavedView.objects.count() == 1
    out = {"place": "https://evil.example/", "query": "", "name": "Away"}
    assert hers.post("/account/views/", out)["Location"] == "/"
