"""One datum's walk, end to end: iMIS over HTTP, mirror, features, model, score, a list that a person reads.

Nothing is prepared by hand: the commands are those of the README, the association is the sandbox's, and what
the product says is compared with what the sandbox planted.
"""

import contextlib
import io
import json
from pathlib import Path

import httpx2
import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from imis_ai.jobs import actions as jobs
from imis_ai.registry import queries as registry
from imis_ai.sandbox import server
from tests.factories.accounts import UserFactory

MEMBERS = 900
PSEUDONYMOUS = ("features_", "registry_")


@pytest.fixture(scope="module")
def site():
    with server.start(members=MEMBERS, seed=11) as running:
        yield running


@pytest.fixture(scope="module")
def truth(site):
    return httpx2.get(f"{site.url}/_sandbox/truth", timeout=60).json()


@pytest.fixture(scope="module")
def walked(site, django_db_setup, django_db_blocker, tmp_path_factory):
    """The whole walk, once; yields what each command printed. The database is emptied afterwards."""
    said = {}
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        from django.conf import settings

        for name, value in {
            "IMIS_URL": site.url,
            "IMIS_USERNAME": "imis_ai",
            "IMIS_PASSWORD": "sandbox",
            "IMIS_IS_TEST_SYSTEM": True,
            "IMIS_REQUESTS_PER_MINUTE": 0,
            "TIME_ZONE": "America/Chicago",
            "VAR_DIR": tmp_path_factory.mktemp("var"),
        }.items():
            patch.setattr(settings, name, value)
        said["sync"] = run("sync", "--full")
        said["train"] = run("train", "churn")
        said["score"] = run("score", "churn")
        yield said
        call_command("flush", interactive=False, verbosity=0)


def run(*command):
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        call_command(*command, "--json", stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture
def visible(walked, django_db_blocker):
    with django_db_blocker.unblock():
        yield walked


@pytest.mark.slow
@pytest.mark.row("CHURN-14")
def test_every_active_member_has_a_score_of_the_day_or_a_reason(visible, truth):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.imis_id, s.risk_90, s.abstained FROM retention_riskscore s"
            " JOIN retention_scorerun r ON r.id = s.run_id AND r.is_current"
            " JOIN mirror_member m ON m.id = s.member_id"
        )
        scores = {imis_id: (risk, why) for imis_id, risk, why in cursor.fetchall()}

        cursor.execute(
            "SELECT m.imis_id FROM mirror_term t JOIN mirror_member m ON m.id = t.member_id"
            " GROUP BY m.imis_id HAVING max(t.start_on) >= %s",
            [timezone.localdate()],
        )
        begins_today = {imis_id for (imis_id,) in cursor.fetchall()}  # a day is scored on what was before it

    missing = set(truth["members"]) - set(scores)

    assert missing <= begins_today
    assert [i for i, (risk, why) in scores.items() if (risk is None) == (why == "")] == []


@pytest.mark.slow
def test_the_list_shows_planted_trouble_first(visible, truth, client):
    client.force_login(UserFactory(role="membership"))
    planted = {imis_id: member["within"]["90"] for imis_id, member in truth["members"].items()}
    due = [chance for chance in planted.values() if chance > 0.01]

    page = client.get("/api/retention/members/?horizon=90&limit=40").json()

    listed = [planted[row["imis_id"]] for row in page["results"]]
    assert len(listed) == 40
    assert sum(listed) / len(listed) > 2 * sum(due) / len(due)


@pytest.mark.slow
@pytest.mark.row("GOV-37", "CHURN-50")
def test_an_event_that_imis_tells_of_reaches_the_score(visible, site, client, settings):
    settings.IMIS_WEBHOOK_SECRET = "a-secret-of-the-notices"
    run_id, member, before = a_score()
    httpx2.post(f"{site.url}/_sandbox/edit", json={"op": "update", "id": member, "set": {"City": "Austin"}})
    told = [{"id": "e-1", "eventType": "Party.Updated", "subject": f"/Party/{member}", "data": {}}]

    answer = client.post(
        "/api/imis/notices/",
        json.dumps(told),
        content_type="application/json",
        headers={"X-Imis-Secret": settings.IMIS_WEBHOOK_SECRET},
    )
    done = run_waiting_jobs()

    assert answer.status_code == 202
    assert done == ["mirror.notices", "retention.rescore"]
    again, _, after = a_score(member)
    assert (again, after > before) == (run_id, True)


def a_score(imis_id=None):
    """(run, member, primary key of the score): of this member, or of the first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.run_id, m.imis_id, s.id FROM retention_riskscore s"
            " JOIN retention_scorerun r ON r.id = s.run_id AND r.is_current"
            " JOIN mirror_member m ON m.id = s.member_id"
            " WHERE s.abstained = '' AND coalesce(%s, m.imis_id) = m.imis_id ORDER BY m.imis_id LIMIT 1",
            [imis_id],
        )
        return cursor.fetchone()


def run_waiting_jobs():
    """What a worker would do, in order; names of the jobs that were run."""
    done = []
    while due := jobs.take_due(limit=1):
        jobs.run(job_id=due[0][0], now=timezone.now())
        done.append(due[0][1])
    return done


@pytest.mark.slow
@pytest.mark.row("GOV-13")
def test_no_planted_name_reaches_features_models_or_files(visible, truth, settings):
    canaries = {planted["token"].encode() for planted in truth["canaries"]}
    assert len(canaries) == 50

    with connection.cursor() as cursor:
        tables = [t for t in connection.introspection.table_names(cursor) if t.startswith(PSEUDONYMOUS)]
        stored = b"".join(dump(cursor, table) for table in tables)
    artefact = bytes(registry.live("churn").artefact) + repr(registry.load(registry.live("churn"))).encode()
    files = b"".join(path.read_bytes() for path in Path(settings.VAR_DIR).rglob("*") if path.is_file())

    assert len(tables) >= 4
    assert [c for c in canaries if c in stored or c in artefact or c in files] == []


def dump(cursor, table):
    out = io.BytesIO()
    with cursor.copy(f"COPY {table} TO STDOUT") as copy:
        for part in copy:
            out.write(part)
    return out.getvalue()
