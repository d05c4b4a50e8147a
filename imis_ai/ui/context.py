"""What every page knows: the association, the places this person may go, how fresh the data is."""

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from imis_ai.accounts import sessions
from imis_ai.ui import navigation


def frame(request: HttpRequest) -> dict:
    user = getattr(request, "user", None)
    now = timezone.localtime()
    base = {"association": settings.ASSOCIATION, "is_demo": settings.DEMO, "now": now, "today": now.date()}
    if user is None or not user.is_authenticated:
        return base
    places = [place for place in navigation.PLACES if user.may(place.right)]
    here = next((p for p in reversed(places) if p.prefix and request.path.startswith(p.prefix)), None)
    return base | {
        "places": places,
        "here": here,
        "may_pause": user.may("outgoing.pause"),
        "may_see_rollout": user.may("rollout.read"),
        "phase": SimpleLazyObject(lambda: navigation.phase(request.path, now)),
        "session_left": sessions.left(request),
        "freshness": SimpleLazyObject(lambda: navigation.freshness(now)),
    }
