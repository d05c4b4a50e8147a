"""The last months before given days, for many members at once, added up by the database. Reads only.

Each row asked for is a member and the last day of a term. Nothing after `until` is looked at.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

BACK = 540  # days that are looked back: enough to tell a usual pace
OPENS = "('email_open', 'email_click')"


class Ending(NamedTuple):
    """One term's end: primary key of the member, last covered day, last day that may be looked at."""

    member: int
    stop: date
    until: date


Rows = list[tuple[Any, ...]]


def behaviour(endings: Sequence[Ending]) -> Rows:
    """(place, visits, first and last visit, opens, last open, sent, sent since the last open)."""
    return _ask(
        f"""
        SELECT no, count(*) FILTER (WHERE kind = 'login'), min(day) FILTER (WHERE kind = 'login'),
               max(day) FILTER (WHERE kind = 'login'), count(*) FILTER (WHERE kind IN {OPENS}),
               max(day) FILTER (WHERE kind IN {OPENS}), count(*) FILTER (WHERE kind = 'email_sent'),
               count(*) FILTER (WHERE kind = 'email_sent' AND (opened IS NULL OR at > opened))
        FROM (
            SELECT c.no, a.kind, a.at, (a.at AT TIME ZONE '{settings.TIME_ZONE}')::date AS day,
                   max(a.at) FILTER (WHERE a.kind IN {OPENS}) OVER (PARTITION BY c.no) AS opened
            FROM c JOIN mirror_activity a ON a.member_id = c.member AND a.at >= c.stop - {BACK}
                   AND a.at < c.stop + 1 AND a.kind IN ('login', 'email_sent', 'email_open', 'email_click')
        ) seen GROUP BY no
        """,  # noqa: S608  our own SQL
        endings,
    )


def events(endings: Sequence[Ending]) -> Rows:
    """(place, events attended, first and last of them, missed without cancelling since the last)."""
    return _ask(
        f"""
        SELECT no, count(*) FILTER (WHERE attended), min(day) FILTER (WHERE attended),
               max(day) FILTER (WHERE attended),
               count(*) FILTER (WHERE NOT attended AND cancelled_at IS NULL AND (came IS NULL OR day > came))
        FROM (
            SELECT c.no, r.attended, r.cancelled_at, e.starts_at::date AS day,
                   max(e.starts_at::date) FILTER (WHERE r.attended) OVER (PARTITION BY c.no) AS came
            FROM c JOIN mirror_registration r ON r.member_id = c.member
                   JOIN mirror_event e ON e.id = r.event_id
                   AND e.starts_at >= c.stop - {BACK} AND e.starts_at < c.stop + 1
        ) seen GROUP BY no
        """,  # noqa: S608  our own SQL
        endings,
    )


def failed_charges(endings: Sequence[Ending], *, days: int) -> Rows:
    """(place, charges that failed since the last that worked, the last of them)."""
    return _ask(
        """
        SELECT no, count(*) FILTER (WHERE NOT succeeded AND (good IS NULL OR at > good)),
               max(at::date) FILTER (WHERE NOT succeeded AND (good IS NULL OR at > good))
        FROM (
            SELECT c.no, p.at, p.succeeded,
                   max(p.at) FILTER (WHERE p.succeeded) OVER (PARTITION BY c.no) AS good
            FROM c JOIN mirror_paymentattempt p ON p.member_id = c.member
                   AND p.at >= c.stop - %s AND p.at < c.stop + 1
        ) seen GROUP BY no
        """,
        endings,
        [days],
    )


def committees_left(endings: Sequence[Ending], *, days: int, before: int) -> Rows:
    """(place, last day): left within `days`, at least `before` days ahead of the end, serving on none."""
    return _ask(
        """
        SELECT c.no, max(r.end_on)
        FROM c JOIN mirror_committeerole r ON r.member_id = c.member AND r.start_on <= c.stop
        GROUP BY c.no, c.stop
        HAVING max(coalesce(r.end_on, c.stop)) BETWEEN c.stop - %s AND c.stop - %s
        """,
        endings,
        [days, before],
    )


def next_dues(endings: Sequence[Ending]) -> Rows:
    """(place, amount, whether it is in another's name, whether it was paid) of the next term's invoice."""
    return _ask(
        """
        SELECT DISTINCT ON (c.no) c.no, i.amount, i.payer_imis_id NOT IN ('', m.imis_id),
               i.paid_on IS NOT NULL
        FROM c JOIN mirror_member m ON m.id = c.member
               JOIN mirror_invoice i ON i.member_id = c.member AND i.kind = 'dues'
               AND i.term_start > c.stop AND i.term_start <= c.stop + 45
        ORDER BY c.no, i.term_start, i.id
        """,
        endings,
    )


def written(endings: Sequence[Ending], patterns: Mapping[str, str]) -> Rows:
    """(place, key, last day): what notes on the record and letters say, by key of the pattern they match."""
    keys, found = list(patterns), [patterns[key] for key in patterns]
    return _ask(
        """
        , p AS (SELECT * FROM unnest(%s::text[], %s::text[]) AS p(key, pattern))
        SELECT no, key, max(day) FROM (
            SELECT c.no, a.at::date AS day, a.reference || ' ' || a.detail AS said
            FROM c JOIN mirror_activity a ON a.member_id = c.member AND a.at >= c.stop - 365
                   AND a.at < c.until + 1 AND a.kind = 'profile_update'
            UNION ALL
            SELECT c.no, t.at::date, t.subject || ' ' || t.body
            FROM c JOIN mirror_text t ON t.member_id = c.member
                   AND t.at >= c.stop - 365 AND t.at < c.until + 1
        ) seen JOIN p ON seen.said ~* p.pattern GROUP BY no, key
        """,
        endings,
        [keys, found],
    )


def benefits(endings: Sequence[Ending]) -> Rows:
    """(place, benefit, uses) in the last year before each end, the most used first."""
    return _ask(
        """
        SELECT c.no, a.reference, count(*)
        FROM c JOIN mirror_activity a ON a.member_id = c.member AND a.at >= c.stop - 365
               AND a.at < c.stop + 1 AND a.kind = 'benefit_use' AND a.reference <> ''
        GROUP BY c.no, a.reference ORDER BY c.no, count(*) DESC, a.reference
        """,
        endings,
    )


def _ask(sql: str, endings: Sequence[Ending], params: Sequence[Any] = ()) -> Rows:
    """The answer for `c`: place (from 0), member, stop and until of every ending."""
    columns = [list(column) for column in zip(*endings, strict=True)] or [[], [], []]
    head = """
        WITH c AS (
            SELECT member, stop, until, ordinality - 1 AS no
            FROM unnest(%s::bigint[], %s::date[], %s::date[]) WITH ORDINALITY AS e(member, stop, until)
        )
    """
    with connection.cursor() as cursor:
        cursor.execute(head + sql, [*columns, *params])
        return cursor.fetchall()
