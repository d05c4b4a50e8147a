"""An iMIS inside the association's network: its own authority, a proxy, inner addresses that were named."""

import contextlib
import ipaddress
import socket
import threading

import pytest

from imis_ai.imis import guard
from imis_ai.imis.errors import ImisError, Refused, Unreachable
from imis_ai.imis.route import route
from tests.imis.listener import Listener
from tests.imis.test_guard import certificate, read, serving  # noqa: F401  a fixture

REFUSAL = b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"


def refuses(connection, request):
    connection.sendall(REFUSAL)


class Proxy(Listener):
    """Carries bytes to wherever CONNECT asks, and remembers where."""

    def __init__(self):
        super().__init__(self.carry)
        self.asked = []

    def carry(self, connection, request):
        target = request.split()[1].decode()
        self.asked.append(target)
        host, port = target.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as site:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=pump, args=(site, connection), daemon=True)
            back.start()
            pump(connection, site)
            back.join(2)


def pump(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)


@pytest.mark.row("GOV-17")
def test_an_authority_of_the_association_is_trusted_when_it_is_named_and_no_other(certificate):  # noqa: F811
    own = route(ca_file=str(certificate))

    with Listener(refuses, tls=serving(certificate)) as site:
        address = f"https://localhost:{site.port}"
        with pytest.raises(Unreachable, match="certificate cannot be verified"):
            read(address, is_test_system=True)
        with pytest.raises(ImisError, match="user name and password"):  # it got through to the sign-in
            read(address, is_test_system=True, route=own)


@pytest.mark.row("GOV-17")
def test_through_a_proxy_only_the_proxy_is_contacted_and_the_certificate_still_holds(certificate):  # noqa: F811
    with Listener(refuses, tls=serving(certificate)) as site, Proxy() as proxy:
        address, way = f"https://localhost:{site.port}", f"http://127.0.0.1:{proxy.port}"
        with pytest.raises(ImisError, match="user name and password"):
            read(address, route=route(ca_file=str(certificate), proxy=way))
        with pytest.raises(Unreachable, match="certificate cannot be verified"):
            read(address, route=route(proxy=way))

    assert proxy.asked == [f"localhost:{site.port}"] * 2


@pytest.mark.row("GOV-17")
def test_an_inner_address_is_contacted_where_its_network_was_named(monkeypatch):
    inner = route(private="10.20.0.0/16, fd12:3456::/32")

    def resolve(address):
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: [(kind, 1, 6, "", (address, 443))])

    for address in ("10.20.3.4", "fd12:3456::1"):
        resolve(address)
        assert guard.lookup("imis.inside", 443, may_be_inner=False, route=inner) == [address]
    for address in ("10.21.0.1", "127.0.0.1", "::1", "169.254.169.254", "::ffff:10.20.3.4", "192.168.1.1"):
        resolve(address)
        with pytest.raises(Refused, match="IMIS_PRIVATE_NETWORKS"):
            guard.lookup("imis.inside", 443, may_be_inner=False, route=inner)
    assert ipaddress.ip_network("10.20.0.0/16") in inner.private


@pytest.mark.parametrize(
    "wrong",
    [
        {"private": "127.0.0.0/8"},
        {"private": "169.254.0.0/16"},
        {"private": "0.0.0.0/0"},
        {"private": "::/0"},
        {"private": "inside"},
        {"proxy": "proxy.inside:3128"},
        {"proxy": "ftp://proxy.inside"},
    ],
)
def test_a_way_that_would_open_too_much_is_refused(wrong):
    with pytest.raises(Refused, match="IMIS_PR"):
        route(**wrong)


def test_a_file_without_a_certificate_is_refused(tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")

    with pytest.raises(Refused, match="IMIS_CA_FILE"):
        route(ca_file=str(tmp_path / "ca.pem")).tls()
