"""The demo's own decisions: what to do, whose database, which port, which logins."""

import socket
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from imis_ai.accounts.models import User
from imis_ai.governance.models import TemplateVersion
from imis_ai.jobs.models import JobRun
from imis_ai.mirror import access
from imis_ai.mirror.models import Chapter
from imis_ai.ops import demo, launch
from retention.queries import campaigns, promises
from tests.factories.experiments import renewing
from tests.factories.mirror import EventFactory, MemberFactory
from tests.factories.retention import RiskScoreFactory, ScoreRunFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def var(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path


def ended(name, state="done", at=NOW):
    JobRun.objects.create(name=name, state=state, created_at=at, finished_at=at)


def names(steps):
    return [step.job for step in steps]


def test_steps_that_are_done_are_skipped_and_a_failed_one_is_done_again():
    assert names(demo.to_do()) == names(demo.STEPS)

    ended("mirror.sync")
    ended("features.snapshots", state="failed")

    assert names(demo.to_do()) == names(demo.STEPS[1:])


def test_what_follows_a_step_that_is_missing_is_done_again():
    for step in demo.STEPS[1:]:
        ended(step.job)

    assert names(demo.to_do()) == names(demo.STEPS)


def test_a_demo_of_yesterday_catches_up_and_one_of_today_does_not():
    ended(demo.STEPS[-1].job)

    assert demo.is_behind(date(2026, 11, 22))
    assert not demo.is_behind(date(2026, 11, 21))


def test_somebodys_real_members_are_refused_and_the_demos_own_are_not():
    MemberFactory()

    with pytest.raises(demo.NotOurs, match="holds members of somebody else"):
        demo.refuse_real_data()

    launch.remember(demo.settings.VAR_DIR, demo_database=demo._database())
    demo.refuse_real_data()


def test_one_login_per_role_with_one_kept_password_and_the_chapter_manager_sees_texas_only():
    Chapter.objects.create(code="TX", name="Texas")
    Chapter.objects.create(code="GULF", name="Gulf")

    demo.make_logins()
    password = demo.password()
    demo.make_logins()

    people = {person.role: person for person in User.objects.all()}
    assert set(people) == set(User.Role.values)
    assert all(person.check_password(password) for person in people.values())
    assert [chapter.name for chapter in access.chapters_for(people["chapter"])] == ["Texas"]
    assert not any(person.is_superuser for person in people.values())
    assert demo.password() == password


def test_a_taken_port_gives_the_next_free_one():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        taken = server.getsockname()[1]

        assert launch.free_port(taken) > taken


def test_the_demo_has_approved_texts_something_to_give_and_a_campaign(db):
    now = timezone.now()
    event = EventFactory(starts_at=now + timedelta(days=9))
    run = ScoreRunFactory(is_current=True)
    for _ in range(3):
        RiskScoreFactory(run=run, risk=0.1, member__chapter__name="Texas")
    renewing(40, ends=timezone.localdate(now) + timedelta(days=30))
    demo.make_logins()

    for _ in range(2):  # a second start changes nothing
        demo.approve_texts(now)
        demo.plan_gifts(now)
        demo.plan_campaign(now)

    assert not TemplateVersion.objects.filter(state="waiting").exists()
    assert [(each.event.key, each.seats) for each in promises.webinars(now=now)] == [(event.key, demo.SEATS)]
    assert len(promises.introducers()) == 3
    [campaign] = campaigns.listed(now=now)
    assert campaign.experiment.state == "running"
    assert campaign.experiment.assignments.filter(arm__is_control=True).count() == 8
