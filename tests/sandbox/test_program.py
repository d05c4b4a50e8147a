"""The program: archives in and out, the store, the command line, speed."""

import csv
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from imis_ai.sandbox import archive
from imis_ai.sandbox.__main__ import arguments
from imis_ai.sandbox.dump import dump
from imis_ai.sandbox.server import start
from tests.pace import slowness
from tests.sandbox.conftest import TODAY, Caller, bag
from tests.sandbox.test_writing import activity, definition, insight

ROOT = Path(__file__).resolve().parents[2]


def run(*given):
    return subprocess.run(
        [sys.executable, "-m", "imis_ai.sandbox", *given], capture_output=True, text=True, cwd=ROOT
    )


def read(path):
    with path.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def test_a_dump_is_the_same_archive_each_time_and_holds_every_member(tmp_path):
    done = [run("--members", "150", "--today", TODAY, "--dump", str(tmp_path / name)) for name in ("a", "b")]
    files = sorted(path.name for path in (tmp_path / "a").iterdir())

    assert [d.returncode for d in done] == [0, 0]
    assert len(files) == 15
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in files)
    members, terms = read(tmp_path / "a" / "members.csv"), read(tmp_path / "a" / "terms.csv")
    assert {t["imis_id"] for t in terms} == {m["imis_id"] for m in members}
    assert all(m["join_date"] for m in members)
    assert all(t["start_on"] <= t["end_on"] for t in terms)


def test_a_dumped_association_is_served_again_as_an_archive(tmp_path, shared, imis):
    dump(shared.app.store, tmp_path)

    with start(archive=str(tmp_path), today=TODAY) as running, Caller(running) as caller:
        assert len(caller.rows("Terms")) == len(imis.rows("Terms"))
        assert len(caller.rows("WebActivity")) == len(imis.rows("WebActivity"))
        assert len(caller.items("/api/Activity")) == len(imis.items("/api/Activity"))
        assert len(caller.rows("Invoices")) == len(imis.rows("Invoices"))
        assert len(caller.items("/api/GroupMember")) == len(imis.items("/api/GroupMember"))
        assert [c["Code"] for c in caller.items("/api/GenTable", TableName="CHAPTER")][:2] == ["TEX", "GLF"]
        assert [t["Rate1"] for t in caller.items("/api/LegacyCustomerType")] == [1.0, 2.0, 3.0]
        who = imis.rows("Terms")[0]["ID"]
        assert caller.get(f"/api/Party/{who}").json()["Name"] == imis.get(f"/api/Party/{who}").json()["Name"]
        assert caller.truth()["planted"] is False
        assert running.app.failures == []


def test_an_archive_of_two_files_is_enough(tmp_path):
    (tmp_path / "members.csv").write_text("imis_id,join_date,chapter\n7,2001-02-03,Oslo\n")
    (tmp_path / "activities.csv").write_text(
        "imis_id,kind,at\n7,gift_shop_visit,2010-05-05\n7,login,2011-05-05T10:00:00\n"
    )

    with start(archive=str(tmp_path), today=TODAY) as running, Caller(running) as caller:
        assert [p["PartyId"] for p in caller.items("/api/Party")] == ["7"]
        assert [bag(a)["ACTIVITY_TYPE"] for a in caller.items("/api/Activity")] == ["GIFT_SHOP_VISIT"]
        assert [v["Kind"] for v in caller.rows("WebActivity")] == ["login"]
        assert caller.rows("Benefits") == caller.rows("TierPrices") == []
        assert running.app.failures == []


def test_a_real_archive_is_served():
    folder = os.environ.get("ORCHESTRA_ARCHIVE")
    if not folder:
        pytest.skip(
            "ORCHESTRA_ARCHIVE is not set: the archive of real data is not here, so this check did NOT run"
        )

    with start(archive=folder, today=TODAY) as running, Caller(running) as caller:
        assert len(caller.items("/api/Party")) == len(archive.rows(Path(folder), "members.csv"))
        assert len(caller.rows("Terms")) == len(archive.rows(Path(folder), "terms.csv"))
        assert len(caller.items("/api/Activity")) == len(archive.rows(Path(folder), "activities.csv"))


def test_what_was_written_is_there_after_a_restart(tmp_path):
    site = {"members": 60, "today": TODAY, "store": str(tmp_path)}
    with start(**site) as running, Caller(running) as caller, Caller(running, "staff") as staff:
        someone, other = list(caller.truth()["members"])[:2]
        staff.post("/api/BOEntityDefinition", definition())
        caller.edit(op="flag_panel", name="AI_MemberInsight")
        caller.post("/api/AI_MemberInsight", insight(someone))
        number = caller.post("/api/Activity", activity(someone)).json()["Identity"]["IdentityElements"][
            "$values"
        ][0]
        caller.put(
            f"/api/Party/{someone}",
            caller.get(f"/api/Party/{someone}").json() | {"FunctionalTitle": "Chief Engineer"},
        )
        caller.edit(op="delete", id=other)
        before = caller.get(f"/api/Party/{someone}").json()

    with start(members=999, store=str(tmp_path)) as running, Caller(running) as caller:
        assert caller.get(f"/api/Party/{someone}").json() == before
        assert bag(caller.get(f"/api/Activity/{number}").json())["PartyId"] == someone
        assert [bag(r)["ChurnScore"]["$value"] for r in caller.items("/api/AI_MemberInsight")] == [72]
        assert caller.get(f"/api/Party/{other}").status_code == 404
        assert len(caller.get("/_sandbox/log").json()) == 6
        caller.post("/_sandbox/reset")

    with start(store=str(tmp_path)) as running, Caller(running) as caller:
        assert caller.get(f"/api/Party/{other}").status_code == 200


def test_the_program_serves_and_says_where(tmp_path):
    command = [sys.executable, "-m", "imis_ai.sandbox", "--members", "50", "--port", "0", "--today", TODAY]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        line = process.stderr.readline()
        url = line.split("http://")[1].split("/")[0]
        running = type("Elsewhere", (), {"url": f"http://{url}"})
        with Caller(running) as caller:
            assert caller.get("/api/Party", limit=1).json()["TotalCount"] > 40
    finally:
        process.terminate()
        process.wait(10)
        process.stderr.close()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["--members", "300000"], "--members: between 1 and 200,000, not 300,000"),
        (["--archive", "/nowhere"], "/nowhere holds no members.csv"),
        (["--today", "tomorrow"], "tomorrow"),
    ],
)
def test_bad_input_is_one_sentence_and_code_2(given, says):
    done = run("--port", "0", *given)

    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_the_defaults_are_those_of_the_demo():
    given = arguments([])

    assert (given.port, given.members, given.seed, given.token_seconds) == (8100, 5000, 1, 1199)


def test_it_imports_nothing_of_the_product():
    code = "import sys, imis_ai.sandbox.server; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)

    ours = {name for name in done.stdout.split() if name.startswith("imis_ai.")}
    assert {name for name in ours if not name.startswith("imis_ai.sandbox")} == set()
    assert "django" not in done.stdout.split()


def test_a_small_site_starts_within_a_second():
    began = time.process_time()
    with start(members=300, today=TODAY):
        took = time.process_time() - began

    assert took < 1 * slowness()


def test_a_page_of_the_bulk_feeds_is_made_within_15_milliseconds():
    with start(members=2000, today=TODAY) as running, Caller(running) as caller:
        for name in ("WebActivity", "EmailEvents", "Terms", "Registrations", "Invoices"):
            url = f"/api/query?QueryName=$/imis_ai/{name}&limit=500"
            caller.get(url)
            took = []
            for _ in range(9):
                began = time.process_time()
                assert caller.get(url).status_code == 200
                took.append(time.process_time() - began)

            assert sorted(took)[4] < 0.015 * slowness(), name
