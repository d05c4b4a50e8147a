"""Until when the certificate of iMIS is good, from one handshake."""

import datetime as dt
import ssl

import pytest

from imis_ai.imis.certificate import good_until
from imis_ai.imis.errors import Refused, Unreachable
from tests.imis.listener import Listener
from tests.imis.test_guard import certificate, serving  # noqa: F401  a fixture and its server


def trusting(certificate):  # noqa: F811
    return ssl.create_default_context(cafile=str(certificate))


def test_its_last_day_is_read_and_nothing_is_sent(certificate):  # noqa: F811
    with Listener(tls=serving(certificate)) as site:
        until = good_until(
            f"https://localhost:{site.port}", is_test_system=True, context=trusting(certificate)
        )

    left = until - dt.datetime.now(dt.UTC)
    assert dt.timedelta(hours=20) < left < dt.timedelta(hours=25)
    assert site.received == b""


def test_a_certificate_that_does_not_hold_and_a_silent_host_are_said(certificate):  # noqa: F811
    with (
        Listener(tls=serving(certificate)) as site,
        pytest.raises(Unreachable, match="certificate of localhost is not good"),
    ):
        good_until(f"https://localhost:{site.port}", is_test_system=True)

    with pytest.raises(Unreachable, match="does not answer"):
        good_until("https://127.0.0.1:1", is_test_system=True)


def test_plain_http_has_none_and_an_inner_address_is_not_asked():
    assert good_until("http://127.0.0.1:8100", is_test_system=True) is None

    with pytest.raises(Refused, match="inner network"):
        good_until("https://127.0.0.1:1", is_test_system=False)
