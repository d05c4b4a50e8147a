"""What a crossing and a call become in iMIS: tasks, a place in the smart group, a line of activity."""

from typing import Any

from django.conf import settings

from imis_ai.governance.outbox import Message

SEGMENT, SEGMENT_NAME = "retention-high-90", "High Risk - 90 Days"


def crossing_messages(payload: dict[str, Any]) -> list[Message]:
    """Three per member who came, in this order; one per member who left. Each has its own reference."""
    found: list[Message] = []
    for row in payload["enter"]:
        found += _came(row, payload["on"])
    for imis_id in payload["leave"]:
        found.append(_place(imis_id, payload["on"], is_member=False))
    return found


def call_messages(payload: dict[str, Any]) -> list[Message]:
    """The call as activity; where the member asked for another call, a task for that too."""
    minutes = f", {payload['minutes']} minutes" if payload["minutes"] else ""
    fields = {
        "summary": f"Call: {payload['outcome'].lower()}{minutes}",
        "at": payload["at"],
        "area": "retention",
        "detail": f"By {payload['by']}.",
    }
    found = [Message("append", "activity", payload["imis_id"], fields)]
    if payload["again_on"]:
        task = {"title": "Call again, as asked", "due_on": payload["again_on"], "status": "open"}
        found.append(Message("append", "task", payload["imis_id"], task | _link(payload["imis_id"])))
    return found


def _came(row: dict[str, Any], on: str) -> list[Message]:
    imis_id = row["imis_id"]
    shared = {"assignee": row["assignee"], "status": "open", **_link(imis_id)}
    shared = {name: value for name, value in shared.items() if value}
    task = {
        "title": f"Look after this member: {row['score']} of 100 to lapse in 90 days",
        "due_on": row["due_on"],
        "factors": row["factors"],
        "last_contacts": row["last_contacts"],
    }
    back = {"title": "Call back", "due_on": row["call_on"], "factors": row["factors"]}
    return [
        Message("append", "task", imis_id, {k: v for k, v in task.items() if v} | shared),
        _place(imis_id, on, is_member=True),
        Message("append", "task", imis_id, {k: v for k, v in back.items() if v} | shared),
    ]


def _place(imis_id: str, on: str, *, is_member: bool) -> Message:
    fields = {
        "segment_key": SEGMENT, "segment_name": SEGMENT_NAME, "is_member": is_member, "changed_on": on,
        "run_key": "retention",
    }  # fmt: skip
    return Message("set", "AI_Segment", imis_id, fields)


def _link(imis_id: str) -> dict[str, str]:
    return {"link": f"{settings.SITE_URL}/retention/members/{imis_id}/"}
