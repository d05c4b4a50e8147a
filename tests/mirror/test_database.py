"""iMIS' own database as the other way in: the guides' tables by name, an account that can only read."""

import json
from decimal import Decimal

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from imis_ai.imis.errors import NotConfigured
from imis_ai.jobs.progress import SILENT
from imis_ai.mirror import actions, models
from imis_ai.mirror.database import reading
from imis_ai.mirror.database.tables import NotMapped, Table, selects
from tests.mirror.conftest import NOW, ZONE

NAME, READER = "imis_guides_test", "imis_reader_test"
TABLES = """
CREATE SCHEMA dbo;
CREATE TABLE dbo."Member" ("MemberID" int, "FirstName" text, "LastName" text, "JoinDate" timestamp,
    "CurrentTier" text, "Status" text, "Salary" numeric);
INSERT INTO dbo."Member" VALUES (101, 'Ada', 'Lovelace', '2020-01-01 09:30', 'FEL', 'Active', 1),
    (102, 'Grace', 'Hopper', '2021-06-01', NULL, 'Active', 2);
CREATE TABLE dbo.EVENT_REGISTRATION (MEMBER_ID int, EVENT_ID text, EVENT_DATE date, ATTENDED boolean);
INSERT INTO dbo.EVENT_REGISTRATION VALUES (101, 'E1', '2025-04-01', true), (999, 'E1', '2025-04-01', false);
CREATE TABLE dbo."Invoice" ("InvoiceID" text, "MemberID" int, "InvoiceDate" date, "DueDate" date,
    "TotalAmount" numeric(12,2), "BalanceDue" numeric(12,2));
INSERT INTO dbo."Invoice" VALUES ('I1', 101, '2025-01-01', '2025-01-31', 250.5, 0);
CREATE TABLE dbo."Payment" ("PaymentID" text, "InvoiceID" text, "PaymentDate" date, "Amount" numeric);
CREATE TABLE dbo."CommunicationLog" ("LogID" int, "MemberID" int, "ActivityType" text,
    "ActivityDate" timestamp);
INSERT INTO dbo."CommunicationLog" VALUES (7, 101, 'PortalLogin', '2025-03-01 10:00');
CREATE TABLE dbo."MemberLoginHistory" ("MemberID" int, "LoginDate" timestamp);
INSERT INTO dbo."MemberLoginHistory" VALUES (101, '2025-03-02 11:00'), (102, '2025-03-03 12:00');
CREATE FUNCTION dbo.spoil() RETURNS int LANGUAGE sql AS 'DELETE FROM dbo."Member" RETURNING 1';
"""


@pytest.fixture(scope="module")
def address(django_db_setup, django_db_blocker):
    """A database with tables named as in the guides, and a role that may only select."""
    with django_db_blocker.unblock():
        host = connection.settings_dict["HOST"]
    base = f"postgresql://postgres@/{{name}}?host={host}"
    with psycopg.connect(base.format(name="postgres"), autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {NAME}")
        server.execute(f"CREATE DATABASE {NAME}")
    with psycopg.connect(base.format(name=NAME), autocommit=True) as own:
        own.execute(TABLES)
        own.execute(f"DROP ROLE IF EXISTS {READER}")
        own.execute(f"CREATE ROLE {READER}")
        own.execute(f"GRANT USAGE ON SCHEMA dbo TO {READER}")
        own.execute(f"GRANT EXECUTE ON FUNCTION dbo.spoil TO {READER}")
        own.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA dbo TO {READER}")
    yield base.format(name=NAME)
    with psycopg.connect(base.format(name=NAME), autocommit=True) as own:
        own.execute(f"DROP OWNED BY {READER}")
        own.execute(f"DROP ROLE {READER}")
    with psycopg.connect(base.format(name="postgres"), autocommit=True) as server:
        server.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


@pytest.fixture
def reader(address, settings):
    settings.IMIS_DATABASE_URL = f"{address}&options=-c%20role%3D{READER}"
    settings.IMIS_DATABASE_FILE = ""
    settings.DEMO = True  # nobody has to sign here
    return settings.IMIS_DATABASE_URL


def load(url, names=""):
    return actions.import_database(url=url, names=names, zone=ZONE, now=NOW, progress=SILENT)


@pytest.mark.django_db
@pytest.mark.row("GOV-38")
def test_the_guides_tables_arrive_in_the_same_tables_as_through_the_interface_and_twice_is_once(reader):
    first, second = load(reader), load(reader)

    ada = models.Member.objects.get(imis_id="101")
    assert (ada.first_name, ada.joined_on.isoformat(), ada.status) == ("Ada", "2020-01-01", "Active")
    invoice = models.Invoice.objects.get()
    assert (invoice.amount, invoice.member.imis_id) == (Decimal("250.50"), "101")
    kinds = sorted(models.Activity.objects.values_list("kind", "member__imis_id"))
    assert kinds == [("login", "101"), ("login", "101"), ("login", "102")]
    assert models.Registration.objects.get().attended is True
    assert models.Event.objects.get().key == "E1"
    assert (
        "registrations.csv: 1 rows that refer to nobody, or that stood there twice, were left out."
        in first.notes
    )
    assert "members.csv from dbo.Member." in first.notes
    assert (second.inserted, second.changed) == (0, 0)


@pytest.mark.row("GOV-38")
def test_the_session_refuses_to_write_and_so_is_an_account_that_could(reader, address):
    with reading.opened(reader) as session:
        wanted = selects(session.tables(), {}, quote=session.quote)
        reading.refuse_writers(session, wanted)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            list(session.rows("SELECT dbo.spoil()"))
    with reading.opened(address) as session, pytest.raises(reading.MayWrite, match=r"dbo\.CommunicationLog"):
        reading.refuse_writers(session, wanted)
    assert all(each.sql.startswith("SELECT ") for each in wanted)
    assert not any("Salary" in each.sql for each in wanted)  # what no file asks for is not read


@pytest.mark.row("GOV-38")
def test_names_of_ones_own_are_mapped_and_a_wrong_one_is_told():
    tables = [Table("crm", "people", ("No", 'Odd"name', "Since"))]
    quote = reading.Postgres.quote
    own = {"members": {"table": "crm.people", "columns": {"imis_id": "no", "join_date": "SINCE"}}}

    (made,) = selects(tables, own, quote=lambda name: quote(None, name))
    assert made.sql == 'SELECT "No", "Since" FROM "crm"."people"'
    for wrong, said in (
        ({"table": "crm.staff", "columns": {}}, "no table 'crm.staff'"),
        ({"table": "crm.people", "columns": {"imis_id": "number"}}, "no column number"),
        ({"table": "crm.people", "columns": {"imis_id": "no"}}, "is join_date"),
    ):
        with pytest.raises(NotMapped, match=said):
            selects(tables, {"members": wrong}, quote=str)
    with pytest.raises(NotMapped, match="No table with members"):
        selects(tables, {}, quote=str)


@pytest.mark.django_db
def test_the_command_reports_and_says_what_is_wrong(reader, capsys, settings, tmp_path):
    call_command("import_database", "--json")
    assert json.loads(capsys.readouterr().out)["files"]["members.csv"]["rows"] == 2

    settings.IMIS_DATABASE_URL = "mysql://somewhere/imis"
    with pytest.raises(SystemExit, match="2"):
        call_command("import_database")
    settings.IMIS_DATABASE_URL = "postgresql://nobody@127.0.0.1:1/imis"
    with pytest.raises(SystemExit, match="4"):
        call_command("import_database")
    (tmp_path / "names.json").write_text("[]")
    with pytest.raises(NotConfigured, match="IMIS_DATABASE_FILE"):
        load(reader, str(tmp_path / "names.json"))
