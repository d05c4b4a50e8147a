"""SQL of the benches: synthetic rows, the same rows for the mirror, and the aggregates for the reference."""

# ruff: noqa: E501, S608  SQL of our own, one table or query per line

from datetime import date

# kind, share of all activities in a thousand
MIX = {
    "login": 180, "page_view": 230, "email_sent": 250, "email_open": 120, "email_click": 40, "download": 60,
    "community_post": 15, "community_reply": 15, "course_start": 10, "course_complete": 8, "purchase": 15,
    "donation": 7, "benefit_use": 20, "case_opened": 5, "profile_update": 10, "volunteer_shift": 5, "kiosk_tap": 10,
}  # fmt: skip
DAYS = 1095
FIRST = "DATE '2023-01-01'"
NEWEST = f"{FIRST} + {DAYS * 99 // 100}"  # what came after the columnar copy was last read
SEEN = "TIMESTAMP '2026-01-01'"
STAMP = f"NULL AS updated_on, {SEEN} AS seen_at, 0 AS row_hash"


def _of(i: str, salt: int, below: int) -> str:
    """A pseudo-random number below `below`, the same for the same row and salt."""
    return f"(hash({i}, {salt}) % {below})::INT"


def rows(members: int, activities: int, seed: int) -> dict[str, str]:
    """DuckDB queries that make each table."""
    kinds, edge = "CASE", 0
    for kind, share in MIX.items():
        edge += share
        kinds += f" WHEN {_of('i', seed, 1000)} < {edge} THEN '{kind}'"
    who, day = f"{_of('i', seed + 1, members)} + 1", f"{FIRST} + {_of('i', seed + 2, DAYS)}"
    per = f"range(3 * {members}) t(i)"
    year = f"{FIRST} + (i % 3 * 365 + {_of('i // 3', seed + 3, 365)})::INT"
    return {
        "tier": "SELECT 'T' || i AS code, i AS rank FROM range(3) t(i)",
        "member": f"SELECT i + 1 AS id, {FIRST} - {_of('i', seed, 3000)} AS joined_on, 'c' || {_of('i', seed + 5, 8)} AS city FROM range({members}) t(i)",
        "event": f"SELECT i + 1 AS id, {FIRST} + (i % {DAYS})::INT AS day, CASE i % 4 WHEN 0 THEN 'webinar' WHEN 1 THEN 'chapter_meeting' WHEN 2 THEN 'annual_conference' ELSE 'course' END AS kind FROM range(1000) t(i)",
        "term": f"SELECT i + 1 AS id, i // 3 + 1 AS member, {year} AS start_on, {year} + 364 AS end_on, 'T' || {_of('i', seed + 4, 3)} AS tier, 100.0 AS price FROM {per} WHERE {_of('i', seed + 6, 5)} > 0",
        "registration": f"SELECT i + 1 AS id, {who} AS member, {_of('i', seed + 7, 1000)} + 1 AS event, {day} AS registered_on, {_of('i', seed + 8, 4)} > 0 AS attended FROM {per}",
        "invoice": f"SELECT i + 1 AS id, i // 3 + 1 AS member, {year} AS issued_on, {year} + 30 AS due_on, CASE WHEN {_of('i', seed + 9, 10)} > 0 THEN {year} + {_of('i', seed + 10, 60)} END AS paid_on, 100.0 AS amount, 'dues' AS kind FROM {per}",
        "payment": f"SELECT i + 1 AS id, {who} AS member, {day} AS received_on, 100.0 AS amount FROM {per}",
        "paymentattempt": f"SELECT i + 1 AS id, {who} AS member, {day} AS day, {_of('i', seed + 11, 5)} > 0 AS succeeded FROM range({members} // 2) t(i)",
        "committeerole": f"SELECT i + 1 AS id, {who} AS member, {day} AS start_on, CASE WHEN i % 2 = 0 THEN {day} + 300 END AS end_on FROM range({members} // 10) t(i)",
        "activity": f"SELECT row_number() OVER (ORDER BY {day}, i) AS id, {who} AS member, {kinds} ELSE 'login' END AS kind, {day} AS day, {_of('i', seed + 12, 30)} + 1 AS quantity, CASE WHEN {_of('i', seed, 1000)} BETWEEN 953 AND 974 THEN 25.0 END AS amount, 'r' || {_of('i', seed + 13, 200)} AS reference FROM range({activities}) t(i)",
    }  # fmt: skip


_NOON = "+ INTERVAL 12 HOUR"
MIRROR = {
    "tier": "SELECT code, code AS name, rank, '' AS description FROM tier",
    "member": f"SELECT id, id AS key, id AS imis_id, md5(id::TEXT)::UUID AS pseudonym, md5('s' || id)::UUID AS salt, 'person' AS kind, '' AS first_name, '' AS last_name, '' AS name, '' AS email, '' AS phone, '' AS organisation_imis_id, '' AS title, '' AS industry, '' AS company_size, city, '' AS state, '' AS postal_code, '' AS country, '' AS member_type, '' AS status, '' AS gender, joined_on, {STAMP} FROM member",
    "event": f"SELECT id, id AS key, '' AS name, kind, day {_NOON} AS starts_at, {STAMP} FROM event",
    "term": f"SELECT id, id AS key, member AS member_id, start_on, end_on, tier AS tier_id, price, 'card' AS method, {STAMP} FROM term",
    "registration": f"SELECT id, id AS key, member AS member_id, event AS event_id, registered_on {_NOON} AS registered_at, attended, {STAMP} FROM registration",
    "invoice": f"SELECT id, id AS key, member AS member_id, '' AS payer_imis_id, kind, issued_on, due_on, paid_on, amount, {STAMP} FROM invoice",
    "payment": f"SELECT id, id AS key, member AS member_id, received_on, amount, '' AS payer_name, '' AS method, '' AS reference, '' AS invoice_key, '' AS status, {STAMP} FROM payment",
    "paymentattempt": f"SELECT id, id AS key, member AS member_id, day {_NOON} AS at, succeeded, '' AS decline_code, {STAMP} FROM paymentattempt",
    "committeerole": f"SELECT id, id AS key, member AS member_id, 'c' AS committee, '' AS role, start_on, end_on, {STAMP} FROM committeerole",
    "activity": f"SELECT id, id AS key, member AS member_id, kind, day {_NOON} AS at, quantity, amount, reference, '' AS detail, {STAMP} FROM activity WHERE day < {NEWEST} ORDER BY day",
    "newest": f"SELECT id, id AS key, member AS member_id, kind, day {_NOON} AS at, quantity, amount, reference, '' AS detail, {STAMP} FROM activity WHERE day >= {NEWEST} ORDER BY day",
}  # fmt: skip

COUNTED = {
    "login": "portal.logins", "page_view": "portal.pages", "email_sent": "mail.sent", "email_open": "mail.opens",
    "email_click": "mail.clicks", "download": "content.downloads", "community_post": "community.posts",
    "community_reply": "community.replies", "benefit_use": "content.benefit_uses", "case_opened": "community.cases",
}  # fmt: skip
COMPARED = (
    *(f"{name}_{days}" for name in ("portal.logins", "mail.sent", "mail.opens", "content.downloads") for days in (30, 90, 365)),
    "portal.days_since_login", "mail.days_since_open", "giving.purchased_365", "content.documents_365",
    "membership.terms_count", "events.attended_365", "events.missed_365", "payments.failed_attempts_120",
    "committee.roles_now", "own.kiosk_tap_count_365", "payments.received_365",
)  # fmt: skip


def aggregates(as_of: date) -> list[str]:
    """DuckDB queries for what the features need of each table; the tables are views on Parquet."""
    day = f"DATE '{as_of}'"
    names = ", ".join(_of_kinds(day))
    distinct = [
        f'SELECT member, count(DISTINCT {column}) AS "{name}" FROM activity'
        f" WHERE kind = '{kind}' AND day >= {day} - {days} AND day < {day} GROUP BY member"
        for kind, column, days, name in DISTINCT
    ]
    whole = f"SELECT member, {names} FROM activity WHERE day < {day} GROUP BY member"
    return [whole, *distinct, *(query.replace("$day", day) for query in SMALLER)]


def _of_kinds(day: str) -> list[str]:
    """What is selected per member from the big table."""

    def in_window(kind: str, days: int) -> str:
        return f"FILTER (kind = '{kind}' AND day >= {day} - {days})"

    counts = [(kind, days, f"{name}_{days}") for kind, name in COUNTED.items() for days in (30, 90, 365)]
    counts += [(kind, days, f"{kind}_{days}") for kind in SELDOM for days in (365, 730)]
    counts += [("kiosk_tap", days, f"own.kiosk_tap_count_{days}") for days in (30, 90, 365, 730)]
    parts = [f'count(*) {in_window(kind, days)} AS "{name}"' for kind, days, name in counts]
    for kind in MIX:
        name = SINCE.get(kind, f"since_{kind}")
        parts.append(f"{day} - max(day) FILTER (kind = '{kind}') AS \"{name}\"")
    for kind in ("donation", "login", "kiosk_tap"):
        parts.append(f"{day} - min(day) FILTER (kind = '{kind}') AS first_{kind}")
    for kind, days, name in SUMS:
        parts.append(f'sum(amount) {in_window(kind, days)} AS "{name}"')
    return [*parts, *(f"avg(quantity) {in_window('login', days)} AS minutes_{days}" for days in (90, 365))]


SELDOM = ("course_start", "course_complete", "purchase", "donation", "volunteer_shift", "profile_update")
SINCE = {"login": "portal.days_since_login", "email_open": "mail.days_since_open"}
SUMS = (
    ("purchase", 365, "giving.purchased_365"),
    ("donation", 365, "donated_365"),
    ("purchase", 1095, "purchased_1095"),
    ("donation", 1095, "donated_1095"),
)
DISTINCT = (  # by themselves, since DuckDB is faster so
    ("login", "day", 730, "login_days"),
    ("download", "reference", 365, "content.documents_365"),
    ("benefit_use", "reference", 365, "benefits_365"),
)
SMALLER = (
    """WITH t AS (
        SELECT *, start_on - lag(end_on) OVER w - 1 AS gap, lag(tier) OVER w AS before
        FROM term WHERE start_on < $day WINDOW w AS (PARTITION BY member ORDER BY start_on)
    )
    SELECT member, count(*) AS "membership.terms_count", max(end_on), min(start_on), count(*) FILTER (gap > 60),
        sum(gap) FILTER (gap > 60), count(*) FILTER (gap BETWEEN 1 AND 60), count(*) FILTER (tier > before),
        count(*) FILTER (tier < before), arg_max(tier, start_on), arg_max(price, start_on)
    FROM t GROUP BY member""",
    """SELECT member, count(*), count(*) FILTER (attended AND e.day >= $day - 365) AS "events.attended_365",
        count(*) FILTER (NOT attended AND e.day >= $day - 365) AS "events.missed_365",
        count(*) FILTER (attended AND e.day >= $day - 730), max(e.day) FILTER (attended),
        max(e.day) FILTER (NOT attended), count(*) FILTER (attended AND kind = 'annual_conference'),
        count(*) FILTER (attended AND kind = 'chapter_meeting')
    FROM registration r JOIN event e ON e.id = r.event
    WHERE registered_on < $day AND e.day < $day GROUP BY member""",
    """SELECT member, avg(paid_on - issued_on) FILTER (paid_on < $day), avg((paid_on > due_on)::INT),
        max($day - due_on) FILTER (paid_on IS NULL), sum(amount) FILTER (paid_on >= $day - 365)
    FROM invoice WHERE issued_on < $day GROUP BY member""",
    """SELECT member, count(*) FILTER (received_on >= $day - 365) AS "payments.received_365", max(received_on)
    FROM payment WHERE received_on < $day GROUP BY member""",
    """SELECT member, count(*) FILTER (NOT succeeded AND day >= $day - 120) AS "payments.failed_attempts_120",
        max(day)
    FROM paymentattempt WHERE day < $day GROUP BY member""",
    """SELECT member, count(*) FILTER (end_on IS NULL OR end_on >= $day) AS "committee.roles_now"
    FROM committeerole WHERE start_on < $day GROUP BY member""",
    "SELECT id, $day - joined_on, city FROM member",
)


COPIED = (">i8", ">i4", ">i8", ">i4", ">f8", ">f8", ">i8")
COPY_BINARY = (
    "COPY (SELECT id, member_id::int4, hashtextextended(kind, 1), (at::date - date '1970-01-01')::int4,"
    " coalesce(quantity, 'NaN'), coalesce(amount::float8, 'NaN'), hashtextextended(reference, 1)"
    " FROM mirror_activity) TO STDOUT (FORMAT BINARY)"
)
