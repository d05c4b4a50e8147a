"""Accounts of the site and their bearer tokens."""

import datetime as dt
import secrets
import threading
from email.utils import format_datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from imis_ai.sandbox import wire
from imis_ai.sandbox.store import Store


class Account(NamedTuple):
    """SysAdmin: may change restricted member attributes and define panel sources. ReadOnly: may not write."""

    name: str
    password: str
    party: str
    roles: tuple[str, ...]

    @property
    def is_staff(self) -> bool:
        return "SysAdmin" in self.roles

    @property
    def may_write(self) -> bool:
        return "ReadOnly" not in self.roles


ACCOUNTS = {
    a.name: a
    for a in [
        Account("imis_ai", "sandbox", "STAFF-AI", ("Everyone", "Full User", "RemoteServices", "Dues:4")),
        Account(
            "staff", "sandbox", "STAFF-PN", ("Everyone", "Full User", "RemoteServices", "Dues:4", "SysAdmin")
        ),
        Account("reader", "sandbox", "STAFF-RO", ("Everyone", "RemoteServices", "ReadOnly")),
    ]
}
LOCK_AFTER = 5


class Tokens:
    """Issues and checks tokens.

    They expire by the site's clock; five wrong passwords lock an account until a reset.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.issued: dict[str, tuple[Account, dt.datetime]] = {}
        self.failures: dict[str, int] = {}
        self.lock = threading.Lock()

    def grant(self, form: bytes) -> wire.Answer:
        """POST /token; keys in any case."""
        fields = {k.lower(): v for k, v in parse_qsl(form.decode("utf-8", "replace"), keep_blank_values=True)}
        if fields.get("grant_type") != "password":
            return self._refuse("unsupported_grant_type", "Only the password grant is set up on this site.")
        account = ACCOUNTS.get(fields.get("username", "").lower())
        with self.lock:
            wrong = self.failures.get(fields.get("username", "").lower(), 0)
            if wrong >= LOCK_AFTER:
                return self._refuse("invalid_grant", "The account is locked.")
            if account is None or account.password != fields.get("password"):
                self.failures[fields.get("username", "").lower()] = wrong + 1
                return self._refuse("invalid_grant", "The user name or password is incorrect.")
            self.failures.pop(account.name, None)
            return self._issue(account)

    def _issue(self, account: Account) -> wire.Answer:
        life = self.store.options.token_seconds
        now = self.store.clock.now()
        token = secrets.token_urlsafe(48)
        self.issued[token] = (account, now + dt.timedelta(seconds=life))
        aware = now.replace(tzinfo=dt.UTC)
        body = {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": life,
            "userName": account.name,
            ".issued": format_datetime(aware, usegmt=True),
            ".expires": format_datetime(aware + dt.timedelta(seconds=life), usegmt=True),
        }
        return wire.Answer(200, wire.encode(body))

    def _refuse(self, error: str, text: str) -> wire.Answer:
        return wire.Answer(400, wire.encode({"error": error, "error_description": text}), "Bad Request")

    def account(self, header: str) -> Account:
        """The account of an Authorization header; raises the 401 refusal."""
        scheme, _, token = header.partition(" ")
        with self.lock:
            found = self.issued.get(token.strip()) if scheme.lower() == "bearer" else None
        if found is None or found[1] <= self.store.clock.now():
            raise wire.Refusal(401, wire.http_error("Authorization has been denied for this request."))
        return found[0]

    def expire_all(self) -> None:
        with self.lock:
            self.issued.clear()


def user_document(account: Account) -> dict[str, Any]:
    roles = [{"$type": wire.kind("RoleData", wire.CORE), "Name": role} for role in account.roles]
    return wire.typed(
        wire.kind("UserData"),
        UserId=account.name,
        UserName=account.name,
        Party=wire.typed(wire.kind("PartySummaryData"), PartyId=account.party, Id=account.party),
    ) | {"IsAnonymous": False, "Roles": wire.values(roles, wire.kind("RoleDataCollection", wire.CORE))}
