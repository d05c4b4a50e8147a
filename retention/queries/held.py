"""What outreach holds of one member beside the messages themselves, for their own request. Reads only."""

from collections.abc import Iterator

from imis_ai.governance.privacy import Section, Subject
from retention.models import Introducer, LeftOut, Promise


def sections(subject: Subject) -> Iterator[Section]:
    promised = Promise.objects.filter(member__imis_id=subject.imis_id).order_by("at")
    yield Section(
        "Promised to you", "Seats and introductions held for you.", [_promise(each) for each in promised]
    )
    agreed = Introducer.objects.filter(member__imis_id=subject.imis_id).order_by("agreed_at")
    yield Section(
        "Introductions you agreed to",
        "That you may be introduced to members of your chapter.",
        [{"agreed": each.agreed_at, "ended": each.ended_at} for each in agreed],
    )
    left = LeftOut.objects.filter(member__imis_id=subject.imis_id)
    yield Section(
        "No message",
        "Why the last night wrote nothing to you.",
        [{"on": each.on, "rule": each.rule, "why": each.sentence} for each in left],
    )


def _promise(each: Promise) -> dict:
    return {
        "what": each.get_what_display(),
        "event": each.event,
        "introduced by": "another member" if each.peer_id else "",
        "since": each.at,
        "ended": each.ended_at,
    }
