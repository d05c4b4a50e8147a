"""The way to an iMIS inside the association's own network: a proxy, inner addresses, a certificate authority.

Nothing here weakens a check: certificates are always verified, and an inner address is one that was named.
"""

import ipaddress
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2

from imis_ai.imis.errors import Refused

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
WIDEST = {4: 8, 6: 32}  # a private network of the association is no wider


@dataclass(frozen=True)
class Route:
    """`ca_file`: authorities trusted beside the usual ones. `private`: inner networks to be contacted."""

    ca_file: str = ""
    proxy: str = ""
    private: tuple[Network, ...] = ()

    def allows(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        return any(address in network for network in self.private)

    def tls(self) -> ssl.SSLContext:
        """Raises Refused for a file that holds no certificate."""
        context = httpx2.create_ssl_context()
        if self.ca_file:
            try:
                context.load_verify_locations(cafile=self.ca_file)
            except OSError:
                raise Refused(
                    "The file of IMIS_CA_FILE holds no certificate. Name a PEM file of the authority."
                ) from None
        return context


PUBLIC = Route()


def route(*, ca_file: str = "", proxy: str = "", private: str = "") -> Route:
    """As in the settings; `private` are networks with commas between. Raises Refused."""
    return Route(ca_file, _proxy(proxy), tuple(_network(part) for part in private.split(",") if part.strip()))


def _proxy(text: str) -> str:
    if not text:
        return ""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        raise Refused("IMIS_PROXY must be an address such as http://proxy.example.org:3128.")
    return text.rstrip("/")


def _network(text: str) -> Network:
    try:
        network = ipaddress.ip_network(text.strip())
    except ValueError:
        raise Refused(
            "IMIS_PRIVATE_NETWORKS names a network that cannot be read. Write it as 10.20.0.0/16."
        ) from None
    if network.is_loopback or network.is_link_local or network.prefixlen < WIDEST[network.version]:
        raise Refused(
            f"IMIS_PRIVATE_NETWORKS may not hold {network}: this machine, its neighbours or half of the "
            "internet. Name the network in which iMIS stands."
        )
    return network


def from_settings() -> Route:
    from django.conf import settings  # noqa: PLC0415  the package itself knows no framework

    return route(
        ca_file=settings.IMIS_CA_FILE, proxy=settings.IMIS_PROXY, private=settings.IMIS_PRIVATE_NETWORKS
    )
