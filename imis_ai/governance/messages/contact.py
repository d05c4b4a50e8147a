"""Whether a member may be contacted now, by this channel, for this area. Asked again when sending."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.utils.timezone import localdate, localtime

from imis_ai.governance.messages import addresses, control, limits, pauses
from imis_ai.governance.messages.limits import Limits
from imis_ai.governance.models import Channel, ContactEntry, OptOut
from imis_ai.governance.refusals import WhyNot
from imis_ai.mirror import contact
from imis_ai.mirror.contact import Person
from imis_ai.ui import words

OUT = (
    ContactEntry.State.SENDING,
    ContactEntry.State.SENT,
    ContactEntry.State.BOUNCED,
    ContactEntry.State.REPLIED,
    ContactEntry.State.OPTED_OUT,
)
STILL_PLANNED = ("suggested", "later", "half", "approved")  # not what was rejected, undone or expired
ACCOUNT_AREAS = ("renewals",)  # invoices and reminders: not marketing
_people_only: list[Callable[[Collection[str], datetime], set[str]]] = []


@dataclass(frozen=True)
class Refusal:
    """`until`: when it ends by itself, where that is known. `waits`: nothing is wrong but the hour."""

    why: WhyNot
    until: datetime | None = None
    waits: bool = False


@dataclass(frozen=True)
class _Asked:
    channel: str
    area: str
    now: datetime
    limits: Limits
    is_automatic: bool
    counts_planned: bool
    besides: str = ""
    is_service: bool = False


def people_only_from(source: Callable[[Collection[str], datetime], set[str]]) -> None:
    """`source(imis_ids, now)` names the most valuable members, who always hear from a person."""
    _people_only[:] = [source]


def may_contact(
    *,
    imis_id: str,
    channel: str,
    area: str,
    now: datetime,
    is_automatic: bool = False,
    counts_planned: bool = True,
    besides: str = "",
    is_service: bool = False,
) -> WhyNot | None:
    """The first rule that stands against it; None when nothing does."""
    found = refusals(
        imis_ids=[imis_id],
        channel=channel,
        area=area,
        now=now,
        is_automatic=is_automatic,
        counts_planned=counts_planned,
        besides=besides,
        is_service=is_service,
    )
    return found[imis_id].why if imis_id in found else None


def refusals(
    *,
    imis_ids: Collection[str],
    channel: str,
    area: str,
    now: datetime,
    is_automatic: bool = False,
    counts_planned: bool = True,
    besides: str = "",
    is_service: bool = False,
) -> dict[str, Refusal]:
    """Those of the members who may not be contacted, with the first rule against it. `besides`: a reference
    that does not count against itself. Contacts that are only planned count while drafting, not when sending.
    `is_service`: of a kind that is owed to the member, so that a control group gets it too.
    """
    asked = _Asked(channel, area, now, limits.current(), is_automatic, counts_planned, besides, is_service)
    people = contact.people(imis_ids)
    found: dict[str, Refusal] = {}
    for rule in RULES:
        left = {imis_id: people.get(imis_id) for imis_id in imis_ids if imis_id not in found}
        found |= rule(left, asked)
    return found


def always_a_person(*, imis_ids: Collection[str], now: datetime) -> set[str]:
    """Those of the members who are so valuable that they always hear from a person."""
    known = limits.current()
    if _people_only:
        return _people_only[0](imis_ids, now) & set(imis_ids)
    since = localtime(now - timedelta(days=3 * 365)).date()
    return contact.highest_paying(known.people_only_share, since) & set(imis_ids)


def left_alone(*, imis_id: str, area: str, now: datetime) -> WhyNot | None:
    """Whether the member is in a control group now; for what goes past drafts, such as a task to call."""
    if not control.rows(area=area, on=localdate(now)).exists():
        return None
    asked = _Asked("", area, now, limits.current(), is_automatic=False, counts_planned=False)
    left: Left = dict(contact.people([imis_id]))
    held = _control_group(left, asked).get(imis_id)
    return held.why if held else None


Left = dict[str, Person | None]


def _not_here(left: Left, asked: _Asked) -> dict[str, Refusal]:
    return {
        imis_id: _no("iMIS has no such member any more.", "members of iMIS", "Choose somebody else.")
        for imis_id, person in left.items()
        if person is None or person.is_gone
    }


def _unwanted(left: Left, asked: _Asked) -> dict[str, Refusal]:
    """Told to us: on the stop page, in a reply, or to staff. It counts for every number the person had."""
    silent_about = [OptOut.Kind.NO_PROFILING, OptOut.Kind.UNUSABLE]
    if asked.area in ACCOUNT_AREAS:
        silent_about.append(OptOut.Kind.NO_MARKETING)
    rows = OptOut.objects.filter(imis_id__in=_all_ids(left), ended_at=None).exclude(kind__in=silent_about)
    said: dict[str, list[OptOut]] = {}
    for row in rows.filter(Q(channel="") | Q(channel=asked.channel)).order_by("-at"):
        said.setdefault(row.imis_id, []).append(row)
    found = {}
    for imis_id, person in left.items():
        if row := next((each for own in person.ids for each in said.get(own, ())), None):
            on = words.short_date(localtime(row.at).date(), localtime(asked.now).date())
            found[imis_id] = _no(
                f"{person.name} asked on {on} for {row.get_kind_display()}.",
                "opt-out",
                "Only the member can change that.",
            )
    return found


def _control_group(left: Left, asked: _Asked) -> dict[str, Refusal]:
    """Left alone to compare: by every list, by hand and by machine."""
    if asked.is_service:
        return {}
    held, today = (
        control.held(imis_ids=_all_ids(left), area=asked.area, now=asked.now),
        localtime(asked.now).date(),
    )
    found = {}
    for imis_id, person in left.items():
        until = max((held[own] for own in person.ids if own in held), default=None)
        if until:
            ends = localtime(asked.now).replace(hour=0, minute=0, second=0, microsecond=0)
            who = person.given_name or person.name or imis_id
            said = control.sentence(who=who, them=person.them, until=until, today=today)
            found[imis_id] = Refusal(
                WhyNot(said, control.RULE), until=ends + timedelta(days=(until - today).days + 1)
            )
    return found


def _no_consent(left: Left, asked: _Asked) -> dict[str, Refusal]:
    if asked.channel == Channel.PORTAL:
        return {}  # a letter in the member's own portal needs no address and no consent
    label = Channel(asked.channel).label
    return {
        imis_id: _no(
            f"{person.name} has {'refused' if asked.channel in person.consent else 'not agreed to'} {label}.",
            "consent",
            "Use another channel, or call.",
        )
        for imis_id, person in left.items()
        if not person.consent.get(asked.channel)
    }


def _no_address(left: Left, asked: _Asked) -> dict[str, Refusal]:
    if asked.channel == Channel.PORTAL:
        return {}
    broken = set(
        OptOut.objects.filter(imis_id__in=_all_ids(left), kind=OptOut.Kind.UNUSABLE, ended_at=None)
        .filter(channel=asked.channel)
        .values_list("address_digest", flat=True)
    )
    found, noun = {}, "phone number" if asked.channel == Channel.SMS else "e-mail address"
    for imis_id, person in left.items():
        address = addresses.of(person, asked.channel)
        if not address:
            found[imis_id] = _no(f"iMIS has no usable {noun}.", "addresses", "Complete it in iMIS.")
        elif addresses.digest(address) in broken:
            found[imis_id] = _no(
                f"The last message to this {noun} came back.", "addresses", "Correct it in iMIS."
            )
    return found


def _silent(left: Left, asked: _Asked) -> dict[str, Refusal]:
    by_own = {own: imis_id for imis_id, person in left.items() for own in person.ids}
    found: dict[str, Refusal] = {}
    for source in pauses.SOURCES.values():
        for own, silence in source.read(list(by_own), asked.area, asked.now).items():
            why = WhyNot(f"Not sent: {silence.sentence}", source.rule, next_step=source.next_step)
            if own in by_own:
                found.setdefault(by_own[own], Refusal(why, silence.until))
    return found


def _too_often(left: Left, asked: _Asked) -> dict[str, Refusal]:
    known = asked.limits
    since = asked.now - max(known.period, known.area_period)
    states = (*OUT, ContactEntry.State.PLANNED) if asked.counts_planned else OUT
    rows = ContactEntry.objects.filter(
        ~Q(state=ContactEntry.State.PLANNED) | Q(proposal=None) | Q(proposal__state__in=STILL_PLANNED),
        imis_id__in=_all_ids(left),
        state__in=states,
        planned_at__gte=since,
    )
    rows = rows.exclude(reference=asked.besides) if asked.besides else rows
    contacts: dict[str, list[tuple[datetime, str]]] = {}
    for own, sent, planned, area in rows.values_list("imis_id", "sent_at", "planned_at", "area"):
        contacts.setdefault(own, []).append((sent or planned, area))
    found = {}
    for imis_id, person in left.items():
        mine = sorted(at_area for own in person.ids for at_area in contacts.get(own, ()))
        if refusal := _over(mine, asked):
            found[imis_id] = refusal
    return found


def _over(mine: list[tuple[datetime, str]], asked: _Asked) -> Refusal | None:
    known = asked.limits
    recent = [at for at, _ in mine if at > asked.now - known.period]
    if len(recent) >= known.most:
        until = recent[-known.most] + known.period
        return _limit(f"{len(recent)} of {known.most} contacts in {known.period.days} days", until, asked)
    here = [at for at, area in mine if area == asked.area and at > asked.now - known.area_period]
    if len(here) >= known.most_per_area:
        until = here[-known.most_per_area] + known.area_period
        return _limit(
            f"{words.plural(len(here), 'contact')} for {asked.area} in {known.area_period.days} days",
            until,
            asked,
        )
    return None


def _limit(said: str, until: datetime, asked: _Asked) -> Refusal:
    free = words.ahead(localtime(until), localtime(asked.now))
    why = WhyNot(
        f"The contact limit is reached: {said}.", "contact limit", asked.limits.owner, f"Free again {free}."
    )
    return Refusal(why, until)


def _person_only(left: Left, asked: _Asked) -> dict[str, Refusal]:
    """The most valuable members never get an automatic message, at any phase."""
    if not asked.is_automatic:
        return {}
    valued = _people_only[0](list(left), asked.now) if _people_only else _highest_paying(asked)
    return {
        imis_id: _no(
            "One of the most valuable members, who always hears from a person.",
            "people only",
            "Approve it by hand, or call.",
        )
        for imis_id, person in left.items()
        if valued & {imis_id, *person.ids}
    }


def _highest_paying(asked: _Asked) -> set[str]:
    """Until a value is published: by the money of the last three years."""
    since = localtime(asked.now - timedelta(days=3 * 365)).date()
    return contact.highest_paying(asked.limits.people_only_share, since)


def _quiet(left: Left, asked: _Asked) -> dict[str, Refusal]:
    if asked.channel != Channel.SMS:
        return {}
    until = limits.quiet_until(asked.now, ZoneInfo(settings.TIME_ZONE), asked.limits)
    if until is None:
        return {}
    why = WhyNot("SMS waits during the quiet hours.", "quiet hours", next_step=f"It leaves at {until:%H:%M}.")
    return dict.fromkeys(left, Refusal(why, until, waits=True))


def _no(sentence: str, rule: str, next_step: str = "") -> Refusal:
    return Refusal(WhyNot(sentence, rule, next_step=next_step))


def _all_ids(left: Left) -> set[str]:
    return {own for person in left.values() for own in person.ids}


RULES = (
    _not_here,
    _unwanted,
    _control_group,
    _no_consent,
    _no_address,
    _silent,
    _too_often,
    _person_only,
    _quiet,
)
