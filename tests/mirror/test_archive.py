"""The archive import: a good archive is stored whole, a bad one names every problem and changes nothing."""

import json
import os
import time
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command

from imis_ai.jobs.progress import SILENT
from imis_ai.mirror import actions, models
from imis_ai.mirror.upsert.tables import TABLES
from tests.mirror.conftest import NOW, ZONE, contents

pytestmark = pytest.mark.django_db

MEMBERS = "imis_id,join_date\n101,2020-01-01\n102,2021-01-01\n"
GOOD = {
    "members.csv": (
        "imis_id,kind,first_name,last_name,chapter,tier,join_date,auto_renew,email_consent,sms_consent,shoe_size\n"
        "101,person,Ada,Lovelace,TEX,FEL,2020-01-01,yes,true,false,38\n"
        "102,organisation,,Alder Works,,,2021-01-01,,,,\n"
    ),
    "terms.csv": "imis_id,start_on,end_on,tier,price,method\n101,2025-01-01,2025-12-31,FEL,250.00,card\n",
    "activities.csv": (
        "activity_id,imis_id,kind,at,quantity,amount\n"
        "7,101,login,2025-03-01T10:00:00,,\n,101,chess_club,2025-03-02,2,\n,101,chess_club,2025-03-02,2,\n"
    ),
    "events.csv": "event_id,name,kind,starts_at\nE1,Spring,webinar,2025-04-01T18:00\n",
    "registrations.csv": "event_id,imis_id,registered_at,attended\nE1,101,2025-03-15,true\n",
    "invoices.csv": (
        "invoice_id,imis_id,issued_on,due_on,amount,paid_on\nI1,101,2025-01-01,2025-01-31,250,2025-02-03\n"
    ),
    "payments.csv": (
        "payment_id,received_on,amount,imis_id,status,decline_code\n"
        "P1,2025-02-03,250.00,101,,\nP2,2025-02-01,250.00,101,failed,expired_card\nP3,2025-02-01,10,,,\n"
    ),
    "texts.csv": (
        'text_id,imis_id,source,at,body\nX1,101,survey,2025-05-01,"Two\nlines"\nX2,,survey,2025-05-01,Nobody\n'
    ),
    "committees.csv": "imis_id,committee,role,start_on,end_on\n101,Education,Chair,2024-01-01,\n",
    "tiers.csv": "tier,rank,description\nFEL,3,Fellows\n",
    "prices.csv": "tier,effective_on,price\nFEL,2025-01-01,250\n",
    "benefits.csv": "benefit,annual_cost\nLibrary,12.50\n",
    "tier_benefits.csv": "tier,benefit\nFEL,Library\n",
    "chapters.csv": "chapter,name,region\nTEX,Texas,South\n",
    "changes.csv": "on,what\n2025-01-01,Dues rose\n",
    "notes.csv": "a\n1\n",
}


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def load(folder: Path) -> actions.Imported:
    return actions.import_archive(folder=folder, zone=ZONE, now=NOW, progress=SILENT)


def test_every_file_of_an_archive_is_stored(tmp_path):
    result = load(write(tmp_path / "a", GOOD))

    ada = models.Member.objects.get(imis_id="101")
    assert (ada.name, ada.chapter.name, ada.tier.rank, ada.auto_renew) == ("Ada Lovelace", "Texas", 3, True)
    assert dict(ada.consent_set.values_list("channel", "granted")) == {"email": True, "sms": False}
    assert ada.term_set.get().price == Decimal(250)
    assert sorted(ada.activity_set.values_list("kind", flat=True)) == ["chess_club", "chess_club", "login"]
    assert ada.registration_set.get().event.name == "Spring"
    assert ada.invoice_set.get().paid_on.isoformat() == "2025-02-03"
    assert ada.payment_set.get().amount == Decimal(250)
    assert (ada.paymentattempt_set.get().succeeded, ada.paymentattempt_set.get().decline_code) == (
        False,
        "expired_card",
    )
    assert ada.text_set.get().body == "Two\nlines"
    assert models.Text.objects.get(key="X2").member is None
    assert ada.committeerole_set.get().role == "Chair"
    assert (
        models.TierPrice.objects.count()
        == models.Benefit.objects.count()
        == models.TierBenefit.objects.count()
        == 1
    )
    assert models.ProgrammeChange.objects.get().what == "Dues rose"
    assert "members.csv: column shoe_size is not known and was ignored." in result.notes
    assert "notes.csv is not part of an archive and was ignored." in result.notes
    assert "events.csv: without chapter, fee." in result.notes


def test_local_times_are_read_in_the_site_zone(tmp_path):
    load(write(tmp_path / "a", GOOD))

    assert models.Activity.objects.get(key="act:7").at.isoformat() == "2025-03-01T16:00:00+00:00"


def test_loading_twice_changes_nothing(tmp_path):
    folder = write(tmp_path / "a", GOOD)
    first = load(folder)
    before = contents()

    second = load(folder)

    assert first.inserted == 23
    assert (second.inserted, second.changed) == (0, 0)
    assert contents() == before


def test_a_zip_of_a_folder_is_the_same(tmp_path):
    load(write(tmp_path / "a", GOOD))
    before = contents()
    for table in TABLES.values():
        table.model.objects.all().delete()
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in GOOD.items():
            archive.writestr(f"export/{name}", text)

    load(tmp_path / "a.zip")

    assert contents() == before


BAD = {
    "no members": ({"terms.csv": "x"}, "a: holds no members.csv, which every archive needs."),
    "no column": (
        {"members.csv": "imis_id,joined\n1,2020-01-01\n"},
        "members.csv, line 1: has no column join_date. Add it to the first row.",
    ),
    "semicolons": (
        {"members.csv": "imis_id;join_date\n1;2020-01-01\n"},
        (
            "members.csv, line 1: has no column imis_id, join_date. Add it to the first row."
            " Separate the columns by commas."
        ),
    ),
    "column twice": (
        {"members.csv": "imis_id,join_date,join_date\n1,2020-01-01,2020-01-01\n"},
        "members.csv, line 1: has the column join_date twice. Keep one.",
    ),
    "empty file": (
        {"members.csv": ""},
        "members.csv, line 1: has no column imis_id, join_date. Add it to the first row.",
    ),
    "date": (
        {"members.csv": "imis_id,join_date\n1,31/12/2020\n"},
        "members.csv, line 2, join_date: “31/12/2020” is not a date. Write it like 2025-12-31.",
    ),
    "impossible date": (
        {"members.csv": "imis_id,join_date\n1,2021-02-29\n"},
        "members.csv, line 2, join_date: “2021-02-29” is not a date. Write it like 2025-12-31.",
    ),
    "year": (
        {"members.csv": "imis_id,join_date\n1,0021-02-20\n"},
        "members.csv, line 2, join_date: “0021-02-20” is not in a plausible year.",
    ),
    "required": (
        {"members.csv": "imis_id,join_date\n1,\n"},
        "members.csv, line 2, join_date: is empty. Fill it in.",
    ),
    "same member": (
        {"members.csv": MEMBERS + "101,2020-01-01\n"},
        "members.csv, line 4: “101” stands on an earlier line too. Keep one of them.",
    ),
    "cells": (
        {"members.csv": "imis_id,join_date\n1,2020-01-01,x\n"},
        "members.csv, line 2: has 3 cells where the first row has 2.",
    ),
    "quotes": (
        {"members.csv": 'imis_id,join_date\n1,"2020-01-01\n2,2020-01-01\n'},
        "members.csv, line 2: can't be read further (unexpected end of data). Check the quotation marks.",
    ),
    "latin-1": (
        {"members.csv": "imis_id,join_date,city\n1,2020-01-01,Köln\n".encode("latin-1")},
        "members.csv, line 2: is not UTF-8 (perhaps Windows-1252). Save it as “CSV UTF-8”.",
    ),
    "utf-16": (
        {"members.csv": MEMBERS.encode("utf-16")},
        "members.csv: is UTF-16. Save it as “CSV UTF-8”.",
    ),
    "nul": (
        {"members.csv": b"imis_id,join_date\n1,2020-01-01\n\x00,2020-01-01\n"},
        "members.csv, line 3: holds a NUL byte and is no plain text. Export it again.",
    ),
    "long": (
        {"members.csv": f"imis_id,join_date\n{'9' * 61},2020-01-01\n"},
        "members.csv, line 2, imis_id: is 61 characters long; 60 is the most.",
    ),
    "kind": (
        {"members.csv": "imis_id,kind,join_date\n1,cat,2020-01-01\n"},
        "members.csv, line 2, kind: “cat” is not known. Write organisation or person.",
    ),
    "yes or no": (
        {"members.csv": "imis_id,join_date,auto_renew\n1,2020-01-01,perhaps\n"},
        "members.csv, line 2, auto_renew: “perhaps” is not true or false. Write one, or nothing.",
    ),
    "birth year": (
        {"members.csv": "imis_id,join_date,birth_year\n1,2020-01-01,75\n"},
        "members.csv, line 2, birth_year: “75” is not a whole number from 1,800 to 2,200.",
    ),
    "unknown member": (
        {"members.csv": MEMBERS, "terms.csv": "imis_id,start_on,end_on\n999,2025-01-01,2025-12-31\n"},
        "terms.csv, line 2, imis_id: there is no member “999”. Add it to members.csv or drop the row.",
    ),
    "end before start": (
        {"members.csv": MEMBERS, "terms.csv": "imis_id,start_on,end_on\n101,2025-01-01,2024-12-31\n"},
        "terms.csv, line 2: end_on 2024-12-31 lies before start_on 2025-01-01. Correct one of them.",
    ),
    "same term": (
        {
            "members.csv": MEMBERS,
            "terms.csv": "imis_id,start_on,end_on\n101,2025-01-01,2025-12-31\n101,2025-01-01,2025-06-30\n",
        },
        "terms.csv, line 3: “101:2025-01-01” stands on an earlier line too. Keep one of them.",
    ),
    "decimal comma": (
        {
            "members.csv": MEMBERS,
            "terms.csv": 'imis_id,start_on,end_on,price\n101,2025-01-01,2025-12-31,"1.250,00"\n',
        },
        "terms.csv, line 2, price: “1.250,00” is not a plain number. Write it like 1234.50.",
    ),
    "dollar": (
        {
            "members.csv": MEMBERS,
            "terms.csv": "imis_id,start_on,end_on,price\n101,2025-01-01,2025-12-31,$250\n",
        },
        "terms.csv, line 2, price: “$250” is not a plain number. Write it like 1234.50.",
    ),
    "cents": (
        {
            "members.csv": MEMBERS,
            "terms.csv": "imis_id,start_on,end_on,price\n101,2025-01-01,2025-12-31,1.005\n",
        },
        "terms.csv, line 2, price: “1.005” has more than two decimals. Round it to cents.",
    ),
    "full-width digits": (
        {
            "members.csv": MEMBERS,
            "terms.csv": "imis_id,start_on,end_on,price\n101,2025-01-01,2025-12-31,\uff11\uff12\n",
        },
        "terms.csv, line 2, price: “\uff11\uff12” is not a plain number. Write it like 1234.50.",
    ),
    "time": (
        {"members.csv": MEMBERS, "activities.csv": "imis_id,kind,at\n101,login,2025-01-01 25:00\n"},
        (
            "activities.csv, line 2, at: “2025-01-01 25:00” is not a date or time."
            " Write it like 2025-12-31 or 2025-12-31T18:30:00."
        ),
    ),
    "unknown event": (
        {"members.csv": MEMBERS, "registrations.csv": "event_id,imis_id,registered_at\nE9,101,2025-01-01\n"},
        "registrations.csv, line 2, event_id: there is no event “E9”. Add it to events.csv or drop the row.",
    ),
    "same id": (
        {
            "members.csv": MEMBERS,
            "activities.csv": "activity_id,imis_id,kind,at\n" + "1,101,login,2025-01-01\n" * 2,
        },
        "activities.csv, line 3: “act:1” stands on an earlier line too. Keep one of them.",
    ),
    "declined without member": (
        {
            "members.csv": MEMBERS,
            "payments.csv": "payment_id,received_on,amount,status\nP,2025-01-01,5,failed\n",
        },
        "payments.csv, line 2: imis_id is empty, but a declined charge belongs to a member. Fill it in.",
    ),
}


@pytest.mark.parametrize(("files", "sentence"), BAD.values(), ids=BAD.keys())
def test_a_problem_is_named_and_nothing_is_loaded(tmp_path, files, sentence):
    with pytest.raises(actions.BadArchive) as refused:
        load(write(tmp_path / "a", files))

    assert sentence in refused.value.sentences
    assert models.Member.objects.count() == models.Chapter.objects.count() == 0


def test_twenty_problems_are_shown_and_the_rest_counted(tmp_path, capsys):
    folder = write(
        tmp_path / "a", {"members.csv": "imis_id,join_date\n" + "".join(f"{n},x\n" for n in range(2000))}
    )

    with pytest.raises(SystemExit) as ended:
        call_command("import_archive", str(folder), "--json")

    told = json.loads(capsys.readouterr().out)
    assert ended.value.code == 2
    assert (len(told["problems"]), told["count"]) == (21, 2000)
    assert told["problems"][-1] == "and 1,980 more problems"


def test_all_files_are_checked_before_any_is_loaded(tmp_path):
    files = GOOD | {"changes.csv": "on,what\nyesterday,Dues rose\n"}

    with pytest.raises(actions.BadArchive):
        load(write(tmp_path / "a", files))

    assert models.Member.objects.count() == models.Tier.objects.count() == 0


def zipped(path: Path, entries: dict[str, bytes], **more) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in entries.items():
            archive.writestr(name, body)
    return path


def test_a_zip_that_leads_out_or_explodes_is_refused_quickly(tmp_path):
    good = {"members.csv": MEMBERS.encode()}
    cases = {
        "leads out of the folder": good | {"../terms.csv": b"x"},
        "unpacks to more than 200 times": {"members.csv": b"0" * 50_000_000},
        "holds 101 files": {f"{n}.csv": b"" for n in range(101)},
        "twice": good | {"b/members.csv": b"x"},
    }
    for number, (words, entries) in enumerate(cases.items()):
        archive = zipped(tmp_path / f"{number}.zip", entries)
        started = time.monotonic()

        with pytest.raises(actions.BadArchive, match=words):
            load(archive)

        assert time.monotonic() - started < 1


def test_a_damaged_zip_or_another_file_is_refused(tmp_path):
    damaged = zipped(tmp_path / "a.zip", {"members.csv": os.urandom(5000).hex().encode()})
    body = bytearray(damaged.read_bytes())
    body[200:300] = b"x" * 100
    damaged.write_bytes(body)
    other = tmp_path / "members.xlsx"
    other.write_bytes(b"no zip")

    for path, words in (
        (damaged, "can't be unpacked"),
        (other, "not a folder or a zip"),
        (tmp_path / "no", "exist"),
    ):
        with pytest.raises(actions.BadArchive, match=words):
            load(path)


def test_the_command_reports_counts_as_json(tmp_path, capsys):
    call_command("import_archive", str(write(tmp_path / "a", GOOD)), "--json")

    told = json.loads(capsys.readouterr().out)
    assert told["files"]["members.csv"] == {
        "rows": 2,
        "inserted": 4,
        "changed": 0,
        "unchanged": 0,
        "rejected": 0,
    }
    assert told["inserted"] == 23


@pytest.mark.skipif(
    "ORCHESTRA_ARCHIVE" not in os.environ, reason="ORCHESTRA_ARCHIVE names no folder: NOT CHECKED"
)
def test_the_orchestra_archive_loads_in_ten_seconds():
    result = load(Path(os.environ["ORCHESTRA_ARCHIVE"]))

    assert result.seconds < 10
    assert models.Member.objects.count() == 3912
    assert models.Activity.objects.count() == 15_923
    assert models.Term.objects.count() == 14_233
    assert models.Registration.objects.count() == 1320
    assert models.Reject.objects.count() == 0
