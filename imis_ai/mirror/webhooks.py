"""Where iMIS sends change notifications: POST /api/imis/notices/. Stores that it changed, never what."""

import hmac
from typing import Any

import msgspec
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import RawPostDataException, UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from imis_ai.mirror import actions
from imis_ai.mirror.signals import Signal

LARGEST = 256 * 1024
MOST_EVENTS = 1000
VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"
HEADERS = ("X-Imis-Secret", "Authorization")


class _Event(msgspec.Struct, rename={"type": "eventType"}):
    """The parts of an Event Grid event that are read. `data` is looked at for the handshake only."""

    id: str
    type: str
    subject: str = ""
    data: Any = None


_decode = msgspec.json.Decoder(list[_Event]).decode


@csrf_exempt
@login_not_required
@require_POST
def notices(request: HttpRequest) -> HttpResponse:
    """202 stored, 200 with the validation response for a handshake, 400, 401, 413; 404 when switched off."""
    if not settings.IMIS_WEBHOOK_SECRET:
        return _answer(404, "Change notifications are not switched on. Set IMIS_WEBHOOK_SECRET.")
    if not _knows_secret(request):
        return _answer(401, "The secret header is missing or wrong.")
    try:
        if int(request.headers.get("Content-Length") or 0) > LARGEST or len(request.body) > LARGEST:
            return _answer(413, "A notification may have 256 KiB at most.")
        events = _events(request.body)
    except (ValueError, RecursionError, UnreadablePostError, RawPostDataException):
        return _answer(400, "This is not a list of at most 1,000 Event Grid events.")
    for event in events:
        if event.type == VALIDATION:
            return _handshake(event)
    actions.receive(events=[Signal(e.id, e.type, e.subject) for e in events], now=timezone.now())
    return HttpResponse(status=202)


def _knows_secret(request: HttpRequest) -> bool:
    """The secret in one of the headers; of two, separated by a comma, one is replacing the other."""
    given = [request.headers.get(name, "").removeprefix("Bearer ").encode() for name in HEADERS]
    secrets = [part.strip().encode() for part in settings.IMIS_WEBHOOK_SECRET.split(",") if part.strip()]
    return any([hmac.compare_digest(one, secret) for one in given for secret in secrets])  # noqa: C419  same time


def _events(body: bytes) -> list[_Event]:
    """Raises ValueError for anything but usable events."""
    events = _decode(body)
    if len(events) > MOST_EVENTS:
        raise ValueError("too many events")
    for event in events:
        sizes = ((event.id, 200), (event.type, 100), (event.subject, 300))
        if (
            not event.id
            or not event.type
            or any(len(text) > most or not text.isprintable() for text, most in sizes)
        ):
            raise ValueError("id, eventType and subject must be short plain text")
    return events


def _handshake(event: _Event) -> HttpResponse:
    code = event.data.get("validationCode") if isinstance(event.data, dict) else None
    if not isinstance(code, str) or not code:
        return _answer(400, "A validation event needs data.validationCode.")
    return JsonResponse({"validationResponse": code})


def _answer(status: int, text: str) -> HttpResponse:
    return JsonResponse({"detail": text}, status=status)
