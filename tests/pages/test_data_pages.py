"""Data and sync: the state of each feed, what can be done about it, what was refused, what is read."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from imis_ai.features.definitions import FEATURES
from imis_ai.imis import mapping
from imis_ai.imis.resources import RESOURCES
from imis_ai.jobs.models import JobRun
from imis_ai.mirror import queries
from imis_ai.mirror.models import Feed, Reject
from tests.factories.accounts import UserFactory
from tests.reading import html_of


def feed(name, *, hours=1, health="fresh", **fields):
    then = timezone.now() - dt.timedelta(hours=hours)
    return Feed.objects.create(name=name, health=health, last_success_at=then, last_try_at=then, **fields)


def refuse(key, feed_name="invoices"):
    now = timezone.now()
    return Reject.objects.create(
        feed=feed_name,
        key=key,
        reason="The member 9 is not known.",
        payload={"type": "", "record": {"secret": 1}},
        first_seen_at=now,
        last_seen_at=now,
    )


@pytest.fixture
def admin(as_role, settings):
    settings.IMIS_URL = "https://imis.example.org"
    return as_role("admin")


def test_each_feed_shows_age_rows_and_refused_and_a_held_one_its_reason_first(admin):
    feed("members", rows=18_204, changed=1_117)
    feed("terms", hours=40)
    feed("texts", health="held", message="900 of 1,000 texts have disappeared.")
    feed("events", is_paused=True)
    refuse("INV-1", "members")

    response = admin.get("/data/")

    states = {line.feed.name: line.state for line in response.context["lines"]}
    assert states == {"members": "fresh", "terms": "late", "texts": "held", "events": "paused"}
    assert response.context["lines"][0].feed.name == "texts"
    text = response.content.decode()
    for shown in (
        "18,204",
        "1,117",
        "900 of 1,000 texts have disappeared.",
        'href="/data/refused/?feed=members"',
    ):
        assert shown in text


def test_the_frame_says_when_numbers_are_old(as_role):
    feed("members", hours=40)

    text = as_role("membership").get("/help/shortcuts/").content.decode()

    assert "The sync is late." in text
    assert "Sync late, last" in text


def test_run_now_says_what_it_costs_queues_one_job_and_shows_it(admin):
    now = timezone.now()
    feed("members", changed=1_100)
    feed("tiers")
    JobRun.objects.create(
        name="mirror.sync",
        state="done",
        created_at=now,
        started_at=now - dt.timedelta(minutes=6),
        finished_at=now,
    )

    page = admin.get("/data/").content.decode()
    first, second = admin.post("/data/run/"), admin.post("/data/run/")

    assert "About 6 minutes and 4 requests to iMIS, like the last run." in page
    queued = JobRun.objects.get(state="queued")
    assert (queued.name, queued.args) == ("mirror.sync", {})
    assert first["Location"] == second["Location"] == f"/jobs/{queued.pk}/"


def test_one_feed_or_everything_can_be_read(admin):
    admin.post("/data/run/", {"feed": "members"})
    admin.post("/data/run/", {"full": "1"})
    admin.post("/data/run/", {"feed": "no such feed"})

    assert list(JobRun.objects.order_by("pk").values_list("args", flat=True)) == [
        {"resource": "members"},
        {"full": True},
        {},
    ]


def test_without_a_connection_nothing_is_queued_and_the_page_says_why(as_role, settings):
    settings.IMIS_URL = ""
    client = as_role("admin")

    text = client.post("/data/run/", follow=True).content.decode()

    assert "No iMIS is connected." in text
    assert "Connect iMIS or load the demo association." in text
    assert not JobRun.objects.exists()


@pytest.mark.parametrize("role", ["membership", "finance", "chapter", "executive"])
def test_only_administrators_act(as_role, role):
    feed("members")
    client = as_role(role)

    answers = {
        client.post(path).status_code
        for path in (
            "/data/run/",
            "/data/feeds/members/pause/",
            "/data/feeds/members/release/",
            "/data/refused/settle/",
        )
    }

    assert answers == {403}
    assert "Run now" not in client.get("/data/").content.decode()
    assert not JobRun.objects.exists()


def test_a_feed_is_paused_resumed_and_released(admin):
    feed("members")
    feed("texts", health="held", message="900 gone", cursor={"held_gone": 900})

    admin.post("/data/feeds/members/pause/", {"do": "pause"})
    assert Feed.objects.get(name="members").is_paused
    admin.post("/data/feeds/members/pause/", {"do": "resume"})
    assert not Feed.objects.get(name="members").is_paused
    admin.post("/data/feeds/texts/release/")
    assert Feed.objects.get(name="texts").health != "held"
    assert "is not held" in admin.post("/data/feeds/members/release/", follow=True).content.decode()
    assert admin.post("/data/feeds/nothing/pause/").status_code == 404


def test_refused_records_show_their_reason_and_not_their_content(admin):
    for n in range(3):
        refuse(f"INV-{n}")

    text = admin.get("/data/refused/?feed=invoices").content.decode()

    assert text.count("The member 9 is not known.") == 3
    assert "secret" not in text
    assert "Nothing was refused." in admin.get("/data/refused/?feed=members").content.decode()


def test_refused_records_are_ignored_only_when_chosen(admin):
    rows = [refuse(f"INV-{n}") for n in range(3)]

    admin.post("/data/refused/settle/", {"do": "ignore", "pick": [rows[0].pk, rows[1].pk]})
    nothing = admin.post("/data/refused/settle/", {"do": "ignore"}, follow=True)

    assert list(Reject.objects.filter(is_ignored=False)) == [rows[2]]
    assert "Choose at least one record first." in nothing.content.decode()


@pytest.mark.row("GOV-52")
def test_the_register_names_every_object_and_field_with_its_purpose(as_role):
    text = html_of(as_role("executive").get("/data/scope/"))

    read = [(resource.path, field) for resource in RESOURCES.values() for field in resource.fields]
    assert len(read) > 80
    for path, field in read:
        assert path in text
        assert f"<code>{field.wire}</code>" in text
        assert field.purpose
    assert text.count("<tr><td>") == len(read)


@pytest.mark.row("GOV-47")
def test_the_catalogue_documents_every_feature_in_plain_words(as_role):
    response = as_role("membership").get("/data/features/")

    text = response.content.decode()
    assert len(FEATURES) > 100
    assert response.context["number"] == len(FEATURES)
    for feature in FEATURES.values():
        for said in (feature.name, feature.meaning, feature.source, feature.window_text, feature.missing):
            assert escape(said) in text, feature.name


def test_the_catalogue_is_searched_by_word_and_group(as_role):
    client = as_role("membership")

    def names(query):
        groups = client.get(f"/data/features/?{query}").context["groups"]
        return [entry.name for _, _, entries in groups for entry in entries]

    assert "portal.logins_90" in names("q=portal+90")
    assert {name.split(".")[0] for name in names("group=mail")} == {"mail"}
    assert "No feature matches." in client.get("/data/features/?q=zzz").content.decode()


def test_queries_do_not_grow_with_feeds(admin):
    feed("members")
    with CaptureQueriesContext(connection) as one:
        admin.get("/data/")
    for name in ("terms", "texts", "events"):
        feed(name)
    with CaptureQueriesContext(connection) as four:
        admin.get("/data/")

    assert len(one) == len(four) <= 12


# jobs


def job(state="running", **fields):
    now = timezone.now()
    over = {} if state in ("queued", "running") else {"finished_at": now}
    return JobRun.objects.create(
        name="mirror.sync", state=state, created_at=now, started_at=now, heartbeat_at=now,
        stages=[
            {"name": "members", "done": 5_000, "total": 5_000, "seconds": 30.0},
            {"name": "activities", "done": 12_400, "total": 18_204, "seconds": 60.0},
        ],
        **over, **fields,
    )  # fmt: skip


def test_a_running_job_shows_numbers_asks_again_every_two_seconds_and_can_be_cancelled(admin):
    running = job()

    page = admin.get(f"/jobs/{running.pk}/").content.decode()
    fragment = admin.get(f"/jobs/{running.pk}/", headers={"HX-Request": "true"}).content.decode()

    for text in (page, fragment):
        assert "12,400 of 18,204" in text
        assert "about 28 seconds left" in text
        assert 'hx-trigger="every 2s"' in text
        assert re.search(r'<progress max="100" value="76"', text)
    assert fragment.lstrip().startswith('<div id="job"')
    admin.post(f"/jobs/{running.pk}/cancel/")
    assert JobRun.objects.get(pk=running.pk).cancel_requested_at
    assert "Stopping after the part it is in" in admin.get(f"/jobs/{running.pk}/").content.decode()


@pytest.mark.parametrize(("state", "says"), [("done", "Done"), ("failed", "Failed"), ("dead", "Given up")])
def test_the_last_fragment_asks_no_more(admin, state, says):
    over = job(state, message="iMIS did not answer.")

    text = admin.get(f"/jobs/{over.pk}/", headers={"HX-Request": "true"}).content.decode()

    assert "hx-trigger" not in text
    assert says in text
    assert "iMIS did not answer." in text
    assert ("Run again" in text) == (state != "done")


def test_people_cancel_their_own_job_and_no_other(signed_in):
    maker = UserFactory(role="membership")
    own, other = job(requested_by=maker), job()
    client = signed_in(maker)

    assert client.post(f"/jobs/{own.pk}/cancel/").status_code == 302
    assert client.post(f"/jobs/{other.pk}/cancel/").status_code == 403
    assert client.post("/jobs/999/cancel/").status_code == 404
    assert "Cancel</button>" not in client.get(f"/jobs/{other.pk}/").content.decode()


def test_a_failed_job_is_run_again(admin):
    failed = job("failed")

    admin.post(f"/jobs/{failed.pk}/resume/")

    assert JobRun.objects.get(pk=failed.pk).state == "queued"


@pytest.mark.row("GOV-52")
def test_a_field_is_switched_off_and_on_and_the_next_run_reads_its_feed_whole(admin):
    feed("members", cursor={"since": "2026-01-01"})

    page = admin.post("/data/scope/members/birth_year/", {"do": "off"}, follow=True).content.decode()

    assert "birth_year: is left out" in page
    assert queries.fields_off() == {"members": frozenset({"birth_year"})}
    assert Feed.objects.get(name="members").cursor == {}
    assert "Read birth_year of Members again" in page
    admin.post("/data/scope/members/birth_year/", {"do": "on"})
    assert queries.fields_off() == {}


@pytest.mark.row("GOV-52")
@pytest.mark.parametrize(
    ("field", "says"), [("key", "nothing works without it"), ("shoe_size", "has no field")]
)
def test_a_field_that_cannot_be_switched_is_refused_with_a_sentence(admin, field, says):
    page = admin.post(f"/data/scope/members/{field}/", {"do": "off"}, follow=True).content.decode()

    assert says in page
    assert queries.fields_off() == {}


@pytest.mark.row("GOV-52")
def test_a_field_that_is_off_reaches_no_record():
    names = mapping.without(mapping.load(time_zone="UTC"), {"members": frozenset({"birth_year", "chapter"})})

    assert names.context.off["members"] == {"birth_year", "chapter"}
    assert names.context.columns["members"]["chapter"] == ""
    assert names.context.columns["terms"] == mapping.load(time_zone="UTC").context.columns["terms"]
