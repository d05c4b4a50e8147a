"""Unsafe settings are refused where others can reach the site, and nowhere else."""

import pytest
from django.core import checks as system
from django.core.exceptions import ImproperlyConfigured

from imis_ai.ops import checks

KEYS = {name: f"{name.lower()}-{'x' * 40}" for name in checks.KEYS}


@pytest.fixture
def production(settings, monkeypatch):
    """A site as it should be; each test breaks one thing."""
    settings.ALLOWED_HOSTS = ["ai.example.org", "localhost"]
    settings.BEHIND_TLS = settings.MFA_REQUIRED = True
    settings.DEBUG = settings.DEMO = settings.IMIS_IS_TEST_SYSTEM = False
    settings.IMIS_URL = "https://imis.example.org"
    for name, value in KEYS.items():
        setattr(settings, name, value)
        monkeypatch.setenv(f"{name}_FILE", f"/run/secrets/{name.lower()}")
    return settings


def problems():
    return [problem.msg for problem in system.run_checks(tags=[checks.TAG])]


def test_a_proper_site_starts(production):
    assert problems() == []

    checks.refuse_unsafe()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DEBUG", True, "DEBUG is on although ai.example.org, localhost may be reached."),
        ("DEMO", True, "IMIS_AI_DEMO is on although ai.example.org, localhost may be reached."),
        ("BEHIND_TLS", False, "ai.example.org, localhost would be served over plain http."),
        ("ALLOWED_HOSTS", ["*"], "ALLOWED_HOSTS allows any host name."),
        ("MFA_REQUIRED", False, "MFA_REQUIRED is off although ai.example.org, localhost may be reached."),
        ("OIDC_NAME", "Alder ID", "OIDC_ISSUER is not https."),
        ("IMIS_URL", "http://imis.example.org", "IMIS_URL is not https."),
        ("PSEUDONYM_KEY", "short", "PSEUDONYM_KEY is shorter than 32 bytes."),
        (
            "ERASURE_KEY",
            KEYS["SECRET_KEY"],
            f"{', '.join(checks.KEYS)} are not all different.",
        ),
    ],
)
def test_each_unsafe_setting_is_named_and_the_web_application_does_not_start(
    production, name, value, sentence
):
    setattr(production, name, value)

    assert problems() == [sentence]
    with pytest.raises(ImproperlyConfigured, match=sentence[:20]):
        checks.refuse_unsafe()


@pytest.mark.row("GOV-11")
def test_keys_made_up_on_this_machine_do_not_serve_a_reachable_site(production, monkeypatch):
    monkeypatch.delenv("ARTEFACT_KEY_FILE")

    assert problems() == ["ARTEFACT_KEY was made up on this machine."]


def test_on_this_machine_alone_debug_and_demo_are_fine(production):
    production.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
    production.DEBUG = production.DEMO = True
    production.BEHIND_TLS = False

    assert problems() == []


@pytest.mark.row("GOV-10")
def test_a_test_system_may_be_plain_http(production):
    production.IMIS_URL, production.IMIS_IS_TEST_SYSTEM = "http://127.0.0.1:8100", True

    assert problems() == []


def test_every_problem_says_what_to_do(production):
    production.DEBUG = production.DEMO = True
    production.BEHIND_TLS = False
    production.IMIS_URL = "http://imis.example.org"
    production.PSEUDONYM_KEY = production.ERASURE_KEY = "short"

    found = system.run_checks(tags=[checks.TAG])

    assert len(found) == 7
    assert all(problem.hint for problem in found)
    assert len({problem.id for problem in found}) == 6
