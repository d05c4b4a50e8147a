"""Which clients there are, in what state, and which one a token belongs to."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from imis_ai.accounts.models import User
from imis_ai.integrations import tokens
from imis_ai.integrations.models import ApiClient
from imis_ai.integrations.scopes import SCOPES
from imis_ai.mirror import access

SOON = timedelta(days=14)


@dataclass(frozen=True)
class Line:
    """`word` says how it stands; `kind` its colour. `reads`: its scopes as sentences, `words`: in short."""

    client: ApiClient
    word: str
    kind: str
    reads: list[str]
    words: list[str]
    chapters: list[str]

    @property
    def is_over(self) -> bool:
        return self.word in ("Revoked", "Expired")


def all_clients() -> QuerySet[ApiClient]:
    return ApiClient.objects.select_related("owner", "registered_by")


def own(*, person: User) -> QuerySet[ApiClient]:
    return all_clients().filter(owner=person)


def lines(clients: Iterable[ApiClient], *, now: datetime) -> list[Line]:
    """Those at work first, then those that have ended."""
    names = access.chapter_names()
    made = [_line(client, names, now) for client in clients]
    return sorted(made, key=lambda line: line.is_over)


def by_token(text: str, *, now: datetime) -> ApiClient | None:
    """The client that may ask with this token at this moment; its owner is still here."""
    public = tokens.public_of(text)
    client = all_clients().filter(public=public).first() if public else None
    if client is None or not hmac.compare_digest(client.token_hash, tokens.digest_of(text)):
        return None
    return client if client.owner.is_active and now < client.expires_at else None


def _line(client: ApiClient, names: dict[str, str], now: datetime) -> Line:
    word, kind = _state(client, now)
    held = [SCOPES[scope] for scope in client.scopes if scope in SCOPES]
    reads, words = [scope.does for scope in held], [scope.word for scope in held]
    return Line(client, word, kind, reads, words, [names.get(code, code) for code in client.chapters])


def _state(client: ApiClient, now: datetime) -> tuple[str, str]:
    if client.revoked_at:
        return "Revoked", ""
    if client.expires_at <= now:
        return "Expired", ""
    if not client.owner.is_active:
        return "Owner has left", "crit"
    if not client.public:
        return "Waits for its owner", "warn"
    if client.expires_at <= now + SOON:
        return "Ends soon", "warn"
    return "Active", "good"
