"""What speaks for an alert today, read from the mirror: facts by member and signal."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from imis_ai.features import queries as features
from imis_ai.governance import guardrails
from imis_ai.mirror import access, roles, trouble
from imis_ai.ui import words
from retention.calc import hardship
from retention.calc.hardship import Fact, Found

ENGAGEMENT = "engagement.score"
FEWEST = 10  # members of a chapter, before its share is said
SIGNAL_WORDS = {
    hardship.FAILED: "Two failed payments",
    hardship.ASKED: "Asked for time",
    hardship.AREA: "Move to a dearer area",
    hardship.INDUSTRY: "Industry in a downturn",
    hardship.RIVAL: "New employer who competes with us, and taking part less",
}
UNFAIR = (hardship.AREA, hardship.INDUSTRY)


@dataclass(frozen=True)
class Switch:
    """Whether a signal is looked for, and why not."""

    signal: str
    label: str
    is_on: bool
    note: str = ""


def switches() -> list[Switch]:
    """Every signal; those that may be unfair are off until two people sign."""
    on, rivals = guardrails.signals_on(), guardrails.entries("competitors")
    found = []
    for signal, label in SIGNAL_WORDS.items():
        if signal in UNFAIR and signal not in on:
            found.append(Switch(signal, label, False, "may be unfair; switching it on needs two signatures"))
        elif signal == hardship.RIVAL and not rivals:
            found.append(Switch(signal, label, False, "the list of competitors is empty"))
        else:
            found.append(Switch(signal, label, True))
    return found


def found(*, today: date) -> list[Found]:
    """Everything that the signals switched on find today, by member and signal."""
    readers: dict[str, Callable[[date], Iterable[Found]]] = {
        hardship.FAILED: _failed,
        hardship.ASKED: _asked,
        hardship.AREA: moved,
        hardship.INDUSTRY: downturn,
        hardship.RIVAL: _displaced,
    }
    return [each for switch in switches() if switch.is_on for each in readers[switch.signal](today)]


def _failed(today: date) -> Iterator[Found]:
    since = today - timedelta(days=hardship.WINDOW[hardship.FAILED])
    tries: dict[int, list[hardship.Tried]] = defaultdict(list)
    for charge in trouble.charges(since=since, until=today):
        tries[charge.member].append(hardship.Tried(charge.on, charge.succeeded, charge.why))
    for member, own in tries.items():
        if facts := hardship.failed_payments(own, today=today):
            yield Found(member, hardship.FAILED, facts)


def _asked(today: date) -> Iterator[Found]:
    phrases = guardrails.entries("asks_for_time")
    since = today - timedelta(days=hardship.WINDOW[hardship.ASKED])
    facts: dict[int, list[Fact]] = defaultdict(list)
    for text in trouble.texts(since=since, until=today) if phrases else ():
        if phrase := hardship.phrase_in(text.words, phrases):
            source = text.source.replace("_", " ")
            facts[text.member].append(Fact(text.on, f"Wrote “{phrase}”", source))
    for member, own in facts.items():
        yield Found(member, hardship.ASKED, tuple(own))


def moved(today: date) -> Iterator[Found]:
    """Moves from a postal code outside the list of dearer areas into one on it."""
    heads = guardrails.entries("dear_areas")
    since = today - timedelta(days=hardship.WINDOW[hardship.AREA])
    changes = trouble.changes(since=since, until=today, fields=[trouble.Field.POSTCODE]) if heads else []
    for each in changes:
        if hardship.is_dear(each.after, heads) and not hardship.is_dear(each.before, heads):
            fact = Fact(each.on, f"Moved from {each.before} to {each.after}", "iMIS contact")
            yield Found(each.member, hardship.AREA, (fact,))


def downturn(today: date) -> Iterator[Found]:
    """Current members in an industry that staff say is in a downturn."""
    names = {name.casefold() for name in guardrails.entries("downturns")}
    for member, industry in trouble.in_industries(names=names, today=today) if names else ():
        fact = Fact(
            today.replace(month=1, day=1), f"Works in {industry}, which is in a downturn", "iMIS contact"
        )
        yield Found(member, hardship.INDUSTRY, (fact,))


def _displaced(today: date) -> Iterator[Found]:
    """Both conditions: now with a competitor, and taking part clearly less than before that day."""
    rivals = guardrails.entries("competitors")
    since = today - timedelta(days=hardship.WINDOW[hardship.RIVAL])
    fields = [trouble.Field.EMPLOYER, trouble.Field.TITLE]
    moves = [
        each
        for each in trouble.changes(since=since, until=today, fields=fields)
        if hardship.names_rival(each.after, rivals) and not hardship.names_rival(each.before, rivals)
    ]
    levels = _engagement({each.member for each in moves}, {each.on for each in moves}, today)
    for each in moves:
        before, now = levels.get((each.member, each.on)), levels.get((each.member, today))
        if before is not None and now is not None and hardship.has_fallen(before, now):
            noun = "Employer" if each.field == trouble.Field.EMPLOYER else "Title"
            fact = Fact(each.on, f"{noun} changed from {each.before} to {each.after}", "iMIS contact")
            fell = f"Engagement fell from {before:.0f} to {now:.0f} of 100 since then"
            yield Found(each.member, hardship.RIVAL, (fact, Fact(each.on, fell, "activities, registrations")))


def _engagement(
    members: Collection[int], days: Collection[date], today: date
) -> dict[tuple[int, date], float]:
    """From 0 to 100, by member and day."""
    if not members:
        return {}
    pseudonyms = {standing.pseudonym: pk for pk, standing in trouble.standings(members=members).items()}
    frames = features.frames(
        as_ofs=[*days, today], names=[ENGAGEMENT], pseudonyms=list(pseudonyms), may_be_old=True
    )
    return {
        (pseudonyms[str(name)], day): float(value)
        for day, frame in frames.items()
        for name, value in frame[ENGAGEMENT].items()
        if not math.isnan(value)
    }


def apart(members: Collection[int], *, today: date) -> tuple[str, str]:
    """The chapters in which most and fewest of the current members are among these; empty for one chapter."""
    belongs = roles.in_chapters(today=today)
    sizes = Counter(each.chapter for each in belongs)
    hits = Counter(each.chapter for each in belongs if each.member in members)
    shares = {code: hits[code] / size for code, size in sizes.items() if size >= FEWEST}
    if len(shares) < 2:
        return "", ""
    names = access.chapter_names()
    said = {code: f"{names.get(code, code)} ({words.of_100(share)} of 100)" for code, share in shares.items()}
    return said[max(shares, key=lambda code: shares[code])], said[min(shares, key=lambda code: shares[code])]


@dataclass(frozen=True)
class Money:
    """What an alert is about in money; a plan may be offered while there is time before the invoice."""

    amount: Decimal | None
    invoice_on: date | None
    may_offer: bool
    chapter: str


def money_of(*, members: Collection[int], today: date) -> dict[int, Money]:
    """Owed now, else the dues of the coming term; and when its invoice is expected."""
    lead = trouble.invoice_lead(today=today)
    made = {}
    for pk, standing in trouble.standings(members=members).items():
        expected = None
        if lead is not None and standing.term_end is not None and not standing.is_invoiced:
            expected = standing.term_end + timedelta(days=1 - lead)
        may = expected is not None and today <= hardship.last_day_to_offer(expected) and bool(standing.dues)
        made[pk] = Money(standing.balance or standing.dues, expected, may, standing.chapter)
    return made


def suggested(each: Found, money: Money | None, benefit: str, *, today: date) -> str:
    """The step for staff, in one sentence."""
    if each.signal == hardship.RIVAL:
        more = f" and name {benefit}, which they used most and no competitor has" if benefit else ""
        return f"Call: offer a grace period{more}"[:200]
    if money and money.may_offer and money.invoice_on:
        last = words.short_date(hardship.last_day_to_offer(money.invoice_on), today)
        return f"Offer a payment plan by {last}, before the invoice"
    return "Call: agree on a date or another way to pay"
