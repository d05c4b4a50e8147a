"""One message to one receiver: https, the public internet, no redirect, twenty seconds at most."""

import time

import httpx2
from django.conf import settings

from imis_ai.imis import guard
from imis_ai.imis.errors import Refused

CONNECT, TOTAL = 5.0, 20.0  # seconds


class NotTaken(Exception):
    """No answer of the receiver; the text says why, for staff."""


def objection(address: str) -> str:
    """What is wrong with an address; empty when it can be used. Nothing is contacted."""
    plain = address == address.strip() and address.isascii() and address.isprintable()
    if not plain or "\\" in address or len(address) > 500:
        return (
            "The address holds characters that no address has. Write one like https://hooks.example.org/imis."
        )
    try:
        url = httpx2.URL(address)
    except (httpx2.InvalidURL, ValueError):
        return "The address cannot be read. Write one like https://hooks.example.org/imis."
    if not url.host or url.port == 0:
        return "The address names no host. Write one like https://hooks.example.org/imis."
    if settings.DEMO and not is_inner(url.host):
        return "This is the demo: nothing leaves it, except to hosts in WEBHOOK_INNER_HOSTS."
    if url.scheme != "https" and not (url.scheme == "http" and is_inner(url.host)):
        return "The address must begin with https://."
    if url.userinfo or url.fragment or "#" in address:
        return "Leave user name, password and # out of the address; the signature shows who sent it."
    return ""


def is_inner(host: str) -> bool:
    """A host of the association's own network that WEBHOOK_INNER_HOSTS names."""
    return host in settings.WEBHOOK_INNER_HOSTS


def post(*, address: str, headers: dict[str, str], body: str) -> int:
    """The status that the receiver answered with; what else it says is not read. Raises NotTaken."""
    if problem := objection(address):
        raise NotTaken(problem)
    url = httpx2.URL(address)
    network = guard.Network(may_be_inner=is_inner(url.host))
    network.deadline = time.monotonic() + TOTAL
    try:
        with (
            httpx2.Client(
                transport=guard.Transport(network),
                timeout=httpx2.Timeout(TOTAL, connect=CONNECT),
                follow_redirects=False,
                trust_env=False,
            ) as client,
            client.stream("POST", url, content=body.encode(), headers=headers) as answer,
        ):
            return answer.status_code
    except Refused:
        text = "The address leads into an inner network. WEBHOOK_INNER_HOSTS can name the host."
        raise NotTaken(text) from None
    except httpx2.TimeoutException:
        raise NotTaken(f"No answer within {TOTAL:.0f} seconds.") from None
    except httpx2.HTTPError as error:
        raise NotTaken(f"The receiver could not be reached ({type(error).__name__}).") from None
