"""Which channel suits a member: what they agreed to, where they answered before, and why."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from imis_ai.governance.messages import contact
from imis_ai.governance.models import Channel, ContactEntry
from imis_ai.governance.refusals import WhyNot
from imis_ai.mirror import contact as mirror

LOOKED_BACK = timedelta(days=365)
PRIOR_ANSWERS, PRIOR_SENT = 1, 5  # so that one lucky answer does not decide
ORDER = (Channel.EMAIL, Channel.SMS, Channel.PORTAL)
ANSWERED = (ContactEntry.State.REPLIED,)


@dataclass(frozen=True)
class Choice:
    """`channel` is empty when none may be used; `reason` is for staff either way."""

    channel: str
    reason: str
    refused: dict[str, WhyNot]


def choose_channel(
    *,
    imis_id: str,
    area: str,
    now: datetime,
    allowed: tuple[str, ...] = ORDER,
    is_automatic: bool = False,
) -> Choice:
    """The permitted channel with the best record of answers; without one, e-mail before SMS before a letter.

    No consent, no channel.
    """
    refused: dict[str, WhyNot] = {}
    for channel in allowed:
        found = contact.refusals(
            imis_ids=[imis_id], channel=channel, area=area, now=now, is_automatic=is_automatic
        )
        if imis_id in found and not found[imis_id].waits:
            refused[channel] = found[imis_id].why
    open_ones = [channel for channel in ORDER if channel in allowed and channel not in refused]
    if not open_ones:
        first = next(iter(refused.values()), None)
        return Choice("", first.sentence if first else "No channel was asked for.", refused)
    record = _record(imis_id, now)
    best = max(open_ones, key=lambda channel: (_rate(record.get(channel, (0, 0))), -ORDER.index(channel)))
    return Choice(best, _reason(best, record.get(best, (0, 0)), open_ones), refused)


def _record(imis_id: str, now: datetime) -> dict[str, tuple[int, int]]:
    """Per channel: how often this person was contacted, and answered or opened it within two weeks."""
    person = mirror.people([imis_id]).get(imis_id)
    ids = person.ids if person else (imis_id,)
    rows = ContactEntry.objects.filter(
        imis_id__in=ids, sent_at__gte=now - LOOKED_BACK, sent_at__lte=now, state__in=contact.OUT
    )
    found: dict[str, tuple[int, int]] = {}
    opened = [each.at for each in mirror.activities_since(ids[0], now - LOOKED_BACK, now)]
    for channel, state, at in rows.values_list("channel", "state", "sent_at"):
        is_read = channel == Channel.EMAIL and any(at <= read <= at + timedelta(days=14) for read in opened)
        sent, answered = found.get(channel, (0, 0))
        found[channel] = sent + 1, answered + (state in ANSWERED or is_read)
    return found


def _rate(record: tuple[int, int]) -> float:
    sent, answered = record
    return (answered + PRIOR_ANSWERS) / (sent + PRIOR_SENT)


def _reason(channel: str, record: tuple[int, int], open_ones: list[str]) -> str:
    label = Channel(channel).label
    agreed = "needs no consent" if channel == Channel.PORTAL else "the member agreed to it"
    if len(open_ones) == 1:
        return f"{label}: {agreed}, and no other channel may be used."
    sent, answered = record
    if not sent:
        return f"{label}: {agreed}; no past answers to compare."
    return f"{label}: {agreed}, and answered {answered} of {sent} in the last 12 months."
