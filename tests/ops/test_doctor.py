"""The doctor names what is wrong and what to do, in words and as JSON."""

import json
import socket
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from imis_ai.jobs.models import JobRun
from imis_ai.ops import environment

pytestmark = pytest.mark.django_db


def doctor(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        call_command("doctor", *arguments)
    return stop.value.code, capsys.readouterr().out


def report(capsys, *arguments):
    code, out = doctor(capsys, "--json", *arguments)
    answer = json.loads(out)
    assert answer["exit_code"] == code
    return code, {finding["name"]: finding for finding in answer["findings"]}, answer["endpoints"]


def test_a_sound_installation(imis, capsys):
    code, findings, endpoints = report(capsys, "--port", "0")

    assert code == 0
    assert [name for name, finding in findings.items() if finding["state"] in ("failed", "warning")] == []
    assert findings["Database"]["detail"].startswith("PostgreSQL 1")
    assert findings["pgvector"]["state"] in ("ok", "off")
    assert findings["Migrations"]["detail"] == "all applied"
    assert endpoints != []


@pytest.mark.row("GOV-09")
def test_every_endpoint_is_listed_before_the_first_sync_with_what_it_is_for(imis, capsys):
    _, _, endpoints = report(capsys)
    _, text = doctor(capsys)

    states = {endpoint["resource"]: endpoint["state"] for endpoint in endpoints}
    assert {"members", "terms", "activities", "payments"} <= set(states)
    assert set(states.values()) <= {"readable", "writable", "denied"}
    assert all(endpoint["detail"] and endpoint["path"] for endpoint in endpoints)
    for endpoint in endpoints:
        assert any(endpoint["resource"] in line and endpoint["state"] in line for line in text.splitlines())


@pytest.mark.row("GOV-08")
def test_with_an_account_that_only_reads_nothing_is_wrong(imis, capsys):
    imis.IMIS_USERNAME = "reader"

    code, _, endpoints = report(capsys)

    assert code == 0
    assert "writable" not in {endpoint["state"] for endpoint in endpoints}
    assert all(
        e["state"] == "readable" for e in endpoints if e["resource"] in ("members", "terms", "web_visits")
    )


def test_imis_away_is_exit_4_with_one_sentence(imis, capsys):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        imis.IMIS_URL = f"http://127.0.0.1:{held.getsockname()[1]}"

        code, findings, _ = report(capsys)

    assert code == 4
    assert findings["iMIS"]["state"] == "failed"
    assert findings["iMIS"]["detail"].endswith(".")


def test_without_imis_the_rest_is_examined(settings, capsys):
    settings.IMIS_URL = ""

    code, findings, _ = report(capsys)

    assert code == 0
    assert (findings["iMIS"]["state"], findings["iMIS"]["fix"]) == ("off", "Set IMIS_URL.")


def test_redis_away_is_named_and_the_pages_are_said_to_work(settings, capsys):
    settings.REDIS_URL = "unix:///nowhere/redis.sock"

    code, findings, _ = report(capsys)

    assert code == 2
    assert "pages work, jobs wait" in findings["Redis"]["detail"]


def test_jobs_that_nobody_takes_are_noticed(settings, capsys):
    JobRun.objects.create(name="mirror.sync", created_at=timezone.now() - timedelta(minutes=5))

    _, findings, _ = report(capsys)

    assert findings["Jobs"]["state"] == "warning"
    assert "start worker and dispatcher" in findings["Jobs"]["fix"]


def test_an_unsafe_setting_is_exit_2_with_what_to_do(settings, capsys):
    settings.PSEUDONYM_KEY = "short"

    code, text = doctor(capsys)

    assert code == 2
    assert "NO  Settings    PSEUDONYM_KEY is shorter than 32 bytes." in text
    assert "Set PSEUDONYM_KEY or PSEUDONYM_KEY_FILE to a random text." in text


def test_a_full_disk_and_a_taken_port_are_noticed(monkeypatch, capsys):
    usage = environment.shutil.disk_usage("/")
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda path: usage._replace(free=2**30))
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        code, findings, _ = report(capsys, "--port", str(server.getsockname()[1]))

    assert code == 2
    assert findings["Disk"]["detail"].startswith("1 GiB free")
    assert findings["Port"]["state"] == "warning"
