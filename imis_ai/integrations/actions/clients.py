"""Clients: registered by an administrator, given their token by their owner, ended by either."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, FloatField, Value
from django.db.models.functions import Coalesce, Extract, Least

from imis_ai.accounts.models import User
from imis_ai.accounts.rights import RIGHTS
from imis_ai.governance import audit
from imis_ai.governance.refusals import Blocked, NotAllowed, WhyNot
from imis_ai.integrations import tokens
from imis_ai.integrations.models import PER_MINUTE, ApiClient
from imis_ai.integrations.scopes import SCOPES
from imis_ai.mirror import access

LONGEST = timedelta(days=366)
MOST_PER_MINUTE = 1000


@transaction.atomic
def register(
    *,
    name: str,
    owner: User,
    scopes: Sequence[str],
    chapters: Sequence[str] = (),
    expires_at: datetime,
    per_minute: int = PER_MINUTE,
    by: User,
    now: datetime,
) -> ApiClient:
    """A client without a token: that is for its owner alone to take. Raises NotAllowed, Blocked."""
    if not by.may("api.change"):
        raise NotAllowed(WhyNot("Your role does not register API clients.", rule="api.change"))
    if why := why_not(owner=owner, scopes=scopes, chapters=chapters, expires_at=expires_at, now=now):
        raise Blocked(why)
    client = ApiClient.objects.create(
        name=name,
        owner=owner,
        scopes=[scope for scope in SCOPES if scope in scopes],
        chapters=sorted(chapters),
        per_minute=min(max(per_minute, 1), MOST_PER_MINUTE),
        registered_by=by,
        registered_at=now,
        expires_at=expires_at,
    )
    _log("api.client_registered", client, by, now, after=_words(client))
    return client


def why_not(
    *, owner: User, scopes: Sequence[str], chapters: Sequence[str], expires_at: datetime, now: datetime
) -> WhyNot | None:
    """Why there can be no such client; None when there can."""
    if not scopes or set(scopes) - set(SCOPES):
        return WhyNot(
            "A client needs something that it may read.", rule="scopes", next_step="Choose at least one."
        )
    for scope in scopes:
        if not owner.may(SCOPES[scope].right):
            does = RIGHTS[SCOPES[scope].right].does
            return WhyNot(
                f"{owner} may not {does}, so no client of {owner} may either.",
                rule="a client has no more than its owner",
                next_step=f"Leave out {scope}, or choose another owner.",
            )
    own = set(access.chapters_for(owner).values_list("code", flat=True))
    if owner.role == User.Role.CHAPTER and set(chapters) - own:
        return WhyNot(
            f"{owner} does not see all of these chapters.",
            rule="a client has no more than its owner",
            next_step="Choose among the owner's chapters.",
        )
    if not now < expires_at <= now + LONGEST:
        return WhyNot(
            "A client ends within 366 days; it can be registered again.",
            rule="expiry",
            next_step="Choose a day in that time.",
        )
    return None


@transaction.atomic
def make_token(*, client: ApiClient, by: User, now: datetime) -> str:
    """A new token, shown once; the one before stops working. Raises NotAllowed unless the owner asks."""
    client = ApiClient.objects.select_for_update().get(pk=client.pk)
    if client.owner_id != by.pk:
        raise NotAllowed(
            WhyNot(
                "Whoever holds the token reads as its owner, so the owner alone takes it.",
                rule="token",
                next_step=f"Ask {client.owner}, who finds it under Your account.",
            )
        )
    if client.revoked_at or client.expires_at <= now:
        raise Blocked(
            WhyNot("This client has ended.", rule="token", next_step="Ask for it to be registered again.")
        )
    token = tokens.new()
    is_new = not client.public
    client.public, client.token_hash, client.token_made_at = token.public, token.digest, now
    client.allowance = client.per_minute
    client.save(update_fields=["public", "token_hash", "token_made_at", "allowance"])
    _log("api.token_made" if is_new else "api.token_rotated", client, by, now)
    return token.text


@transaction.atomic
def revoke(*, client: ApiClient, by: User, now: datetime) -> bool:
    """It reads nothing from the next call on. False when it had ended before. Raises NotAllowed."""
    client = ApiClient.objects.select_for_update().get(pk=client.pk)
    if client.owner_id != by.pk and not by.may("api.change"):
        raise NotAllowed(WhyNot("This client is not yours.", rule="api.change"))
    if client.revoked_at:
        return False
    client.public, client.token_hash, client.token_made_at = "", "", None
    client.revoked_at, client.revoked_by = now, by
    client.save(update_fields=["public", "token_hash", "token_made_at", "revoked_at", "revoked_by"])
    _log("api.client_revoked", client, by, now, before=_words(client))
    return True


def count_call(*, client: ApiClient, now: datetime) -> int:
    """Take one call from the allowance, in one UPDATE; seconds to wait when there is none left."""
    rate = client.per_minute / 60
    passed = Coalesce(
        Extract(Value(now) - F("last_used_at"), "epoch"), Value(60.0), output_field=FloatField()
    )
    left = Least(Value(float(client.per_minute)), F("allowance") + passed * rate, output_field=FloatField())
    mine = ApiClient.objects.filter(pk=client.pk).annotate(left=left)
    if mine.filter(left__gte=1).update(allowance=left - 1, last_used_at=now, calls=F("calls") + 1):
        return 0
    found = mine.values_list("left", flat=True).first()
    return max(1, math.ceil((1 - (found or 0)) / rate))


@transaction.atomic
def refuse_decision(
    *, client: ApiClient | None, by: User, about: str, what: str, why: str, now: datetime
) -> None:
    """Somebody who may not decide tried to, through the API: that is written down."""
    audit.record(
        action="proposal.refused",
        by=by,
        now=now,
        about=("proposal", about),
        detail={"after": what, "reason": why, "client": client.name if client else ""},
    )


def _words(client: ApiClient) -> dict:
    return {
        "name": client.name,
        "owner": client.owner.username,
        "scopes": client.scopes,
        "chapters": client.chapters,
        "until": client.expires_at.date().isoformat(),
    }


def _log(action: str, client: ApiClient, by: User, now: datetime, **detail: object) -> None:
    audit.record(
        action=action,
        by=by,
        now=now,
        about=("api client", str(client.pk)),
        detail={"reference": client.name, **detail},
    )
