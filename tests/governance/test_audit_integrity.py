"""A log that was altered is found out, and the first break is named: by the product and without it."""

import datetime as dt
import json
import random
import shutil
import subprocess
import sys
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from imis_ai.governance import audit
from imis_ai.governance.audit import export, seals, verifier
from imis_ai.governance.models import AuditDetail, AuditEntry, AuditHead, AuditSeal
from tests.governance import tampering

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 15, tzinfo=dt.UTC)
ENTRIES = 12
SEALED_AT = (5, 9)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path) -> Path:
    settings.AUDIT_CHECKPOINT_DIR = tmp_path / "seals"
    return settings.AUDIT_CHECKPOINT_DIR


@pytest.fixture
def log(folder):
    """Twelve entries, two seals, one detail removed and accounted for."""
    for number in range(1, ENTRIES + 1):
        if number == ENTRIES - 1:
            AuditDetail.objects.filter(pk=2).delete()
            audit.record(action=audit.REMOVED, by=None, now=NOW, detail={"removed": [[2, 2]]})
        else:
            audit.record(
                action="test.done",
                by=None,
                now=NOW + dt.timedelta(days=number),
                about=("proposal", str(number)),
                imis_id=f"10{number}",
                detail={"reason": "Zoë asked", "number": number},
                versions={"model": "2026.11"},
            )
        if number in SEALED_AT:
            seals.seal(now=NOW + dt.timedelta(days=number))


def exported(tmp_path, *, has_details=True) -> Path:
    path = tmp_path / "chain.jsonl"
    path.write_text("".join(export.lines(has_details=has_details)), encoding="utf-8")
    return path


def bare_interpreter(*given) -> subprocess.CompletedProcess:
    """The verifier as an auditor runs it: isolated, no packages, no environment."""
    return subprocess.run(
        [sys.executable, "-I", "-S", verifier.__file__, *map(str, given)],
        capture_output=True, text=True, check=False, env={}, cwd="/",
    )  # fmt: skip


def key_file(settings, tmp_path) -> Path:
    path = tmp_path / "audit_key"
    path.write_text(settings.AUDIT_KEY)
    return path


def test_an_untouched_log_is_whole_and_an_erased_detail_is_accounted_for(log):
    verdict = audit.verify()

    assert verdict.sentence == "Whole: 12 entries, 11 details, 1 removed as recorded, 2 seals."
    assert verdict.is_whole


def tampered(ways, times: int) -> list[str]:
    """What was not found, or found later than it happened; empty is good. Every change is rolled back."""
    missed = []
    tampering.open_the_tables()
    for number in range(times):
        chance, way = random.Random(number), ways[number % len(ways)]
        mark = transaction.savepoint()
        seq = way(chance, ENTRIES)
        first = audit.verify().first
        if first is None or first.seq > seq:
            missed.append(f"{number} {way.__name__} at {seq}: {first}")
        transaction.savepoint_rollback(mark)
    return missed


@pytest.mark.row("U15")
@pytest.mark.parametrize("way", tampering.WAYS, ids=lambda way: way.__name__)
def test_whoever_alters_the_log_without_the_key_is_found(log, way):
    assert tampered([way], 5) == []
    assert audit.verify().is_whole


@pytest.mark.row("U15")
@pytest.mark.long
def test_500_alterations_are_all_found(log):
    assert tampered(tampering.WAYS, 500) == []


@pytest.mark.parametrize(
    ("alter", "seq", "words"),
    [
        (lambda: AuditEntry.objects.filter(seq=4).update(actor="x"), 4, "it was changed after it was"),
        (lambda: AuditDetail.objects.filter(pk=7).update(detail="{}"), 7, "its detail was changed"),
        (lambda: AuditDetail.objects.filter(pk=7).delete(), 7, "its detail is gone and no entry says why."),
        (lambda: AuditHead.objects.all().delete(), 13, "the record of where the log ends is gone."),
        (lambda: AuditHead.objects.update(seq=11), 11, "the record of where the log ends was changed."),
        (lambda: AuditSeal.objects.filter(seq=5).delete(), 5, "its seal is missing in the database."),
        (lambda: AuditSeal.objects.filter(seq=5).update(count=6), 5, "its seal in the database differs"),
    ],
)  # fmt: skip
def test_the_first_break_is_named(log, alter, seq, words):
    tampering.open_the_tables()
    alter()

    verdict = audit.verify()

    assert verdict.first.seq == seq
    assert verdict.first.what.startswith(words)
    assert verdict.sentence.startswith(f"Broken at entry {seq}: {words}")


def test_missing_entries_are_counted_in_words(log):
    tampering.open_the_tables()
    AuditDetail.objects.filter(pk__in=[3, 4]).delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM governance_auditentry WHERE seq IN (3, 4)")

    assert audit.verify().first == audit.verify.__globals__["Break"](
        5, "entries 3 to 4 are missing before it."
    )


def test_a_head_that_was_forged_does_not_stop_work_and_is_never_forgotten(log):
    tampering.open_the_tables()
    tampering.truncate(random.Random(4), ENTRIES)
    AuditHead.objects.update(mac="0" * 64)

    audit.record(action="test.done", by=None, now=NOW)

    assert not audit.verify().is_whole
    assert "missing before it" in audit.verify().breaks[0].what


def test_entries_cut_off_are_missed_even_when_the_log_goes_on(log):
    tampering.open_the_tables()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM governance_auditdetail WHERE entry_id > 10")
        cursor.execute("DELETE FROM governance_auditentry WHERE seq > 10")

    audit.record(action="test.done", by=None, now=NOW)

    assert audit.verify().breaks[0].what == "entries 11 to 12 are missing before it."


@pytest.mark.parametrize("file", [0, 1])
@pytest.mark.parametrize("alter", [Path.unlink, lambda path: path.write_text("{}"), "edit"])
def test_a_seal_altered_in_the_second_place_is_named(log, folder, file, alter):
    path = sorted(folder.glob("*.json"))[file]
    if alter == "edit":
        path.write_text(path.read_text().replace('"count":', '"count":1'))
    else:
        alter(path)

    verdict = audit.verify()

    assert not verdict.is_whole
    assert "seal" in verdict.first.what


def test_a_day_without_entries_needs_no_seal_and_a_seal_is_never_replaced(log, folder):
    made = seals.seal(now=NOW)

    assert made.seq == made.count == ENTRIES
    assert seals.seal(now=NOW) is None
    with pytest.raises(FileExistsError):
        (folder / made.file).open("x")


def test_a_second_place_that_cannot_be_written_is_named_and_nothing_is_half_done(log, folder):
    shutil.rmtree(folder)
    folder.write_text("a file where the folder should be")

    with pytest.raises(audit.NotWritten, match="could not be written to"):
        seals.seal(now=NOW)

    assert AuditSeal.objects.count() == len(SEALED_AT)


def test_the_night_checks_then_seals_and_says_what_is_broken(log):
    assert audit.seal_the_day(now=NOW) == "Sealed at entry 13."

    tampering.open_the_tables()
    AuditEntry.objects.filter(seq=3).update(actor="x")

    with pytest.raises(audit.Broken, match="Broken at entry 3: it was changed after it was written"):
        audit.seal_the_day(now=NOW)


@contextmanager
def as_owner():
    """The owner of the tables at work, in a test whose changes are not rolled back."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE governance_auditentry DISABLE TRIGGER audit_entry_is_final")
        yield
        cursor.execute("ALTER TABLE governance_auditentry ENABLE TRIGGER audit_entry_is_final")


@pytest.mark.row("U15")
@pytest.mark.django_db(transaction=True)
def test_the_command_says_whether_the_log_is_whole(log):
    out = StringIO()
    call_command("verify_audit", "--json", stdout=out)
    answer = json.loads(out.getvalue())
    assert (answer["whole"], answer["entries"], answer["first_break"]) == (True, 12, None)

    with as_owner():
        AuditEntry.objects.filter(seq=4).update(object_id="8")
    out = StringIO()
    with pytest.raises(SystemExit) as stop:
        call_command("verify_audit", "--json", stdout=out)

    assert stop.value.code == 3
    assert json.loads(out.getvalue())["first_break"] == {
        "seq": 4,
        "what": "it was changed after it was written.",
    }


@pytest.mark.row("U15")
def test_the_stand_alone_verifier_needs_only_python(log, settings, tmp_path, folder):
    path, key = exported(tmp_path), key_file(settings, tmp_path)

    without = bare_interpreter(path, "--seals", folder)
    with_key = bare_interpreter(path, "--seals", folder, "--key-file", key)

    assert (without.returncode, without.stderr) == (0, "")
    assert (
        with_key.stdout
        == without.stdout
        == (f"Whole: 12 entries, 0 without their detail in this file. Last: {audit.verify().head}\n")
    )
    assert len(Path(verifier.__file__).read_text().splitlines()) < 80


def test_the_export_without_details_holds_no_member_and_verifies(log, tmp_path, folder):
    path = exported(tmp_path, has_details=False)

    said = bare_interpreter(path, "--seals", folder)

    assert said.stdout.startswith("Whole: 12 entries, 11 without their detail in this file.")
    assert "Zoë" not in path.read_text()
    assert '"imis_id":"10' not in path.read_text()


def edit_line(lines, n, old, new):
    assert old in lines[n - 1]
    lines[n - 1] = lines[n - 1].replace(old, new)


@pytest.mark.row("U15")
@pytest.mark.parametrize(
    ("alter", "first"),
    [
        (lambda lines: edit_line(lines, 4, '"object_id":"4"', '"object_id":"5"'), 5),
        (lambda lines: edit_line(lines, 4, "asked", "begged"), 4),
        (lambda lines: lines.pop(6), 8),
        (lambda lines: lines.insert(2, lines.pop(4)), 5),
        (lambda lines: lines.__delitem__(slice(8, None)), 9),
    ],
    ids=["edited", "detail edited", "deleted", "reordered", "cut off before a seal"],
)
def test_without_the_key_an_altered_export_is_found(log, tmp_path, folder, alter, first):
    path = exported(tmp_path)
    lines = path.read_text().splitlines(keepends=True)
    alter(lines)
    path.write_text("".join(lines))

    said = bare_interpreter(path, "--seals", folder)

    assert said.returncode == 1
    assert said.stderr.startswith(f"Broken at entry {first}: ")


def test_a_log_rewritten_as_a_whole_is_found_by_a_seal_kept_elsewhere_or_by_the_key(
    log, settings, tmp_path, folder
):
    tampering.open_the_tables()
    tampering.rewrite(random.Random(1), 3)
    path, key = exported(tmp_path), key_file(settings, tmp_path)

    by_seal, by_key = bare_interpreter(path, "--seals", folder), bare_interpreter(path, "--key-file", key)

    assert by_seal.stderr == "Broken at entry 5: the seal does not fit it.\n"
    assert by_key.stderr.startswith("Broken at entry ")
