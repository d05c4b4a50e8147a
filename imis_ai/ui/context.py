"""What every page knows: the association, the places this person may go, how fresh the data is."""

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from imis_ai.accounts import saved_views, sessions
from imis_ai.ui import navigation


def frame(request: HttpRequest) -> dict:
    user = getattr(request, "user", None)
    now = timezone.localtime()
    base = {"association": settings.ASSOCIATION, "is_demo": settings.DEMO, "now": now, "today": now.date()}
    if user is None or not user.is_authenticated:
        return base
    places = [place for place in navigation.PLACES if user.may(place.right)]
    work = [place for place in places if place.group == "Work"]
    bar = [place for place in places if not place.group][:2] + work[:1]
    phase = SimpleLazyObject(lambda: navigation.phase(request.path, now, user))
    return base | {
        "places": places,
        "here": navigation.here(places, request.path),
        "bar": bar,
        "behind": [place for place in places if place not in bar],
        "may_reveal": user.may("names.reveal"),
        "may_pause": user.may("outgoing.pause"),
        "may_connect": user.may("connection.read"),
        "may_see_rollout": user.may("rollout.read"),
        "phase": phase,
        "saved_views": SimpleLazyObject(
            lambda: saved_views.listed(found=phase.saved, person=user, place=request.path, query=request.GET)
        ),
        "session_left": sessions.left(request),
        "freshness": getattr(request, "freshness", None)
        or SimpleLazyObject(lambda: navigation.freshness(now)),
    }
