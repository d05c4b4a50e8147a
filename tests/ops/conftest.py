"""A sandbox iMIS that the settings point to."""

import pytest

from imis_ai.sandbox import server


@pytest.fixture(scope="session")
def running():
    with server.running(members=300) as found:
        yield found


@pytest.fixture
def imis(running, settings):
    """Settings for the sandbox; change `IMIS_USERNAME` and the like on what is returned."""
    settings.IMIS_URL = running.url
    settings.IMIS_USERNAME, settings.IMIS_PASSWORD = "imis_ai", "sandbox"
    settings.IMIS_IS_TEST_SYSTEM = True
    settings.IMIS_REQUESTS_PER_MINUTE = 60_000
    settings.IMIS_QUIET_HOURS = ""
    return settings
