"""Reading the sandbox iMIS into the mirror: complete, incremental, guarded, and honest about what failed."""

import datetime as dt

import pytest

from imis_ai.imis import records
from imis_ai.imis.resources import RESOURCES
from imis_ai.jobs.progress import Cancelled, Progress
from imis_ai.mirror import actions, models, queries
from imis_ai.mirror.actions import lease
from tests.imis.fake import Clock
from tests.mirror.conftest import NOW, contents, differences, empty_mirror

pytestmark = pytest.mark.django_db
LATER = NOW + dt.timedelta(hours=1)


def feed(name: str) -> models.Feed:
    return models.Feed.objects.get(name=name)


def by_name(result: actions.SyncResult) -> dict[str, actions.FeedResult]:
    return {one.name: one for one in result.feeds}


@pytest.mark.row("GOV-36")
def test_everything_that_imis_has_is_in_the_mirror(site):
    result = site.sync()

    assert result.failed == []
    stored, known = contents(), {"", *models.Member.objects.values_list("imis_id", flat=True)}
    with site.client() as client:
        for resource in RESOURCES.values():
            for page in client.pages(resource):
                for record in page.records:
                    table = stored.get(type(record).__name__)
                    is_known = getattr(record, "member", "") in known
                    assert table is None or record.key in table or not is_known, (resource.name, record.key)
    assert len(stored["Activity"]) > 4000
    assert {feed.health for feed in queries.feeds()} == {models.Feed.Health.FRESH}


def test_a_second_run_asks_for_changes_only_and_changes_nothing(site):
    first = site.sync()
    before = contents()

    second = site.sync(now=LATER)

    assert by_name(second)["email_events"].rows < by_name(first)["email_events"].rows / 10
    assert by_name(second)["terms"].rows < by_name(first)["terms"].rows / 10
    assert [f.name for f in second.feeds if f.inserted or f.changed] == []
    assert contents() == before


def test_a_change_a_new_row_and_a_new_member_arrive_with_the_next_run(site):
    site.sync()
    someone = models.Member.objects.filter(gone_at=None).first()
    site.edit(op="update", id=someone.imis_id, City="Galveston")
    new = site.edit(op="add_member", first_name="Ada", last_name="Lovelace")["id"]
    seqn = site.edit(op="add_activity", id=new, kind="DONATE")["seqn"]

    result = by_name(site.sync(now=LATER))

    someone.refresh_from_db()
    assert someone.city == "Galveston"
    assert models.Member.objects.get(imis_id=new).term_set.count() == 1
    assert models.Activity.objects.get(key=f"act:{seqn}").member.imis_id == new
    assert result["members"].changed == 1
    assert {new, someone.imis_id} == set(
        models.Member.objects.filter(dirtymember__since__gte=LATER).values_list("imis_id", flat=True)
    )


def test_one_feed_alone(site):
    result = site.sync(resources=["chapters"])

    assert [one.name for one in result.feeds] == ["chapters"]
    assert models.Chapter.objects.count() == 8
    with pytest.raises(actions.UnknownFeed, match="There is no feed members2"):
        site.sync(resources=["members2"])


def test_a_paused_feed_is_left_out(site):
    site.sync(resources=["tiers"])
    actions.pause(name="tiers", is_paused=True)

    assert [one.name for one in site.sync(resources=["tiers", "chapters"]).feeds] == ["chapters"]


@pytest.mark.row("GOV-08")
def test_a_refused_feed_is_named_and_the_others_go_on(site):
    site.faults({"fault": "403", "path": "/api/Payment"})

    result = site.sync(resources=["chapters", "members", "payments", "texts"])

    assert (result.failed, result.problem) == (["payments"], "")
    assert feed("payments").health == models.Feed.Health.FAILED
    assert feed("payments").message != ""
    assert feed("texts").health == models.Feed.Health.FRESH
    assert models.Text.objects.exists()


def test_an_account_that_may_only_read_is_enough(site):
    with site.client(username="reader") as client:
        result = actions.sync(client=client, now=NOW, progress=Progress())

    assert result.failed == []
    assert all(entry["method"] == "GET" or entry["path"] == "/token" for entry in site.ask("log"))


def test_a_dead_imis_ends_the_run_with_one_sentence_and_keeps_the_cursor(site):
    site.sync(resources=["members"])
    cursor = feed("members").cursor

    with site.client(base_url="http://127.0.0.1:9", clock=(clock := Clock()), sleep=clock.sleep) as client:
        result = actions.sync(client=client, resources=["members", "terms"], now=LATER, progress=Progress())

    assert [one.name for one in result.feeds] == ["members"]
    assert result.problem == feed("members").message != ""
    assert feed("members").cursor == cursor
    assert feed("members").last_success_at == NOW


@pytest.mark.row("GOV-49")
def test_imis_is_asked_by_one_request_at_a_time(site):
    site.sync()

    usage = site.ask("usage")
    assert (usage["most_at_once"], usage["unfiltered_party_reads"]) == (1, 1)


def test_a_deleted_member_is_gone_after_the_comparison_and_comes_back_when_restored(site):
    site.sync()
    gone = site.members()[3]
    site.edit(op="delete", id=gone)

    result = by_name(site.sync(resources=[], sweep_too=True, now=LATER))

    assert result["member_ids"].gone == 1
    assert models.Member.objects.get(imis_id=gone).gone_at == LATER

    actions.save(records=[records.Member(key=gone)], feed="members", now=LATER)

    assert models.Member.objects.get(imis_id=gone).gone_at is None


def test_the_comparison_finds_members_that_were_missed(site):
    site.sync()
    missed = models.Member.objects.filter(gone_at=None).first().imis_id
    models.Member.objects.filter(imis_id=missed).delete()

    result = by_name(site.sync(resources=[], sweep_too=True, now=LATER))

    assert result["member_ids"].inserted == 1
    assert models.Member.objects.filter(imis_id=missed, gone_at=None).exists()


def test_all_ids_are_compared_once_a_week(site):
    names = [one.name for one in site.sync().feeds]
    next_day = [one.name for one in site.sync(now=NOW + dt.timedelta(days=6)).feeds]
    next_week = [one.name for one in site.sync(now=NOW + dt.timedelta(days=7)).feeds]

    assert names[-1] == next_week[-1] == "member_ids"
    assert "member_ids" not in next_day


def test_a_mass_disappearance_holds_the_feed_until_a_person_releases_it(site):
    site.sync()
    going = list(models.Member.objects.filter(gone_at=None).values_list("imis_id", flat=True))[::2]
    for key in going:
        site.edit(op="delete", id=key)

    held = site.sync(resources=[], sweep_too=True, now=LATER)

    assert held.failed == ["member_ids"]
    assert models.Member.objects.filter(gone_at=LATER).count() == 0
    assert feed("member_ids").health == models.Feed.Health.HELD
    assert "have disappeared from iMIS at once. Nothing was removed." in feed("member_ids").message
    assert queries.freshness(LATER).level == "failed"

    assert actions.release(name="member_ids", now=LATER)
    site.sync(resources=[], sweep_too=True, now=LATER)

    assert models.Member.objects.filter(gone_at=LATER).count() == len(going)
    assert feed("member_ids").health == models.Feed.Health.FRESH
    assert actions.release(name="member_ids", now=LATER) is False


def test_rows_deleted_in_imis_go_with_a_full_reading(site):
    site.sync()
    gone = models.Term.objects.first()
    site.edit(op="delete", table="Terms", id=gone.key)

    site.sync(resources=["terms"], now=LATER)
    still_there = models.Term.objects.filter(key=gone.key).exists()
    result = by_name(site.sync(resources=["terms"], full=True, now=LATER))

    assert still_there
    assert result["terms"].gone == 1
    assert not models.Term.objects.filter(key=gone.key).exists()
    assert models.DirtyMember.objects.filter(member=gone.member_id, since=LATER).exists()


def test_a_merge_moves_everything_to_the_retained_member(site):
    site.sync()
    old, new = models.Member.objects.filter(gone_at=None, term__isnull=False).distinct().order_by("pk")[:2]
    rows = {name: len(keys) for name, keys in contents().items()}
    logins = old.activity_set.count() + new.activity_set.count()
    site.edit(op="merge", discarded=old.imis_id, retained=new.imis_id)

    site.sync(now=LATER)

    assert models.MemberAlias.objects.get(imis_id=old.imis_id).retained_imis_id == new.imis_id
    old.refresh_from_db()
    assert old.gone_at is not None
    assert old.activity_set.count() == old.term_set.count() == 0
    assert new.activity_set.count() == logins
    assert {name: len(keys) for name, keys in contents().items()} == rows | {
        "Consent": models.Consent.objects.count(), "alive": rows["alive"] - 1, "alias": rows["alias"] + 1,
    }  # fmt: skip
    assert [f.name for f in site.sync(now=LATER).feeds if f.changed or f.inserted] == []


def test_an_erased_person_leaves_and_never_comes_back(site):
    site.sync()
    erased = models.Term.objects.first().member.imis_id
    site.edit(op="erase", id=erased)

    site.sync(now=LATER)
    site.sync(full=True, now=LATER)
    actions.save(records=[records.Member(key=erased, first_name="Ada")], feed="members", now=LATER)

    assert not models.Member.objects.filter(imis_id=erased).exists()
    assert not models.Reject.objects.filter(waits_for=f"member:{erased}").exists()
    assert models.ErasedKey.objects.exists()


def test_erasing_here_removes_rows_texts_and_rejects(site):
    site.sync()
    someone = models.Text.objects.exclude(member=None).first().member.imis_id
    actions.save(
        records=[records.Registration(key="r", event="none", member=someone, registered_at=NOW)],
        feed="registrations",
        now=NOW,
    )

    had = actions.erase(imis_id=someone, now=NOW)
    site.sync(full=True, now=LATER)

    assert had
    assert not models.Member.objects.filter(imis_id=someone).exists()
    assert not models.Reject.objects.filter(payload__record__member=someone).exists()


def test_an_imis_restored_from_a_backup_holds_the_feed(site):
    site.sync(resources=["members"])
    models.Feed.objects.filter(name="members").update(cursor={"high": "2030-01-01T00:00:00+00:00"})

    result = site.sync(resources=["members"], now=LATER)

    assert result.failed == ["members"]
    assert "Was iMIS restored from a backup?" in feed("members").message

    actions.release(name="members", now=LATER)

    assert site.sync(resources=["members"], now=LATER).failed == []


def test_damaged_rows_are_rejects_and_too_many_of_them_fail_the_feed(site):
    site.sync(resources=["members", "deletions"])
    with site.client() as client:
        keys = [record.key for page in client.pages(RESOURCES["terms"]) for record in page.records]
    for key in keys[:30]:
        site.edit(op="update", table="Terms", id=key, BillBegin="2030-01-01", BillThrough="2020-01-01")

    result = by_name(site.sync(resources=["terms"], now=LATER))

    assert result["terms"].refused == 30
    assert "Open the refused rows" in result["terms"].problem
    assert queries.refused_by_feed() == {"terms": 30}
    assert models.Term.objects.filter(key__in=keys[:30]).count() == 0


def test_cancelling_keeps_what_was_read_and_the_next_run_goes_on_there(site):
    progress = Stopping(after=3)
    with pytest.raises(Cancelled):
        site.sync(resources=["members", "web_visits"], batch=500, progress=progress)
    assert feed("web_visits").cursor["pull"]["offset"] > 0
    done = models.Activity.objects.count()

    site.sync(resources=["web_visits"])

    assert 0 < done < models.Activity.objects.count()
    assert "pull" not in feed("web_visits").cursor


class Stopping(Progress):
    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    def checkpoint(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Cancelled


def test_an_interrupted_and_resumed_reading_equals_an_uninterrupted_one(site):
    site.sync()
    whole = contents()
    empty_mirror()

    for after in (2, 5, 1, 9, 3, 14):
        with pytest.raises(Cancelled):
            site.sync(batch=200, progress=Stopping(after))
    site.sync()

    assert differences(whole, contents()) == {}


def test_freshness_speaks_of_the_oldest_feed(site):
    assert queries.freshness(NOW).level == "never"

    site.sync(resources=["chapters"])

    assert queries.freshness(NOW).level == "fresh"
    assert queries.freshness(NOW + dt.timedelta(hours=40)).level == "late"
    assert queries.freshness(NOW + dt.timedelta(days=5)).sentence == "chapters was last read 5 days ago."


@pytest.mark.django_db(transaction=True)
def test_two_runs_do_not_read_at_once(site, other_connection):
    with other_connection(lease.held), pytest.raises(actions.Busy, match="being read already"):
        site.sync(resources=["chapters"])

    assert site.sync(resources=["chapters"]).failed == []


@pytest.mark.django_db(transaction=True)
def test_a_sleeping_run_loses_its_lease_and_stores_nothing_more(site, other_connection):
    with other_connection(lambda: lease.held(seconds=-1)) as stale:
        site.sync(resources=["chapters"])

        with pytest.raises(actions.LeaseLost):
            actions.save(records=[records.Member(key="1")], feed="members", now=NOW, fence=stale)

    assert models.Member.objects.count() == 0


def test_a_run_whose_time_is_up_goes_on_with_the_next_even_when_all_was_asked_for(site):
    site.sync()
    whole = contents()

    rounds = [site.sync(full=True, batch=300, most_seconds=0)]
    while rounds[-1].is_unfinished and len(rounds) < 60:
        rounds.append(site.sync(batch=300, most_seconds=0, now=LATER))

    read = sum(feed.rows for one in rounds for feed in one.feeds if feed.name == "email_events")
    assert 3 < len(rounds) < 60
    assert read >= models.Activity.objects.filter(key__startswith="mail:").count()
    assert differences(whole, contents()) == {}


def test_names_stay_out_of_the_log(site, caplog):
    site.sync()
    someone = models.Member.objects.filter(gone_at=None, kind="person").first()
    site.edit(op="update", id=someone.imis_id, LastName="Canaryname")
    caplog.set_level("DEBUG")

    site.sync(now=LATER)

    assert models.Member.objects.filter(last_name="Canaryname").exists()
    assert "Canaryname" not in caplog.text
