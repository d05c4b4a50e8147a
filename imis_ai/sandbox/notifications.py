"""Change notifications: the Event Grid handshake, thin events, duplicates, any order."""

import http.client
import queue
import threading
import uuid
from typing import Any
from urllib.parse import urlsplit

import msgspec

from imis_ai.sandbox.store import Store

TOPIC = "/subscriptions/sandbox/resourceGroups/alder/providers/Microsoft.EventGrid/topics/imis"
WATCHED = {"Party", "Person", "Organization", "User", "Event", "Item"}


class Notifier:
    """One subscription at most, as in iMIS. Money, groups and subscriptions are not announced."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.url = ""
        self.headers: dict[str, str] = {}
        self.deliveries: list[dict[str, Any]] = []
        self.waiting: queue.Queue[list[dict[str, Any]] | None] = queue.Queue()
        self.thread: threading.Thread | None = None

    def event(self, entity: str, action: str, subject: str) -> dict[str, Any]:
        """A thin event: what kind of thing changed and which one, no record inside."""
        body = {
            "EntityTypeName": entity,
            "TopicName": "imis",
            "Subject": subject,
            "EventType": f"{entity}.{action}",
        }
        return {
            "id": str(uuid.uuid4()),
            "topic": TOPIC,
            "subject": f"{entity}/{subject}",
            "eventType": f"{entity}.{action}",
            "eventTime": self.store.clock.text() + "Z",
            "data": body,
            "dataVersion": "1.0",
            "metadataVersion": "1",
        }

    def changed(self, entity: str, action: str, subject: str) -> None:
        """Announce a change to the subscriber, if there is one and the type is one that iMIS announces."""
        if self.url and entity in WATCHED and not self.store.clock.fixed:
            if self.thread is None:
                self.thread = threading.Thread(target=self._work, daemon=True)
                self.thread.start()
            self.waiting.put([self.event(entity, action, subject)])

    def _work(self) -> None:
        while (events := self.waiting.get()) is not None:
            self.deliver(events)

    def deliver(self, events: list[dict[str, Any]], kind: str = "Notification") -> tuple[int, bytes]:
        """POST one array of events; status 0 when nobody answers."""
        where = urlsplit(self.url)
        headers = {"Content-Type": "application/json; charset=utf-8", "aeg-event-type": kind} | self.headers
        maker = http.client.HTTPSConnection if where.scheme == "https" else http.client.HTTPConnection
        path = where.path + (f"?{where.query}" if where.query else "")
        status, answer = 0, b""
        connection = maker(where.hostname or "", where.port, timeout=10)
        try:
            connection.request("POST", path or "/", msgspec.json.encode(events), headers)
            response = connection.getresponse()
            status, answer = response.status, response.read()
        except OSError as error:
            answer = str(error).encode()
        finally:
            connection.close()
        self.deliveries.append({"events": [e["id"] for e in events], "type": kind, "status": status})
        return status, answer

    def subscribe(self, url: str, headers: dict[str, str]) -> dict[str, Any]:
        """Verify and save: only an endpoint that returns the validation code becomes the subscriber."""
        before = self.url, self.headers
        self.url, self.headers = url, headers
        code = uuid.uuid4().hex
        event = self.event("Subscription", "Validation", "validation") | {
            "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
            "data": {"validationCode": code, "validationUrl": ""},
        }
        status, answer = self.deliver([event], "SubscriptionValidation")
        try:
            good = status == 200 and msgspec.json.decode(answer).get("validationResponse") == code
        except (msgspec.DecodeError, AttributeError):
            good = False
        if not good:
            self.url, self.headers = before
        return {"validated": good, "status": status}

    def report(self) -> dict[str, Any]:
        return {"url": self.url, "deliveries": self.deliveries}


def order(app: Any, body: dict[str, Any]) -> dict[str, Any]:
    """POST /_sandbox/notify.

    {"url", "headers"} subscribes with the handshake ("handshake": false skips it).
    {"events": [{"entity", "action", "subject"}], "duplicates": n, "shuffle": true, "batch": n} sends events
    to that address or the subscribed one.
    """
    notifier: Notifier = app.notifier
    found: dict[str, Any] = {}
    if "url" in body and body.get("handshake", True):
        found = notifier.subscribe(body["url"], body.get("headers", {}))
    elif "url" in body:
        notifier.url, notifier.headers = body["url"], body.get("headers", {})
    events = [
        notifier.event(e["entity"], e.get("action", "Updated"), e["subject"]) for e in body.get("events", [])
    ]
    events = [e for e in events for _ in range(1 + int(body.get("duplicates", 0)))]
    if body.get("shuffle"):
        events = events[1::2] + events[::2][::-1]
    size = int(body.get("batch", 1))
    statuses = [notifier.deliver(events[i : i + size])[0] for i in range(0, len(events), size)]
    return found | {"sent": len(events), "statuses": statuses}
