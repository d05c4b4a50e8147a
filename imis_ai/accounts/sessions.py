"""How long a session lives: 8 hours without use, 12 hours in all, 15 minutes as freshly confirmed."""

import time
from datetime import datetime
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

IDLE = 8 * 3600  # seconds
LONGEST = 12 * 3600
CONFIRMED_FOR = 15 * 60
KEPT_EVERY = 300  # the idle limit is exact to within this


def begin(*, request: HttpRequest, **_: Any) -> None:
    """Mark a new session. Signing in counts as confirming who one is."""
    now = int(time.time())
    request.session["signed_in_at"] = request.session["kept"] = request.session["confirmed_at"] = now


def connect() -> None:
    """Called once at start."""
    user_logged_in.connect(begin, dispatch_uid="imis_ai.accounts.sessions")


def left(request: HttpRequest) -> int:
    """Seconds until this session ends if its person does nothing."""
    now = time.time()
    kept, begun = request.session.get("kept", now), request.session.get("signed_in_at", now)
    return max(0, int(min(kept + IDLE, begun + LONGEST) - now))


def can_be_extended(request: HttpRequest) -> bool:
    """Whether more use makes the session live longer; not when the 12 hours come first."""
    now = time.time()
    kept, begun = request.session.get("kept", now), request.session.get("signed_in_at", now)
    return begun + LONGEST > kept + IDLE


def is_due(request: HttpRequest) -> bool:
    return time.time() - request.session.get("kept", 0) > KEPT_EVERY


def keep(request: HttpRequest) -> None:
    """Mark use. The first mark of a session remembers when this person was here before."""
    if "here_before" not in request.session:
        seen = request.user.last_seen_at
        request.session["here_before"] = seen.isoformat() if seen else ""
    request.session["kept"] = int(time.time())


def here_before(request: HttpRequest) -> datetime | None:
    """When this person last used the product before this session."""
    said = request.session.get("here_before", "")
    return datetime.fromisoformat(said) if said else None


def confirm(request: HttpRequest) -> None:
    """The person has just shown again who they are: a new session key, 15 minutes for what is sensitive."""
    request.session.cycle_key()
    request.session["confirmed_at"] = int(time.time())


def is_confirmed(request: HttpRequest) -> bool:
    return time.time() - request.session.get("confirmed_at", 0) < CONFIRMED_FOR
