"""Who sees which members: the door to member data."""

import datetime as dt

import pytest
from guardian.shortcuts import assign_perm

from imis_ai.accounts.models import User
from imis_ai.mirror import access, queries
from imis_ai.mirror.actions import chapters
from tests.factories.accounts import UserFactory, chapter_manager
from tests.factories.mirror import NOW, ChapterFactory, FeedFactory, MemberFactory, RejectFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def texas():
    return ChapterFactory(code="TEX")


@pytest.fixture
def ada(texas):
    return MemberFactory(chapter=texas)


@pytest.fixture
def others():
    return [MemberFactory(), MemberFactory(chapter=None)]


@pytest.mark.parametrize("role", [User.Role.MEMBERSHIP, User.Role.FINANCE, User.Role.ADMIN])
def test_these_roles_see_every_member_alive(role, ada, others):
    MemberFactory(gone_at=NOW)

    assert set(access.members(UserFactory(role=role))) == {ada, *others}


def test_a_chapter_manager_sees_the_chapters_given_to_her_and_no_other(texas, ada, others):
    manager = chapter_manager(texas)

    assert list(access.members(manager)) == [ada]
    assert list(access.chapters_for(manager)) == [texas]


def test_executives_strangers_and_disabled_accounts_see_nobody(ada):
    executive, disabled = UserFactory(role=User.Role.EXECUTIVE), UserFactory(is_active=False)

    assert [access.members(viewer).count() for viewer in (executive, disabled)] == [0, 0]


def test_a_model_wide_right_or_a_superuser_opens_no_chapter(texas, ada):
    wide = UserFactory(role=User.Role.CHAPTER)
    assign_perm("mirror.view_chapter_members", wide)
    superuser = UserFactory(role=User.Role.CHAPTER, is_superuser=True)

    assert access.members(wide).count() == access.members(superuser).count() == 0


def test_a_right_taken_back_ends_with_the_next_look(texas, ada):
    manager = chapter_manager(texas)
    assert access.members(manager).count() == 1

    chapters.set_chapters(viewer=manager, names=[])

    assert access.members(User.objects.get(pk=manager.pk)).count() == 0


def test_administrators_and_executives_read_no_names():
    seeing = {role.value for role in User.Role if access.sees_names(UserFactory(role=role))}

    assert seeing == {"membership", "finance", "chapter"}


def test_a_held_or_never_read_feed_makes_the_mirror_stale():
    FeedFactory(name="members")
    assert queries.freshness(NOW).level == "fresh"

    FeedFactory(name="terms", health="held")
    assert queries.freshness(NOW).sentence == "Held until a person looks: terms."

    FeedFactory(name="events", last_success_at=None)
    assert queries.freshness(NOW).sentence == "Never read completely: events."


def test_lookups_leave_out_who_is_gone(ada):
    MemberFactory(gone_at=NOW)

    assert queries.member_ids_by_pseudonym() == {ada.pseudonym: ada.pk}
    assert queries.imis_ids_by_pseudonym() == {ada.pseudonym: ada.imis_id}
    assert queries.totals() == {"alive": 1, "gone": 1, "all": 2}
    assert queries.has_members()


def test_ignored_rejects_are_no_longer_counted():
    RejectFactory(feed="terms", last_seen_at=NOW + dt.timedelta(hours=1))
    RejectFactory(feed="terms", is_ignored=True)

    assert queries.refused_by_feed() == {"terms": 1}
    assert queries.rejects("terms").count() == 1
