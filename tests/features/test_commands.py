"""build_features: figures on stdout, a sentence and exit code 2 for bad input, nothing changed then."""

import json

import pytest
from django.core.management import call_command

from imis_ai.features.models import Snapshot
from imis_ai.jobs import registry
from imis_ai.jobs.progress import Progress
from tests.factories.features import DAY, did, people

pytestmark = pytest.mark.django_db


def test_build_features(capsys):
    did(people(2)[0], "login", -5)

    call_command("build_features", "--as-of", DAY.isoformat(), "--json")

    figures = json.loads(capsys.readouterr().out)
    assert figures["as_of"] == "2026-01-01"
    assert figures["members"] == 2
    assert figures["features"] > 150
    assert "mail.sent_30" in figures["not_available"]
    assert "portal.logins_30" not in figures["not_available"]


def test_build_features_for_people(capsys):
    people(2)

    call_command("build_features", "--as-of", DAY.isoformat())

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("2026-01-01: 2 members, ")
    assert lines[1].startswith("Not available, since iMIS holds nothing to compute them from: ")


@pytest.mark.parametrize(
    ("as_of", "sentence"),
    [
        ("1 March", "--as-of: '1 March' is no date. Write one like "),
        ("2026-02-30", "--as-of: '2026-02-30' is no date."),
        ("9999-01-01", "--as-of: 9999-01-01 is in the future. Use "),
        ("2026-01-01", "There are no members yet. Run `manage.py sync`"),
    ],
)
def test_bad_input_is_told_in_one_sentence(as_of, sentence, capsys):
    with pytest.raises(SystemExit) as end:
        call_command("build_features", "--as-of", as_of, "--json")

    said = capsys.readouterr()
    assert end.value.code == 2
    assert sentence in json.loads(said.out)["problem"]
    assert sentence in said.err
    assert not Snapshot.objects.exists()


def test_the_monthly_job_builds_firsts_of_months_and_today():
    did(people(2, joined_on=None)[0], "login", -900)
    progress = Progress()

    built = registry.find("features.snapshots").work(progress, months=3)

    assert len(built) in (3, 4)  # on the first of a month today is one of them
    assert [each.as_of.day for each in built[:3]] == [1, 1, 1]
    stage = progress.stages()[-1]
    assert stage["done"] == stage["total"] == len(built)
