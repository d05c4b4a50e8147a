"""The only way to the network: no address that was not looked at, no inner networks, no endless waits."""

import ipaddress
import math
import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore2
import httpx2

from imis_ai.imis.errors import Refused
from imis_ai.imis.route import PUBLIC, Route

NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def checked_url(text: str, *, is_test_system: bool) -> httpx2.URL:
    """The address of iMIS, or `Refused` with what is wrong with it. Nothing is contacted."""
    if not text or text != text.strip() or not text.isascii() or not text.isprintable() or "\\" in text:
        raise Refused(
            "The iMIS address is empty or holds characters that no address has. Set IMIS_URL to one like https://members.example.org."
        )
    try:
        url = httpx2.URL(text)
    except (httpx2.InvalidURL, ValueError):
        raise Refused(
            "The iMIS address cannot be read. Set IMIS_URL to one like https://members.example.org."
        ) from None
    if url.scheme != "https" and not (url.scheme == "http" and is_test_system):
        raise Refused(
            "The iMIS address must begin with https://. Plain http is for a system marked as a test "
            "system (IMIS_IS_TEST_SYSTEM)."
        )
    if url.userinfo or "@" in text or url.query or url.fragment or "?" in text or "#" in text:
        raise Refused(
            "The iMIS address must be a plain address without user name, question mark or #. Correct "
            "IMIS_URL."
        )
    if not url.host or url.port == 0:
        raise Refused("The iMIS address names no host. Set IMIS_URL to one like https://members.example.org.")
    return url


def is_inner(address: Address) -> bool:
    """Everything that is not plainly on the public internet, also when wrapped in an IPv6 address."""
    if isinstance(address, ipaddress.IPv6Address) and (
        address.ipv4_mapped
        or address.sixtofour
        or address.teredo
        or address in NAT64
        or address.is_site_local
    ):
        return True
    return not address.is_global or address.is_multicast or address.is_reserved or address.is_unspecified


def lookup(host: str, port: int, *, may_be_inner: bool, route: Route = PUBLIC) -> list[str]:
    """Addresses of the host, all fit to be contacted. Raises `Refused`, or `ConnectError` if it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore2.ConnectError("the host name is not known") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for text in addresses:
        address = ipaddress.ip_address(text.partition("%")[0])
        if not may_be_inner and is_inner(address) and not route.allows(address):
            raise Refused(
                "The iMIS address leads into an inner network, which is refused. "
                "Correct IMIS_URL, or name the network in IMIS_PRIVATE_NETWORKS; a system marked as a test "
                "system (IMIS_IS_TEST_SYSTEM) may be inside."
            )
    return addresses


class _Stream(httpcore2.NetworkStream):
    """A connection whose every wait ends at the deadline of the request, however slowly bytes drip."""

    def __init__(self, stream: httpcore2.NetworkStream, network: "Network") -> None:
        self._stream = stream
        self._network = network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._network.within(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._network.within(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        inner = self._stream.start_tls(ssl_context, server_hostname, self._network.within(timeout))
        return _Stream(inner, self._network)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class Network(httpcore2.NetworkBackend):
    """Looks a host up once, keeps to those addresses, ends every wait at `deadline` (monotonic seconds)."""

    def __init__(self, *, may_be_inner: bool, route: Route = PUBLIC) -> None:
        self.deadline = math.inf
        self.route = route
        self._may_be_inner = may_be_inner
        self._tcp = httpcore2.SyncBackend()
        self._pinned: dict[tuple[str, int], list[str]] = {}

    def within(self, timeout: float | None) -> float | None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("the deadline of the request has passed")
        return left if timeout is None else min(timeout, left)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        if (host, port) not in self._pinned:
            self._pinned[host, port] = lookup(
                host, port, may_be_inner=self._may_be_inner or bool(self.route.proxy), route=self.route
            )
        failure: Exception = httpcore2.ConnectError("the host has no address")
        for address in self._pinned[host, port]:
            try:
                stream = self._tcp.connect_tcp(
                    address, port, self.within(timeout), local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self)
        raise failure


class Transport(httpx2.HTTPTransport):
    """httpx2's transport over one connection of ours. Certificates are verified; there is no switch.

    With a proxy, the only address contacted is that of the proxy, which the association named.
    """

    def __init__(self, network: Network) -> None:
        tls = network.route.tls()
        super().__init__(verify=tls, trust_env=False)
        if network.route.proxy:
            self._pool = httpcore2.HTTPProxy(
                network.route.proxy,
                ssl_context=tls,
                proxy_ssl_context=tls if network.route.proxy.startswith("https") else None,
                max_connections=1,
                keepalive_expiry=30,
                network_backend=network,
            )
            return
        self._pool = httpcore2.ConnectionPool(
            ssl_context=tls, max_connections=1, keepalive_expiry=30, network_backend=network
        )
