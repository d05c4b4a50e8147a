"""Tables for a warehouse: the same limits in the database, in files and through the API; gone after a day."""

import csv
import datetime as dt
import io
import json
import zipfile
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from imis_ai.accounts.models import AccessEntry, User
from imis_ai.governance import privacy
from imis_ai.governance.models import AuditEntry, Decision
from imis_ai.governance.privacy.holders import HOLDERS
from imis_ai.governance.proposals import visible
from imis_ai.integrations.actions import exports
from imis_ai.integrations.models import DatabaseReader, Export
from imis_ai.integrations.warehouse.catalogue import views
from imis_ai.jobs.actions import run_inline
from imis_ai.jobs.models import JobRun
from imis_ai.mirror import access
from tests.factories.accounts import UserFactory, chapter_manager
from tests.factories.governance import OutboxMessageFactory, ProposalFactory
from tests.factories.integrations import ExportFactory, system
from tests.factories.mirror import NOW, ChapterFactory, MemberFactory
from tests.factories.retention import RiskScoreFactory, ScoreRunFactory, UnscoredFactory

pytestmark = pytest.mark.django_db
EVERYTHING = {"members", "scores", "proposals", "decisions", "write_backs"}
PEOPLE = ("membership", "finance", "admin", "executive", "auditor", "chapter", "no chapter", "disabled")


@pytest.fixture
def world():
    """Two chapters with one member each, what is known and suggested of both, and one who left iMIS."""
    run = ScoreRunFactory(is_current=True)
    texas, gulf = ChapterFactory(code="TX", name="Texas"), ChapterFactory(code="GU", name="Gulf")
    RiskScoreFactory(run=run, member=MemberFactory(imis_id="1", name="=Dana Whitfield", chapter=texas))
    UnscoredFactory(run=run, member=MemberFactory(imis_id="2", name="Marked Stranger", chapter=gulf))
    RiskScoreFactory(run=run, member=MemberFactory(imis_id="3", name="Long Gone", chapter=texas, gone_at=NOW))
    RiskScoreFactory(run=ScoreRunFactory(as_of=dt.date(2026, 5, 1)), member__imis_id="4")
    for imis_id, chapter in (("1", "TX"), ("2", "GU")):
        made = ProposalFactory(kind="retention.scores", imis_id=imis_id, chapter=chapter)
        Decision.objects.create(proposal=made, what="propose", at=NOW, version=1, digest=made.digest)
        OutboxMessageFactory(proposal=made, imis_id=imis_id)
    ProposalFactory(kind="nobody.knows")
    return texas


def person(who, texas) -> User:
    if who == "chapter":
        return chapter_manager(texas)
    if who == "no chapter":
        return chapter_manager()
    if who == "auditor":
        return UserFactory(role="executive", is_auditor=True)
    if who == "disabled":
        return UserFactory(role="membership", is_active=False)
    return UserFactory(role=who)


def rows(view, viewer, chapters="", names=""):
    with connection.cursor() as cursor:
        for name, value in (("person", viewer.pk), ("chapters", chapters), ("names", names)):
            cursor.execute("SELECT set_config(%s, %s, true)", [f"imis_ai.{name}", str(value)])
        cursor.execute(f"SELECT * FROM export.{view}")
        heads = [column.name for column in cursor.description]
        return [dict(zip(heads, row, strict=True)) for row in cursor.fetchall()]


@pytest.mark.row("GOV-50", "GOV-18", "GOV-19")
@pytest.mark.parametrize("who", PEOPLE)
def test_the_views_show_each_person_what_the_product_shows_them(world, who):
    viewer = person(who, world)

    members = rows("members", viewer)

    seen = set(access.members(viewer).values_list("imis_id", flat=True))
    assert {row["imis_id"] for row in members} == seen
    assert {row["imis_id"] for row in rows("scores", viewer)} == seen - {"4"}
    assert {row["name"] is not None for row in members} <= {access.sees_names(viewer)}
    shown = set(visible(viewer=viewer).values_list("pk", flat=True)) if viewer.is_active else set()
    assert {row["id"] for row in rows("proposals", viewer)} == shown
    assert {row["proposal"] for row in rows("decisions", viewer)} == shown
    if not viewer.may("outbox.read"):
        assert rows("write_backs", viewer) == []
    elif seen:
        assert len(rows("write_backs", viewer)) == 2


def test_nobody_named_sees_nothing_and_the_settings_only_narrow(world):
    manager, chief = chapter_manager(world), UserFactory(role="membership")

    with connection.cursor() as cursor:
        for view in EVERYTHING:
            cursor.execute(f"SELECT count(*) FROM export.{view}")
            assert cursor.fetchone() == (0,)
    assert {row["imis_id"] for row in rows("members", chief, chapters="GU")} == {"2"}
    assert rows("members", manager, chapters="GU") == []
    assert rows("members", chief, names="no")[0]["name"] is None


@pytest.mark.row("GOV-50")
@pytest.mark.django_db(transaction=True)
def test_a_database_role_of_its_own_reads_as_its_person_and_changes_nothing(world):
    manager = chapter_manager(world, username="tina")
    other = UserFactory(role="membership")
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE bi_test LOGIN PASSWORD 'test'")
    try:
        call_command("warehouse_reader", "bi_test", "--as", "tina")
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION AUTHORIZATION bi_test")
            cursor.execute(f"SELECT set_config('imis_ai.person', '{other.pk}', false)")
            cursor.execute("SELECT imis_id FROM export.members")
            assert cursor.fetchall() == [("1",)]
            for forbidden in (
                "SELECT * FROM public.mirror_member",
                "DELETE FROM export.members",
                "SELECT * FROM public.integrations_databasereader",
            ):
                with pytest.raises(Exception, match=r"permission denied|cannot delete"):
                    cursor.execute(forbidden)
            cursor.execute("RESET SESSION AUTHORIZATION")
        User.objects.filter(pk=manager.pk).update(is_active=False)
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION AUTHORIZATION bi_test")
            cursor.execute("SELECT count(*) FROM export.members")
            assert cursor.fetchone() == (0,)
            cursor.execute("RESET SESSION AUTHORIZATION")
        call_command("warehouse_reader", "bi_test", "--end")
        assert not DatabaseReader.objects.exists()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET SESSION AUTHORIZATION")
            cursor.execute("DROP OWNED BY bi_test")
            cursor.execute("DROP ROLE bi_test")


@pytest.mark.row("GOV-50")
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_command_writes_what_its_person_sees(world, tmp_path, capsys, form):
    import duckdb

    chapter_manager(world, username="tina")

    call_command("export_warehouse", "--as", "tina", "--to", str(tmp_path), "--format", form, "--json")

    said = json.loads(capsys.readouterr().out)
    assert set(said["rows"]) == EVERYTHING
    assert said["rows"]["members"] == 1
    found = duckdb.sql(f"SELECT imis_id, name, joined_on FROM '{tmp_path}/members.{form}'").fetchall()
    assert found == [("1" if form == "parquet" else 1, found[0][1], dt.date(2020, 1, 1))]
    assert found[0][1] == ("=Dana Whitfield" if form == "parquet" else "'=Dana Whitfield")
    about = json.loads((tmp_path / "export.json").read_text())
    assert about["for"] == "tina"
    assert about["files"][f"scores.{form}"]["rows"] == 1
    assert AuditEntry.objects.latest("seq").action == "warehouse.exported"
    assert AccessEntry.objects.get().what == AccessEntry.What.LIST_EXPORTED


def test_parquet_keeps_types_nothing_and_empty_apart(world, tmp_path):
    import duckdb

    chief = UserFactory(role="membership")

    exports.write_folder(folder=tmp_path, form="parquet", by=chief, now=timezone.now())

    wanted = "imis_id, risk_90, dues, not_scored_because, lapse_on"
    scores = duckdb.sql(f"SELECT {wanted} FROM '{tmp_path}/scores.parquet' ORDER BY 1").fetchall()
    assert [row[1] for row in scores] == [0.66, None]
    assert str(scores[0][2]) == "620.00"
    assert scores[0][3] == ""
    assert scores[1][4] is None
    kinds = {
        name: kind
        for name, kind, *_ in duckdb.sql(f"DESCRIBE SELECT * FROM '{tmp_path}/members.parquet'").fetchall()
    }
    assert kinds["seen_at"] == "TIMESTAMP WITH TIME ZONE"
    assert kinds["auto_renew"] == "BOOLEAN"


@pytest.mark.parametrize(
    ("who", "code"), [("nobody", 2), ("executive", 3), ("admin", 3), ("auditor", 3), ("disabled", 2)]
)
def test_the_command_refuses_with_its_code(world, tmp_path, who, code):
    name = who if who == "nobody" else person(who, world).username

    with pytest.raises(SystemExit) as ended:
        call_command("export_warehouse", "--as", name, "--to", str(tmp_path))

    assert ended.value.code == code
    assert list(tmp_path.iterdir()) == []


def make_it():
    job = JobRun.objects.get(name="warehouse.export", state="queued")
    run_inline(name="warehouse.export", args=job.args, now=timezone.now())


def tables(content: bytes) -> dict[str, list[dict]]:
    packed = zipfile.ZipFile(io.BytesIO(content))
    return {
        name: list(csv.DictReader(io.StringIO(packed.read(name).decode("utf-8-sig"))))
        for name in packed.namelist()
        if name.endswith(".csv")
    }


@pytest.mark.row("GOV-50", "GOV-57")
def test_a_client_asks_follows_and_takes_within_its_chapters_and_scopes(world):
    client = system(scopes=["exports:read"], chapters=["GU"])

    asked = client.post("/api/v1/exports/", {"format": "csv"}, content_type="application/json")
    here = f"/api/v1/exports/{asked.json()['id']}/"
    early = client.get(f"{here}file/")
    make_it()
    file = client.get(f"{here}file/")

    assert (asked.status_code, early.status_code, file.status_code) == (202, 409, 200)
    assert client.get(here).json()["state"] == "ready"
    found = tables(file.content)
    assert [row["imis_id"] for row in found["members.csv"]] == ["2"]
    assert [row["name"] for row in found["members.csv"]] == [""]
    assert [row["imis_id"] for row in found["write_backs.csv"]] == ["2"]
    verbs = AuditEntry.objects.filter(action__startswith="warehouse").order_by("seq")
    asked_made_taken = [f"warehouse.export_{verb}" for verb in ("asked", "made", "taken")]
    assert list(verbs.values_list("action", flat=True)) == asked_made_taken
    assert system().get(here).status_code == 404


def test_a_person_makes_takes_and_after_a_day_it_is_gone(world, client):
    owner = UserFactory(role="membership")
    client.force_login(owner)
    assert client.post("/exports/", {"form": "csv"}).status_code == 422
    client.post("/exports/", {"form": "csv", "with_names": "on", "reason": "board"})
    make_it()
    made = Export.objects.get()

    file = client.get(f"/exports/{made.pk}/file/")
    assert [row["name"] for row in tables(file.content)["members.csv"]][:2] == [
        "'=Dana Whitfield",
        "Marked Stranger",
    ]
    assert "Take the file" in client.get("/exports/").content.decode()
    client.force_login(UserFactory(role="membership"))
    assert client.get(f"/exports/{made.pk}/file/").status_code == 404
    client.force_login(owner)
    Export.objects.update(expires_at=timezone.now())
    assert client.get(f"/exports/{made.pk}/file/").status_code == 302
    assert exports.remove_old(now=timezone.now()) == 1

    assert Export.objects.values_list("content", "state").get() == (None, "removed")


def test_an_owner_who_lost_the_right_gets_no_file(world):
    owner = UserFactory(role="membership")
    made = exports.ask(form="csv", with_names=True, by=owner, now=timezone.now())
    User.objects.filter(pk=owner.pk).update(role="executive")

    with pytest.raises(Exception, match="may not export"):
        make_it()

    assert Export.objects.get(pk=made.pk).state == "failed"


def test_an_erasure_takes_the_files_along(world):
    ExportFactory()

    said = HOLDERS["exports"].erase(privacy.Subject("1"), timezone.now())

    assert said == "1 files for warehouses removed."
    assert Export.objects.get().content is None


def test_every_column_says_what_it_is_and_personal_ones_are_marked():
    assert set(views()) == EVERYTHING
    personal = {column.name for view in views().values() for column in view.columns if column.is_personal}

    assert personal == {"name", "email", "phone", "city", "postal_code"}


def test_the_documentation_names_every_column():
    lines = (Path(__file__).parents[2] / "docs" / "api.md").read_text().splitlines()
    said = {line.split("`")[1]: line for line in lines if line.startswith("| `export.")}

    assert set(said) == {f"export.{name}" for name in views()}
    for name in EVERYTHING - {"scores"}:
        written = said[f"export.{name}"].split("|")[3].replace(" ", "").split(",")
        held = [column.name + "*" * column.is_personal for column in views()[name].columns]
        assert sorted(written) == sorted(held)
