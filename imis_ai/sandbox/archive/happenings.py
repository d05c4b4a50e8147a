"""Activities, visits, mailings, events, registrations and comments of an archive."""

from pathlib import Path

import numpy as np

from imis_ai.sandbox.archive.cells import cents, flags, floats, numbers, rows, times, words
from imis_ai.sandbox.association import behaviour
from imis_ai.sandbox.columns import Column, Labels, Table, Times

VISITS, MAILS = set(behaviour.VISITS), set(behaviour.MAILS)
KINDS = {  # canonical kind -> activity type on the wire
    "donation": "DONATE",
    "purchase": "PURCHASE",
    "sponsorship": "SPONSOR",
    "course_start": "COURSEST",
    "course_complete": "COURSECO",
    "certification": "CERT",
    "volunteer_shift": "VOLUNTR",
    "case_opened": "CASE",
    "community_post": "POST",
    "community_reply": "REPLY",
    "profile_update": "PROFILE",
    "benefit_use": "BENEFIT",
}


def activities(folder: Path) -> list[Table]:
    """Visits, mailings and the rest, each in its own table."""
    found = sorted(rows(folder, "activities.csv"), key=lambda row: (row["at"], row["imis_id"]))
    visits = [row for row in found if row["kind"] in VISITS]
    mails = [row for row in found if row["kind"] in MAILS]
    rest = [row for row in found if row["kind"] not in VISITS | MAILS]
    kinds = Labels.of([KINDS.get(row["kind"], row["kind"].upper()) for row in rest])
    nothing = {
        name: Labels(np.full(len(rest), -1), [])
        for name in ("OTHER_CODE", "CATEGORY", "NOTE", "SOLICITOR_ID", "SOURCE_SYSTEM")
    }
    effective = Times(times(rest, "at").values.astype("datetime64[D]"))
    return [
        Table(
            "WebActivity",
            "VisitId",
            {
                "VisitId": numbers(len(visits)),
                "ID": words(visits, "imis_id"),
                "Kind": words(visits, "kind"),
                "At": times(visits, "at"),
                "Reference": words(visits, "reference"),
                "Minutes": floats(visits, "quantity"),
            },
        ),
        Table(
            "EmailEvents",
            "EventId",
            {
                "EventId": numbers(len(mails)),
                "ID": words(mails, "imis_id"),
                "Kind": words(mails, "kind"),
                "At": times(mails, "at"),
                "Subject": words(mails, "reference"),
            },
        ),
        Table(
            "Activity",
            "SEQN",
            {
                "SEQN": numbers(len(rest)),
                "PartyId": words(rest, "imis_id"),
                "ACTIVITY_TYPE": kinds,
                "TRANSACTION_DATE": times(rest, "at"),
                "EFFECTIVE_DATE": effective,
                "PRODUCT_CODE": words(rest, "reference"),
                "DESCRIPTION": words(rest, "detail"),
                "QUANTITY": floats(rest, "quantity"),
                "AMOUNT": cents(rest, "amount"),
                "TICKLER_DATE": times([{} for _ in rest], "none"),
                **nothing,
            },
        ),
    ]


def events(folder: Path) -> list[Table]:
    events = sorted(rows(folder, "events.csv"), key=lambda row: row["event_id"])
    found = sorted(
        rows(folder, "registrations.csv"),
        key=lambda row: (row["registered_at"], row["imis_id"], row["event_id"]),
    )
    return [
        Table(
            "Event",
            "EventId",
            {
                "EventId": words(events, "event_id"),
                "Name": words(events, "name"),
                "Category": words(events, "kind"),
                "StartDateTime": times(events, "starts_at"),
                "EndDateTime": times(events, "starts_at"),
                "Chapter": words(events, "chapter"),
                "Fee": cents(events, "fee"),
                "Status": Labels.of(["P"] * len(events)),
                "UpdatedOn": times(events, "starts_at"),
            },
        ),
        Table(
            "Registrations",
            "RegistrationId",
            {
                "RegistrationId": numbers(len(found)),
                "EventId": words(found, "event_id"),
                "ID": words(found, "imis_id"),
                "RegisteredOn": times(found, "registered_at"),
                "Attended": flags(found, "attended"),
                "CancelledOn": times(found, "cancelled_at"),
                "Amount": cents(found, "amount"),
                "ChangedOn": times(found, "registered_at"),
            },
        ),
    ]


def texts(folder: Path) -> Table:
    found = sorted(rows(folder, "texts.csv"), key=lambda row: row["text_id"])
    columns: dict[str, Column] = {
        c: words(found, c.lower()) for c in ("Source", "Question", "Subject", "Body", "Reference")
    }
    return Table(
        "Texts",
        "TextId",
        {
            "TextId": words(found, "text_id"),
            "ID": words(found, "imis_id"),
            "At": times(found, "at"),
            "ChangedOn": times(found, "at"),
        }
        | columns,
    )
