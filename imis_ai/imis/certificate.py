"""Until when the certificate of iMIS is good, from one handshake. Nothing is asked and nothing is sent."""

import datetime as dt
import socket
import ssl

from httpcore2 import ConnectError

from imis_ai.imis import guard
from imis_ai.imis.errors import Unreachable
from imis_ai.imis.route import PUBLIC, Route

PATIENCE = 5.0  # seconds


def good_until(
    address: str, *, is_test_system: bool, context: ssl.SSLContext | None = None, route: Route = PUBLIC
) -> dt.datetime | None:
    """None over plain http, and behind a proxy, which does not say.

    Raises `Refused` for an address that may not be contacted, `Unreachable`.
    """
    url = guard.checked_url(address, is_test_system=is_test_system)
    if url.scheme != "https" or route.proxy:
        return None
    tls = context or route.tls()
    port = url.port or 443
    try:
        (first, *_) = guard.lookup(url.host, port, may_be_inner=is_test_system, route=route)
        with (
            socket.create_connection((first, port), timeout=PATIENCE) as plain,
            tls.wrap_socket(plain, server_hostname=url.host) as sealed,
        ):
            found = sealed.getpeercert() or {}
    except ConnectError as error:
        raise Unreachable(f"iMIS at {url.host} is not known. Check IMIS_URL.") from error
    except ssl.SSLCertVerificationError as error:
        raise Unreachable(
            f"The certificate of {url.host} is not good: {error.verify_message}. Ask who runs iMIS."
        ) from error
    except OSError as error:
        raise Unreachable(f"iMIS at {url.host} does not answer. Check IMIS_URL and the firewall.") from error
    return dt.datetime.fromtimestamp(ssl.cert_time_to_seconds(str(found["notAfter"])), dt.UTC)
