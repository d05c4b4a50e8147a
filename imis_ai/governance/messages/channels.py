"""Which channel suits a member: what they agreed to, where they answered before, and why."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from imis_ai.governance.messages import contact
from imis_ai.governance.models import Channel, ContactEntry
from imis_ai.governance.refusals import WhyNot
from imis_ai.mirror import contact as mirror

LOOKED_BACK = timedelta(days=365)
READ_WITHIN = timedelta(days=14)
PRIOR_ANSWERS, PRIOR_SENT = 1, 5  # so that one lucky answer does not decide
ORDER = (Channel.EMAIL, Channel.SMS, Channel.PORTAL)
ANSWERED = (ContactEntry.State.REPLIED,)
Record = dict[str, tuple[int, int]]  # per channel: how often contacted, how often answered


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
    found = choose_channels(
        imis_ids=[imis_id], area=area, now=now, allowed=allowed, is_automatic=is_automatic
    )
    return found[imis_id]


def choose_channels(
    *,
    imis_ids: Collection[str],
    area: str,
    now: datetime,
    allowed: tuple[str, ...] = ORDER,
    is_automatic: bool = False,
) -> dict[str, Choice]:
    """The same for many members, in as many queries as for one."""
    refused: dict[str, dict[str, WhyNot]] = {imis_id: {} for imis_id in imis_ids}
    for channel in allowed:
        found = contact.refusals(
            imis_ids=imis_ids, channel=channel, area=area, now=now, is_automatic=is_automatic
        )
        for imis_id, refusal in found.items():
            if not refusal.waits:
                refused[imis_id][channel] = refusal.why
    records = _records([imis_id for imis_id in imis_ids if len(refused[imis_id]) < len(allowed)], now)
    return {imis_id: _choice(allowed, refused[imis_id], records.get(imis_id, {})) for imis_id in imis_ids}


def _choice(allowed: tuple[str, ...], refused: dict[str, WhyNot], record: Record) -> Choice:
    open_ones = [channel for channel in ORDER if channel in allowed and channel not in refused]
    if not open_ones:
        first = next(iter(refused.values()), None)
        return Choice("", first.sentence if first else "No channel was asked for.", refused)
    best = max(open_ones, key=lambda channel: (_rate(record.get(channel, (0, 0))), -ORDER.index(channel)))
    return Choice(best, _reason(best, record.get(best, (0, 0)), open_ones), refused)


def _records(imis_ids: Collection[str], now: datetime) -> dict[str, Record]:
    """Per member and channel: how often they were contacted, and answered or opened it within two weeks."""
    people = mirror.people(imis_ids)
    own = {number: imis_id for imis_id, person in people.items() for number in person.ids}
    rows = ContactEntry.objects.filter(
        imis_id__in=own, sent_at__gte=now - LOOKED_BACK, sent_at__lte=now, state__in=contact.OUT
    ).values_list("imis_id", "channel", "state", "sent_at")
    contacts = list(rows)
    opened = mirror.opens_since({people[own[row[0]]].imis_id for row in contacts}, now - LOOKED_BACK, now)
    found: dict[str, Record] = {}
    for number, channel, state, at in contacts:
        imis_id = own[number]
        reads = opened.get(people[imis_id].imis_id, ()) if channel == Channel.EMAIL else ()
        is_answered = state in ANSWERED or any(at <= read <= at + READ_WITHIN for read in reads)
        record = found.setdefault(imis_id, {})
        sent, answered = record.get(channel, (0, 0))
        record[channel] = sent + 1, answered + is_answered
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
