"""Settings that a reachable installation may not have. The web application refuses to start with them."""

import os
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

TAG = "imis_ai"
KEYS = ("SECRET_KEY", "PSEUDONYM_KEY", "ARTEFACT_KEY", "ERASURE_KEY", "AUDIT_KEY", "WEBHOOK_KEY")
SHORTEST_KEY = 32  # bytes
LOCAL = {"localhost", "127.0.0.1", "[::1]", "testserver"}


def refuse_unsafe() -> None:
    """For the web application's start, which runs no system checks. Raises ImproperlyConfigured."""
    problems = checks.run_checks(tags=[TAG])
    if problems:
        raise ImproperlyConfigured("\n".join(f"{problem.msg} {problem.hint}" for problem in problems))


def is_reachable() -> bool:
    """Whether others than this machine may open the site."""
    return bool(set(settings.ALLOWED_HOSTS) - LOCAL)


@checks.register(TAG)
def keys(**_: object) -> list[checks.CheckMessage]:
    """Five different keys, long enough, and in production given from outside."""
    problems = []
    values = {name: getattr(settings, name) for name in KEYS}
    for name, value in values.items():
        if len(value.encode()) < SHORTEST_KEY:
            problems.append(
                _error(
                    1,
                    f"{name} is shorter than {SHORTEST_KEY} bytes.",
                    f"Set {name} or {name}_FILE to a random text.",
                )
            )
        if is_reachable() and not (os.environ.get(name) or os.environ.get(f"{name}_FILE")):
            problems.append(
                _error(
                    2,
                    f"{name} was made up on this machine.",
                    f"Set {name}_FILE to a file that every container has.",
                )
            )
    if len(set(values.values())) < len(KEYS):
        problems.append(
            _error(3, f"{', '.join(KEYS)} are not all different.", "Give each a random text of its own.")
        )
    return problems


@checks.register(TAG)
def site(**_: object) -> list[checks.CheckMessage]:
    """No debug pages, demo logins or open transport where others can reach the site."""
    if not is_reachable():
        return []
    hosts = ", ".join(settings.ALLOWED_HOSTS)
    rules = (
        (4, settings.DEBUG, f"DEBUG is on although {hosts} may be reached.", "Unset DEBUG."),
        (5, settings.DEMO, f"IMIS_AI_DEMO is on although {hosts} may be reached.", "Unset IMIS_AI_DEMO."),
        (
            6,
            not settings.BEHIND_TLS,
            f"{hosts} would be served over plain http.",
            "Put a proxy with a certificate in front and set BEHIND_TLS=1.",
        ),
        (
            7,
            "*" in settings.ALLOWED_HOSTS,
            "ALLOWED_HOSTS allows any host name.",
            "List the names of the site.",
        ),
        (
            9,
            not settings.MFA_REQUIRED,
            f"MFA_REQUIRED is off although {hosts} may be reached.",
            "Unset MFA_REQUIRED: whoever sees members or approves signs in with two steps.",
        ),
        (
            10,
            bool(settings.OIDC_NAME) and urlsplit(settings.OIDC_ISSUER).scheme != "https",
            "OIDC_ISSUER is not https.",
            "Use the https address of the identity provider, or unset OIDC_NAME.",
        ),
    )
    return [_error(number, text, hint) for number, broken, text, hint in rules if broken]


@checks.register(TAG)
def imis(**_: object) -> list[checks.CheckMessage]:
    """Member data and the password travel encrypted."""
    if (
        settings.IMIS_URL
        and urlsplit(settings.IMIS_URL).scheme != "https"
        and not settings.IMIS_IS_TEST_SYSTEM
    ):
        return [
            _error(
                8,
                "IMIS_URL is not https.",
                "Use the https address, or set IMIS_IS_TEST_SYSTEM=1 for a test system.",
            )
        ]
    return []


def _error(number: int, text: str, hint: str) -> checks.Error:
    return checks.Error(text, hint=hint, id=f"imis_ai.E{number:03}")
