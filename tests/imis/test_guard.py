"""The way to the network: hostile addresses, certificates, endless and slow answers, on real sockets."""

import contextlib
import datetime as dt
import gzip
import ipaddress
import resource
import socket
import ssl
import time

import httpcore2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from imis_ai.imis import guard, session
from imis_ai.imis.client import Client
from imis_ai.imis.errors import BadAnswer, ImisError, Refused, Unreachable
from imis_ai.imis.resources import RESOURCES
from tests.imis.fake import CHICAGO, PASSWORD, TOKEN, Clock
from tests.imis.listener import Listener

WEB = RESOURCES["web_visits"]
TOKEN_BODY = f'{{"access_token":"{TOKEN}-abcdef","expires_in":1199}}'.encode()
TOKEN_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(TOKEN_BODY)
) + TOKEN_BODY


def client(url: str, **changes) -> Client:
    clock = Clock()
    made = {
        "username": "imis_ai",
        "password": PASSWORD,
        "names": CHICAGO,
        "requests_per_minute": 0,
        "clock": clock,
        "sleep": clock.sleep,
    }
    return Client(base_url=url, **(made | changes))


def read(url: str, **changes) -> None:
    with client(url, **changes) as made:
        list(made.pages(WEB))


HOSTILE = [
    "http://127.0.0.1:{port}",
    "http://imis.example.org:{port}",
    "https://127.0.0.1:{port}",
    "https://localhost:{port}",
    "https://LOCALHOST.:{port}",
    "https://127.1:{port}",
    "https://127.0.1:{port}",
    "https://2130706433:{port}",
    "https://0x7f000001:{port}",
    "https://0x7f.0.0.1:{port}",
    "https://017700000001:{port}",
    "https://0177.0.0.1:{port}",
    "https://0:{port}",
    "https://0.0.0.0:{port}",
    "https://[::1]:{port}",
    "https://[::]:{port}",
    "https://[0:0:0:0:0:0:0:1]:{port}",
    "https://[::ffff:127.0.0.1]:{port}",
    "https://[::ffff:7f00:1]:{port}",
    "https://[::127.0.0.1]:{port}",
    "https://[64:ff9b::7f00:1]:{port}",
    "https://[2002:7f00:1::]:{port}",
    "https://[2001:0:7f00:1::1]:{port}",
    "https://[fe80::1]:{port}",
    "https://[fc00::1]:{port}",
    "https://[fec0::1]:{port}",
    "https://[ff02::1]:{port}",
    "https://10.0.0.1:{port}",
    "https://172.16.0.1:{port}",
    "https://192.168.1.1:{port}",
    "https://169.254.169.254:{port}",
    "https://100.64.0.1:{port}",
    "https://224.0.0.1:{port}",
    "https://255.255.255.255:{port}",
    "https://imis.example.org@127.0.0.1:{port}",
    "https://user:secret@127.0.0.1:{port}",
    "https://127.0.0.1:{port}#@imis.example.org",
    "https://127.0.0.1:{port}?.imis.example.org",
    "https://imis.example.org\\@127.0.0.1:{port}",
    "https://①②⑦.⓪.⓪.①:{port}",
    "https://127。0。0。1:{port}",
    "https://127.0.0.1\n:{port}",
    " https://127.0.0.1:{port}",
    "file:///etc/passwd",
    "ftp://127.0.0.1:{port}",
    "gopher://127.0.0.1:{port}/_x",
    "//127.0.0.1:{port}",
    "127.0.0.1:{port}",
    "https://",
    "https:///x",
    "https://127.0.0.1:0",
    "https://127.0.0.1:99999",
    "https://[::1",
    "",
]


def test_no_hostile_address_reaches_a_canary_s14():
    with Listener() as canary:
        for text in HOSTILE:
            with pytest.raises(Unreachable) as caught:
                read(text.format(port=canary.port))
            assert "127" not in str(caught.value)
            assert "secret" not in str(caught.value)
        time.sleep(0.05)

    assert len(HOSTILE) >= 40
    assert canary.connections == 0


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "10.1.2.3",
        "::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "fe80::1",
        "169.254.169.254",
        "224.0.0.1",
        "0.0.0.0",  # noqa: S104  never bound
    ],
)
def test_inner_addresses_are_known(text):
    assert guard.is_inner(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "20.50.1.1"])
def test_public_addresses_are_not_inner(text):
    assert not guard.is_inner(ipaddress.ip_address(text))


def answering(*rounds: list[str]):
    """A resolver that gives another answer each time it is asked."""
    answers = iter(rounds)
    return lambda host, port, **more: [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in next(answers)
    ]


def test_a_name_with_one_inner_address_is_refused_s14(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", answering(["93.184.215.14", "127.0.0.1"]))

    with pytest.raises(Refused, match="inner network"):
        read("https://imis.example.org")


def test_a_name_is_looked_up_once_so_it_cannot_be_rebound_s14(monkeypatch):
    """The first look-up is public, every later one would be loopback; the first one counts."""
    contacted = []

    def connect(self, host, port, *more):
        contacted.append(host)
        raise httpcore2.ConnectError("nothing there")

    with Listener() as canary:
        monkeypatch.setattr(socket, "getaddrinfo", answering(["93.184.215.14"], ["127.0.0.1"], ["127.0.0.1"]))
        monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", connect)
        with pytest.raises(Unreachable):
            read(f"https://imis.example.org:{canary.port}")

    assert set(contacted) == {"93.184.215.14"}
    assert len(contacted) == 5
    assert canary.connections == 0


def test_redirects_are_not_followed_s14():
    def redirect(connection, request):
        if b"POST /token" in request:
            connection.sendall(TOKEN_ANSWER)
        else:
            target = f"http://127.0.0.1:{canary.port}/".encode()
            connection.sendall(
                b"HTTP/1.1 302 Found\r\nLocation: " + target + b"\r\nContent-Length: 0\r\n\r\n"
            )

    with Listener() as canary, Listener(redirect) as site:
        with pytest.raises(BadAnswer, match="another address"):
            read(f"http://127.0.0.1:{site.port}", is_test_system=True)
        time.sleep(0.05)

    assert canary.connections == 0


@pytest.mark.row("GOV-10")
def test_plain_http_is_for_test_systems_only():
    with pytest.raises(Refused, match=r"https.*IMIS_IS_TEST_SYSTEM"):
        client("http://imis.example.org")

    assert client("http://127.0.0.1:1", is_test_system=True)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for localhost, as a file with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "site.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def serving(certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.mark.row("GOV-10")
def test_a_certificate_that_does_not_hold_gets_no_byte_of_the_credential_s15(certificate):
    """Also for a test system: there is no switch."""
    with Listener(tls=serving(certificate)) as site:
        with pytest.raises(Unreachable, match="certificate cannot be verified"):
            read(f"https://localhost:{site.port}", is_test_system=True)
        time.sleep(0.05)

    assert site.connections == 1
    assert site.received == b""


@pytest.mark.row("GOV-10")
def test_a_certificate_of_the_trust_store_is_accepted_and_its_name_is_checked_s15(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    def answer(connection, request):
        connection.sendall(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")

    with Listener(answer, tls=serving(certificate)) as site:
        with pytest.raises(ImisError, match="user name and password"):
            read(f"https://localhost:{site.port}", is_test_system=True)
        heard = site.received
        with pytest.raises(Unreachable, match="certificate"):
            read(f"https://127.0.0.1:{site.port}", is_test_system=True)

    assert PASSWORD.encode() in heard
    assert site.received == heard


def test_a_plain_server_behind_https_gets_nothing_s15():
    def in_plain(connection, request):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

    with Listener(in_plain) as site, pytest.raises(Unreachable):
        read(f"https://localhost:{site.port}", is_test_system=True)

    assert PASSWORD.encode() not in site.received


def after_the_token(send):
    def answer(connection, request):
        if b"POST /token" in request:
            connection.sendall(TOKEN_ANSWER)
        else:
            with contextlib.suppress(OSError):
                send(connection)

    return answer


def test_an_endless_body_is_cut_off_within_bounded_memory_s16():
    """A gigabyte is on offer; reading stops at 20 MiB."""
    sent = 0

    def flood(connection):
        nonlocal sent
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n"
        )
        for _ in range(1024):
            connection.sendall(b" " * 2**20)
            sent += 2**20

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Listener(after_the_token(flood)) as site, pytest.raises(BadAnswer, match="larger than 20 MiB"):
        read(f"http://127.0.0.1:{site.port}", is_test_system=True)

    assert sent < 200 * 2**20
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < 100 * 2**20


def test_a_packed_bomb_is_cut_off_within_bounded_memory_s16():
    bomb = gzip.compress(b" " * 2**29)

    def send(connection):
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(bomb) + bomb)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Listener(after_the_token(send)) as site, pytest.raises(BadAnswer, match="larger than 20 MiB"):
        read(f"http://127.0.0.1:{site.port}", is_test_system=True)

    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < 100 * 2**20


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"]
)
def test_an_answer_that_drips_ends_at_the_deadline_s16(head, monkeypatch):
    """Byte by byte, in the head or in the body: no single wait is long, the whole is."""
    monkeypatch.setattr(session, "TOTAL", 0.6)

    def drip(connection):
        connection.sendall(head)
        for _ in range(200):
            connection.sendall(b" ")
            time.sleep(0.05)

    began = time.monotonic()
    with Listener(after_the_token(drip)) as site, pytest.raises(Unreachable, match="for one answer"):
        read(f"http://127.0.0.1:{site.port}", is_test_system=True)

    assert time.monotonic() - began < 2 * 0.6


def test_a_port_that_swallows_everything_ends_s2(monkeypatch):
    monkeypatch.setattr(session, "READ", 0.2)

    with (
        Listener(lambda connection, request: time.sleep(2)) as site,
        pytest.raises(Unreachable, match="in time"),
    ):
        read(f"http://127.0.0.1:{site.port}", is_test_system=True)


def test_the_token_travels_in_the_header_only():
    def refuse(connection):
        connection.sendall(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")

    with Listener(after_the_token(refuse)) as site, pytest.raises(ImisError):
        read(f"http://127.0.0.1:{site.port}", is_test_system=True)

    lines = [line for line in site.received.decode().splitlines() if TOKEN in line]
    assert [line.lower() for line in lines] == [f"authorization: bearer {TOKEN}-abcdef"]
