"""The association's arrays as tables under the column names that are served."""

import copy

import numpy as np

from imis_ai.sandbox.association import behaviour, chance, money, places, programme, service, topics
from imis_ai.sandbox.association.membership import Terms
from imis_ai.sandbox.association.people import METHODS, NEVER, People
from imis_ai.sandbox.association.rivals import Moves
from imis_ai.sandbox.columns import Cents, Flags, Labels, Numbers, Table, Times

NOTHING = -(2**63)
TIER_CODES = [code for code, *_ in topics.TIERS]
CHAPTER_CODES = [place.code for place in places.CHAPTERS]


def day(days: np.ndarray, null: int = 0) -> Times:
    """Days since 1970 as a column; `null`, and anything as far off as NEVER, is empty."""
    days = np.asarray(days).astype(np.int64)
    seconds = (days * 86400).astype("datetime64[s]")
    seconds[(days == null) | (days >= NEVER)] = np.datetime64("NaT")
    return Times(seconds)


def second(at: np.ndarray) -> Times:
    return Times(np.asarray(at).astype("datetime64[s]"))


def _numbered(n: int, first: int = 1) -> Numbers:
    return Numbers(np.arange(first, first + n, dtype=np.int64))


def _invoice_words(n: int) -> list[str]:
    return [f"INV-{10_001 + i}" for i in range(n)]


def terms(person: People, found: Terms, today: int) -> Table:
    """Terms that had begun (been paid) before today, in order of start."""
    rows = np.flatnonzero(found.start < today)
    rows = rows[np.lexsort((found.member[rows], found.start[rows]))]
    resigned = np.where(found.resigned[rows] < today, found.resigned[rows], NEVER)
    changed = np.where(resigned < NEVER, resigned, found.start[rows])
    return Table(
        "Terms",
        "TermId",
        {
            "TermId": _numbered(len(rows), 50_001),
            "ID": Labels(found.member[rows], person.ids),
            "Tier": Labels(found.tier[rows], TIER_CODES),
            "BillBegin": day(found.start[rows]),
            "BillThrough": day(found.end[rows]),
            "Price": Cents(found.price[rows]),
            "Method": Labels(found.method[rows], METHODS),
            "ResignedOn": day(resigned),
            "ChangedOn": second(changed * 86400 + 10 * 3600 + rows % 20_000),
        },
    )


def web_activity(person: People, seen: behaviour.Happenings) -> Table:
    words = [*topics.PAGES, *topics.DOWNLOADS]
    return Table(
        "WebActivity",
        "VisitId",
        {
            "VisitId": _numbered(len(seen.at)),
            "ID": Labels(seen.member, person.ids),
            "Kind": Labels(seen.kind, behaviour.VISITS),
            "At": second(seen.at),
            "Reference": Labels(seen.word, words),
            "Minutes": Numbers(seen.minutes),
        },
    )


def email_events(person: People, seen: behaviour.Happenings) -> Table:
    return Table(
        "EmailEvents",
        "EventId",
        {
            "EventId": _numbered(len(seen.at)),
            "ID": Labels(seen.member, person.ids),
            "Kind": Labels(seen.kind, behaviour.MAILS),
            "At": second(seen.at),
            "Subject": Labels(seen.word, topics.SUBJECTS),
        },
    )


def event_codes(plan: programme.Programme) -> list[str]:
    heads = ["WEB", "CONF", "AC", "CHM", "CRS", "SOC"]
    return [
        f"{heads[k]}{np.datetime64(int(d), 'D')!s}-{i}".replace("-", "")[: 3 + 8] + f"-{i + 1:03d}"
        for i, (k, d) in enumerate(zip(plan.kind.tolist(), plan.day.tolist(), strict=True))
    ]


def events(plan: programme.Programme, codes: list[str]) -> Table:
    order = np.array(sorted(range(len(codes)), key=codes.__getitem__))
    start = plan.day * 86400 + plan.hour * 3600
    hours = np.array([1, 8, 26, 3, 7, 3])[plan.kind]
    return Table(
        "Event",
        "EventId",
        {
            "EventId": Labels(order, codes),
            "Name": Labels(order, plan.name),
            "Category": Labels(plan.kind[order], programme.KINDS),
            "StartDateTime": second(start[order]),
            "EndDateTime": second((start + hours * 3600)[order]),
            "Chapter": Labels(plan.chapter[order], CHAPTER_CODES),
            "Fee": Cents(plan.fee[order]),
            "Status": Labels(np.zeros(len(order)), ["P"]),
            "UpdatedOn": second((plan.day - 90)[order] * 86400 + 9 * 3600),
        },
    )


def registrations(
    person: People, plan: programme.Programme, codes: list[str], found: programme.Registrations
) -> Table:
    n = len(found.event)
    known = np.where(found.attended >= 0, plan.day[found.event], found.day)
    changed = np.maximum(np.maximum(known, found.day), found.cancelled)
    return Table(
        "Registrations",
        "RegistrationId",
        {
            "RegistrationId": _numbered(n, 200_001),
            "EventId": Labels(found.event, codes),
            "ID": Labels(found.member, person.ids),
            "RegisteredOn": second(found.day * 86400 + 8 * 3600 + np.arange(n) * 37 % 43_200),
            "Attended": Flags(found.attended),
            "CancelledOn": second(np.where(found.cancelled > 0, found.cancelled * 86400 + 50_000, NOTHING)),
            "Amount": Cents(found.amount),
            "ChangedOn": second(changed * 86400 + 85_800),
        },
    )


def invoices(person: People, found: money.Invoices, today: int) -> Table:
    n = len(found.member)
    closed = (found.paid > 0) | (found.written_off > 0)
    dropped = np.minimum(found.due + money.WRITE_OFF, today - 1)
    changed = np.where(found.paid > 0, found.paid, np.where(found.written_off > 0, dropped, found.issued))
    return Table(
        "Invoices",
        "InvoiceId",
        {
            "InvoiceId": Labels(np.arange(n), _invoice_words(n)),
            "ID": Labels(found.member, person.ids),
            "PayerId": Labels(found.payer, person.ids),
            "Purpose": Labels(found.purpose, money.PURPOSES),
            "InvoiceDate": day(found.issued),
            "DueDate": day(found.due),
            "Amount": Cents(found.amount),
            "Balance": Cents(np.where(closed, 0, found.amount)),
            "PaidOn": day(found.paid),
            "Tier": Labels(found.tier, TIER_CODES),
            "TermStart": day(found.term_start),
            "TermEnd": day(found.term_end),
            "ChangedOn": second(changed * 86400 + 11 * 3600 + np.arange(n) % 30_000),
        },
    )


def invoice_lines(found: money.Invoices, codes: list[str], headers: Table) -> Table:
    n = len(found.member)
    shared = {
        name: copy.deepcopy(headers.columns[name]) for name in ("InvoiceId", "ID", "Amount", "ChangedOn")
    }
    items = [*TIER_CODES, "LIBPLUS", "TIERADJ", *codes]
    item = np.select(
        [found.purpose == 0, found.purpose == 2, found.purpose == 3], [found.tier, 3, 4], 5 + found.item
    )
    return Table(
        "InvoiceLines",
        "LineId",
        {
            "LineId": _numbered(n),
            "InvoiceId": shared["InvoiceId"],
            "ID": shared["ID"],
            "LineNumber": Numbers(np.ones(n, np.int64)),
            "ItemId": Labels(item, items),
            "Quantity": Numbers(np.ones(n)),
            "Amount": shared["Amount"],
            "ChangedOn": shared["ChangedOn"],
        },
    )


def payments(person: People, found: money.Payments, bills: money.Invoices) -> Table:
    n = len(found.day)
    named = np.where(found.invoice >= 0, found.invoice, -1)
    cheque = found.method >= METHODS.index("cheque")
    references = [
        f"CHK {4000 + (i * 7919) % 5900}" if c else f"ch_{(i * 2654435761) % 16**9:09x}"
        for i, c in enumerate(cheque.tolist())
    ]
    return Table(
        "Payment",
        "PaymentId",
        {
            "PaymentId": _numbered(n, 700_001),
            "ID": Labels(found.payer, person.ids),
            "PaymentDate": day(found.day),
            "Amount": Cents(found.amount),
            "Method": Labels(found.method, METHODS),
            "Reference": Labels(np.arange(n), references),
            "InvoiceId": Labels(named, _invoice_words(len(bills.member))),
            "Status": Numbers(np.full(n, 2)),
            "UpdatedOn": second(found.day * 86400 + 12 * 3600),
        },
    )


def attempts(person: People, found: money.Attempts) -> Table:
    return Table(
        "DataVaultAttempt",
        "DataVaultAttemptId",
        {
            "DataVaultAttemptId": _numbered(len(found.at), 30_001),
            "PartyId": Labels(found.member, person.ids),
            "AttemptDate": second(found.at),
            "Amount": Cents(found.amount),
            "Status": Numbers(np.where(found.succeeded > 0, 1, 2)),
            "ResponseCode": Labels(found.decline, topics.DECLINES),
        },
    )


def activities(person: People, found: service.Activities) -> Table:
    n = len(found.at)
    midnight = found.at // 86400 * 86400
    return Table(
        "Activity",
        "SEQN",
        {
            "SEQN": _numbered(n, 1_000_001),
            "PartyId": Labels(found.member, person.ids),
            "ACTIVITY_TYPE": Labels(found.kind, [code for code, *_ in service.TYPES]),
            "TRANSACTION_DATE": second(found.at),
            "EFFECTIVE_DATE": second(midnight),
            "PRODUCT_CODE": Labels(np.full(n, -1), []),
            "OTHER_CODE": Labels(np.full(n, -1), []),
            "DESCRIPTION": Labels(found.text, service.WORDS),
            "SOURCE_SYSTEM": Labels(np.zeros(n), ["MEETING"]),
            "QUANTITY": Numbers(found.quantity.astype(float)),
            "AMOUNT": Cents(np.where(found.amount < 0, Cents.null, found.amount)),
            "CATEGORY": Labels(np.full(n, -1), []),
            "NOTE": Labels(np.full(n, -1), []),
            "TICKLER_DATE": day(np.zeros(n)),
            "SOLICITOR_ID": Labels(np.full(n, -1), []),
        },
    )


def relationships(person: People, moved: Moves, today: int, seed: int) -> Table:
    """Employment, earlier and present, and the member of staff who looks after an organisation."""
    rng = chance.stream(seed, "relationships")
    employed, firms = np.flatnonzero(person.employer >= 0), np.flatnonzero(person.organisation)
    member = np.concatenate([employed, firms, moved.member])
    staff = len(person.ids) + rng.integers(0, 3, len(firms))
    other = np.concatenate([person.employer[employed], staff, np.full(len(moved.member), moved.rival)])
    n = len(member)
    start, end = np.minimum(person.joined[member] + 30, today - 1), np.zeros(n, np.int64)
    end[np.searchsorted(employed, moved.member)] = moved.on - 1
    start[n - len(moved.member) :] = moved.on
    kinds = np.repeat([0, 1, 0], [len(employed), len(firms), len(moved.member)])
    return Table(
        "Relationships",
        "RelationshipId",
        {
            "RelationshipId": _numbered(n, 1),
            "ID": Labels(member, person.ids),
            "OtherId": Labels(other, [*person.ids, "STAFF-PN", "STAFF-MS", "STAFF-DK"]),
            "Kind": Labels(kinds, ["employer", "staff_owner"]),
            "StartOn": day(start),
            "EndOn": day(end),
        },
    )


def texts(
    person: People, plan: programme.Programme, codes: list[str], found: service.Texts
) -> tuple[Table, list[dict[str, object]]]:
    """The comments, and for the truth their sentiment, topic and urgency."""
    columns: dict[str, list[str | None]] = {name: [] for name in ("Question", "Subject", "Body", "Reference")}
    labels: list[dict[str, object]] = []
    rows = zip(
        found.source.tolist(),
        found.template.tolist(),
        found.event.tolist(),
        found.filler.tolist(),
        strict=True,
    )
    for number, (source, template, event, filler) in enumerate(rows):
        question, subject, label, body = _words(plan, source, template, event, filler)
        values = (question, subject, body, codes[event] if event >= 0 else None)
        for name, value in zip(columns, values, strict=True):
            columns[name].append(value)
        labels.append({"id": 40_001 + number, "sentiment": label[0], "topic": label[1], "urgent": label[2]})
    return Table(
        "Texts",
        "TextId",
        {
            "TextId": _numbered(len(labels), 40_001),
            "ID": Labels(found.member, person.ids),
            "Source": Labels(found.source, service.SOURCES),
            "At": second(found.at),
            **{name: Labels.of(values) for name, values in columns.items()},
            "ChangedOn": second(found.at),
        },
    ), labels


def _words(
    plan: programme.Programme, source: int, template: int, event: int, filler: int
) -> tuple[str | None, str | None, tuple[int, str, bool], str]:
    """(question, subject, label, body) of one comment."""
    if source == 2:
        mood, title, body = topics.POSTS[template]
        return None, title, (mood, "community", False), body
    if source == 3:
        mood, topic, urgent, title, body = [*topics.CASES, *(row[1:] for row in topics.LEAVING)][template]
        return None, title, (mood, topic, urgent), body
    mood, topic, urgent, body = topics.COMMENTS[template]
    name = plan.name[event] if event >= 0 else topics.WEBINARS[filler % len(topics.WEBINARS)]
    words = {
        "event": name,
        "course": topics.COURSES[filler % len(topics.COURSES)],
        "page": topics.PAGES[filler % len(topics.PAGES)],
    }
    question = topics.QUESTIONS[1] if source == 1 else topics.QUESTIONS[filler % len(topics.QUESTIONS)]
    return question, None, (mood, topic, urgent), body.format(**words)
