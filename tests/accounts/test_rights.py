"""The table of rights: what it generates, which pairs it refuses, what needs two people."""

import itertools
from decimal import Decimal

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.core import checks
from django.core.checks import Tags
from django.db import IntegrityError, transaction
from guardian.shortcuts import assign_perm

from imis_ai.accounts import actions, groups, table
from imis_ai.accounts.duties import Held, by_two, clashes
from imis_ai.accounts.rights import EXTRAS, RIGHTS, ROLE_WORDS, carries
from tests.factories.accounts import UserFactory

LIMITS = (Decimal(0), Decimal("0.01"), Decimal(250), Decimal("999999.99"))
EXTRA_SETS = [
    tuple(chosen) for size in range(len(EXTRAS) + 1) for chosen in itertools.combinations(EXTRAS, size)
]


def test_the_page_in_the_docs_is_the_table():
    assert (settings.BASE_DIR / "docs/rights.md").read_text() == table.markdown(), (
        "run: python manage.py rights --write"
    )


def test_whoever_may_see_something_includes_the_auditor_who_may_nothing_else():
    reading = ("see ", "follow ", "read ")
    missing = {
        name
        for name, entry in RIGHTS.items()
        if entry.does.startswith(reading) and "auditor" not in entry.also
    }
    acting = {
        name
        for name, entry in RIGHTS.items()
        if "auditor" in entry.also
        and not entry.does.startswith(reading)
        and name not in {"account.own", "names.reveal"}
    }

    assert (missing, acting) == (set(), set())


def test_an_auditor_has_the_auditors_rights_and_not_the_roles(db):
    auditor = UserFactory(role="executive", is_auditor=True)

    assert {right for right in RIGHTS if auditor.may(right)} == {
        right for right, entry in RIGHTS.items() if "auditor" in entry.also
    }


def test_revealing_is_a_right_of_administrators_and_of_whom_it_is_given(db):
    assert UserFactory(role="admin").may("names.reveal")
    assert UserFactory(role="membership", can_reveal_names=True).may("names.reveal")
    assert not UserFactory(role="membership").may("names.reveal")


def allowed_together(role, limit, extras) -> bool:
    """The rule in the words of the specification, not of the code."""
    if "auditor" in extras:
        return role == "executive" and limit == 0 and extras == ("auditor",)
    if role == "admin":
        return limit == 0 and "guardrail_owner" not in extras
    return limit == 0 or role in ("membership", "finance")


def written(role, limit, extras) -> bool:
    fields = {EXTRAS[extra].field: True for extra in extras}
    try:
        with transaction.atomic():
            UserFactory(role=role, approval_limit=limit, **fields)
    except IntegrityError:
        return False
    return True


@pytest.mark.row("GOV-18")
@pytest.mark.parametrize("role", list(ROLE_WORDS))
def test_rights_that_may_not_meet_are_refused_by_the_table_and_by_the_database(db, role):
    cases = list(itertools.product(LIMITS, EXTRA_SETS))
    chapters = ("TX",) if role == "chapter" else ()

    expected = {case: allowed_together(role, *case) for case in cases}

    assert len(cases) == 32
    assert {
        (limit, extras): clashes(Held(role, chapters, limit, extras)) == [] for limit, extras in cases
    } == expected
    assert {(limit, extras): written(role, limit, extras) for limit, extras in cases} == expected


def test_chapters_and_the_role_of_chapter_manager_come_together():
    assert clashes(Held("chapter")) == [
        "A chapter manager without chapters would see nobody. Choose at least one."
    ]
    assert clashes(Held("finance", ("TX",))) == [
        "Chapters belong to chapter managers. Choose that role, or no chapters."
    ]


@pytest.mark.parametrize(("old", "new"), list(itertools.product(ROLE_WORDS, ROLE_WORDS)))
def test_becoming_finance_reviewer_or_administrator_needs_two(old, new):
    assert bool(by_two(Held(old), Held(new))) == (new != old and new in ("finance", "admin"))


def test_a_changed_limit_and_a_given_right_need_two_and_taking_a_right_does_not():
    plain, owner = (
        Held("finance", approval_limit=Decimal(250)),
        Held("finance", (), Decimal(250), ("reveal",)),
    )

    assert by_two(plain, owner) == ["the right “Reveal personal data”"]
    assert by_two(owner, plain) == []
    assert by_two(plain, Held("finance", approval_limit=Decimal(300))) == ["the limit in money"]
    assert by_two(plain, Held("finance")) == ["the limit in money"]


def test_the_groups_in_the_database_are_the_table(db):
    held = {
        group.name: set(group.permissions.values_list("codename", flat=True)) for group in Group.objects.all()
    }

    assert held == groups.wanted()
    assert held["Executives"] == {right for right in RIGHTS if carries(right, role="executive")}


def test_a_persons_groups_follow_role_and_extras_and_repair_themselves(db):
    person = UserFactory(role="membership")
    actions.set_rights(person=person, role="finance", approval_limit=Decimal(250), extras=("reveal",))
    set_by_action = sorted(person.groups.values_list("name", flat=True))

    person.groups.set(Group.objects.filter(name="Administrators"))
    groups.write()

    assert set_by_action == ["Finance reviewers", "People who may reveal personal data"]
    assert sorted(person.groups.values_list("name", flat=True)) == set_by_action


def test_new_rights_end_the_sessions_of_the_person(db, client):
    person = UserFactory(role="membership")
    client.force_login(person)
    assert client.get("/account/").status_code == 200

    actions.set_rights(person=person, role="chapter", approval_limit=Decimal(0), extras=())

    assert client.get("/account/").status_code == 302


@pytest.mark.parametrize("codename", ["view_chapter_members", "draft_chapter_work", "approve_chapter_work"])
def test_a_chapter_right_for_all_chapters_at_once_stops_migrating(db, codename):
    assert checks.run_checks(tags=[Tags.database], databases=["default"]) == []

    assign_perm(f"mirror.{codename}", UserFactory())

    assert [problem.id for problem in checks.run_checks(tags=[Tags.database], databases=["default"])] == [
        "imis_ai.E020"
    ]


def test_a_login_name_and_an_address_belong_to_one_person(db):
    UserFactory(email="priya@example.org")

    with pytest.raises(IntegrityError), transaction.atomic():
        UserFactory(email="Priya@Example.org")
    assert [UserFactory(email="").email for _ in range(2)] == ["", ""]
