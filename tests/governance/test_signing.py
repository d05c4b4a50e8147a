"""Nothing is read from an iMIS before a person has signed for it; the demo and its sandbox are exempt."""

import json

import pytest
from django.core.management import call_command

from imis_ai.governance import connection
from imis_ai.governance.models import AuditEntry, SignedChecklist
from imis_ai.governance.refusals import Blocked, NotAllowed
from imis_ai.jobs.progress import SILENT
from imis_ai.mirror import permission, tasks
from imis_ai.mirror.models import Chapter, Member
from imis_ai.ops.tasks import Incomplete, nightly
from tests.factories.accounts import UserFactory
from tests.factories.governance import NOW

LIVE = "https://members.example.org"
ANSWERS = {
    "licence": "Agreement of 2024, section 4",
    "privacy_notice": "alder.example/privacy, since May",
    "retention": "Agreed by the board",
    "lawful_basis": "Legitimate interests, assessment of June",
}


@pytest.fixture
def admin(db):
    return UserFactory(role="admin", first_name="Marta", last_name="Silva")


@pytest.fixture
def live(settings, db):
    settings.DEMO, settings.IMIS_IS_TEST_SYSTEM = False, False
    settings.IMIS_URL, settings.IMIS_USERNAME, settings.IMIS_PASSWORD = LIVE, "imis_ai", "sandbox"
    return settings


@pytest.fixture
def elsewhere(site, settings, monkeypatch, db):
    """The sandbox as if it were not on this machine."""
    monkeypatch.setattr(permission, "LOCAL", ())
    settings.DEMO, settings.IMIS_IS_TEST_SYSTEM, settings.IMIS_URL = False, True, site.url
    settings.IMIS_USERNAME, settings.IMIS_PASSWORD = "imis_ai", "sandbox"
    settings.IMIS_REQUESTS_PER_MINUTE, settings.TIME_ZONE = 0, "America/Chicago"
    return site


def sign(by, address=LIVE, **changes):
    return connection.sign(address=address, answers=ANSWERS | changes, by=by, now=NOW)


@pytest.mark.row("GOV-53")
def test_the_command_refuses_with_one_sentence_and_its_code(live, capsys):
    with pytest.raises(SystemExit) as ended:
        call_command("sync", "--json")

    told = capsys.readouterr()
    assert ended.value.code == 3
    assert json.loads(told.out)["problem"] == (
        f"Nothing is read from {LIVE} before the privacy checklist is signed. "
        "An administrator signs it under Connection, First run (/welcome/)."
    )


@pytest.mark.row("GOV-53")
def test_the_night_says_so_too_and_goes_on_with_the_rest(live, monkeypatch):
    monkeypatch.setattr("imis_ai.ops.tasks.PARTS", ("mirror.sync", "governance.reconcile"))
    with pytest.raises(Incomplete, match="before the privacy checklist is signed") as problem:
        nightly(SILENT)

    assert "mirror.sync" in problem.value.parts


@pytest.mark.row("GOV-53")
@pytest.mark.parametrize("read", [tasks.sync_now, tasks.sweep_now, tasks.follow_up])
def test_no_job_reads_a_row_before_and_the_first_sync_works_after(elsewhere, admin, read):
    with pytest.raises(permission.NotSigned):
        read(SILENT)
    assert elsewhere.ask("log") == []
    assert not Member.objects.exists()

    sign(admin, address=permission.address_of(elsewhere.url))
    tasks.sync_now(SILENT, resource="chapters")

    assert Chapter.objects.exists()


@pytest.mark.row("GOV-09", "GOV-53")
def test_the_account_can_be_tested_before_anything_is_signed(elsewhere):
    assert {each.state for each in tasks.probe()} <= {"readable", "writable", "denied"}
    assert not Member.objects.exists()


@pytest.mark.row("GOV-53")
def test_a_signature_is_for_one_imis(live, admin):
    sign(admin, address="https://other.example.org")
    assert not permission.is_given()

    sign(admin)
    assert permission.is_given()

    live.IMIS_URL = "https://members.example.com/api"
    assert not permission.is_given()


@pytest.mark.parametrize(
    ("demo", "test_system", "url", "exempt"),
    [
        (True, True, "http://127.0.0.1:8100", True),
        (False, True, "http://localhost:8100", True),
        (False, True, "https://test.members.example.org", False),
        (False, False, "http://127.0.0.1:8100", False),
        (False, False, LIVE, False),
    ],
)
def test_only_the_demo_and_a_sandbox_on_this_machine_are_exempt(settings, demo, test_system, url, exempt):
    """A test system elsewhere often holds a copy of real members."""
    settings.DEMO, settings.IMIS_IS_TEST_SYSTEM, settings.IMIS_URL = demo, test_system, url

    assert permission.is_exempt() is exempt


@pytest.mark.row("GOV-53")
def test_it_is_signed_whole_by_an_administrator_and_stands_in_the_log(live, admin):
    with pytest.raises(Blocked, match="Not answered: lawful basis"):
        sign(admin, lawful_basis=" ")
    with pytest.raises(NotAllowed):
        sign(UserFactory(role="membership"))

    sign(admin)

    entry = AuditEntry.objects.get(action="connection.signed")
    assert (entry.actor, entry.object_id) == ("Marta Silva", LIVE)
    assert "Legitimate interests" in entry.kept.detail
    assert SignedChecklist.objects.get().answers == ANSWERS
