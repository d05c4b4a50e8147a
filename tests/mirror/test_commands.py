"""The commands: exit codes, one sentence for every bad input, one JSON object on stdout."""

import json

import pytest
from django.core.management import call_command

from imis_ai.mirror import models
from imis_ai.mirror.actions import lease

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def configured(site, settings):
    settings.IMIS_URL = site.running.url
    settings.IMIS_USERNAME, settings.IMIS_PASSWORD = "imis_ai", "sandbox"
    settings.IMIS_IS_TEST_SYSTEM = True
    settings.IMIS_REQUESTS_PER_MINUTE = 0
    settings.TIME_ZONE = "America/Chicago"
    return site


def run(capsys, *args: str) -> tuple[int, str, str]:
    code = 0
    try:
        call_command(*args)
    except SystemExit as ended:
        code = ended.code
    told = capsys.readouterr()
    return code, told.out, told.err


def test_sync_reports_every_feed_as_one_json_object(configured, capsys):
    code, out, _ = run(capsys, "sync", "--json")

    told = json.loads(out)
    assert code == 0
    assert {feed["name"] for feed in told["feeds"]} >= {"members", "terms", "member_ids"}
    assert told["requests"] > 20
    assert models.Member.objects.exists()


def test_sync_of_one_feed_in_words(configured, capsys):
    code, out, _ = run(capsys, "sync", "--resource", "chapters")

    assert code == 0
    assert out.split() == ["chapters", "8", "rows", "8", "new", "0", "changed"]


@pytest.mark.parametrize(
    ("changed", "code", "sentence"),
    [
        ({"args": ("--resource", "nothing")}, 2, "There is no feed nothing."),
        ({"IMIS_URL": ""}, 4, "IMIS_URL"),
        ({"IMIS_PASSWORD": "wrong"}, 4, "password"),
        ({"IMIS_IS_TEST_SYSTEM": False}, 4, "https"),
        ({"IMIS_MAPPING_FILE": "/nowhere.json"}, 2, "nowhere.json"),
    ],
    ids=["feed", "address", "password", "not https", "mapping"],
)
def test_bad_input_of_sync_has_its_code_and_sentence(configured, settings, capsys, changed, code, sentence):
    args = changed.pop("args", ())
    for name, value in changed.items():
        setattr(settings, name, value)

    ended, out, err = run(capsys, "sync", "--json", *args)

    assert (ended, sentence in err) == (code, True), err
    assert json.loads(out)["problem"] in err
    assert models.Member.objects.count() == 0


def test_a_run_beside_a_running_one_is_refused(configured, capsys, other_connection):
    with other_connection(lease.held):
        code, _, err = run(capsys, "sync")

    assert code == 3
    assert "iMIS is being read already" in err


def test_the_mapping_is_tried_without_storing_anything(configured, capsys):
    code, out, _ = run(capsys, "mapping", "--json")

    feeds = json.loads(out)["feeds"]
    assert code == 0
    assert {feed["resource"] for feed in feeds} >= {"members", "activities"}
    assert models.Member.objects.count() == models.Feed.objects.count() == 0

    code, out, _ = run(capsys, "mapping")
    assert "members: /api/Party" in out


def test_a_mapping_against_a_dead_imis_ends_with_4(configured, settings, capsys):
    settings.IMIS_PASSWORD = "wrong"

    assert run(capsys, "mapping")[0] == 4
