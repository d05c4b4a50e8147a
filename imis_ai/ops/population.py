"""A made-up association of any size with scores and logins, for benches that look at pages."""

# ruff: noqa: E501  SQL of our own

import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection

from imis_ai.accounts.models import User
from imis_ai.features import bench as features
from imis_ai.features.actions import build
from imis_ai.mirror.actions.chapters import set_chapters
from retention.models import ScoreRun
from retention.queries import totals

AS_OF = date(2026, 1, 1)
NOW = datetime(2026, 1, 1, 6, tzinfo=UTC)
MOMENT = timedelta(seconds=1)
WEEKS = 12
ROLES = ("membership", "chapter", "executive", "admin")
OF_CHAPTER = "C3"

CHAPTERS = "INSERT INTO mirror_chapter (code, name, region) SELECT 'C' || i, 'Chapter ' || i, '' FROM generate_series(0, 19) i ON CONFLICT DO NOTHING"
NAMES = """
UPDATE mirror_member SET first_name = (ARRAY['Ada','Ben','Cleo','Dana','Eli','Fay','Gus','Hal','Ida','Jon'])[1 + id % 10],
    last_name = initcap(translate(substr(md5(id::text), 1, 7), '0123456789', 'aeiouklmnr')),
    paid_through = current_date + (id * 31 % 360)::int, joined_on = current_date - (id % 4000)::int,
    tier_id = 'T' || id % 3, chapter_id = 'C' || id % 20, email = 'm' || id || '@example.org', title = 'Engineer'
"""
WHOLE_NAMES = "UPDATE mirror_member SET name = first_name || ' ' || last_name"
RUNS = """
INSERT INTO retention_scorerun (as_of, model_name, model_version, created_at, is_current, is_backfill, scored, abstained, high_value, worth)
SELECT %s::date - 7 * week, 'churn', '2026.1', %s, week = 0, week > 0, 0, 0, 4500, '{{}}' FROM generate_series({weeks}, 0, -1) week
"""
# one member in six at risk, one in twenty without a score, one in thirty in grace
SCORES = """
INSERT INTO retention_riskscore (run_id, member_id, risk_30, low_30, high_30, risk_60, low_60, high_60, risk_90, low_90, high_90,
    risk_renewal, low_renewal, high_renewal, lapse_on, lapse_from, lapse_to, renews_on, dues, value, factors, abstained)
SELECT r.id, m.id, p * .4, p * .3, p * .5, p * .7, p * .55, p * .85, p, p * .8, least(1, p * 1.2), p, p * .8, least(1, p * 1.2),
    ends, ends - 7, ends + 30, ends, 100 + m.id % 900, m.id * 7919 % 5000,
    CASE WHEN p IS NULL THEN '[]' ELSE jsonb_build_array(
        jsonb_build_object('feature', (ARRAY['portal.days_since_login','payments.failed_attempts_120','events.attended_365','mail.open_rate_90'])[1 + m.id % 4],
            'chip', 'No portal visit, 92 days', 'sentence', 'No portal visit for 92 days', 'evidence', 'Used to visit every 12 days', 'weight', 0.8, 'direction', CASE WHEN m.id % 3 > 0 THEN 'raises' ELSE 'lowers' END),
        jsonb_build_object('feature', 'mail.open_rate_90', 'chip', 'Opens fewer e-mails', 'sentence', 'Opens fewer e-mails than before', 'evidence', '2 of 20 in 90 days', 'weight', 0.5, 'direction', 'raises'),
        jsonb_build_object('feature', 'committee.roles_now', 'chip', 'On a committee', 'sentence', 'Serves on a committee', 'evidence', '', 'weight', 0.3, 'direction', 'lowers')) END,
    CASE WHEN p IS NULL THEN 'Only 2 months of history; scored from 3.' ELSE '' END
FROM retention_scorerun r, mirror_member m, LATERAL (
    SELECT CASE WHEN m.id % 20 > 0 THEN pow((m.id * 7919 % 1000 + extract(day FROM r.as_of)) / 1040.0, 6) END AS p,
        r.as_of + (m.id * 31 % 360 - CASE WHEN m.id % 30 = 1 THEN 400 ELSE 0 END)::int AS ends) s
ORDER BY r.id, m.id
"""

# four more a member, of the year until today: one member in twelve owes the newest
INVOICES = """
INSERT INTO mirror_invoice (key, seen_at, row_hash, member_id, payer_imis_id, kind, issued_on, due_on, amount, balance, paid_on)
SELECT 'bench-' || m.id || '-' || i, now(), 1, m.id, '', 'dues', due - 30, due, 100 + m.id % 900,
    CASE WHEN open THEN 100 + m.id % 900 ELSE 0 END, CASE WHEN NOT open THEN due + (m.id % 20)::int - 10 END
FROM mirror_member m, generate_series(0, 3) i,
    LATERAL (SELECT current_date - (i * 90 + m.id % 60)::int AS due, i = 0 AND m.id % 12 = 0 AS open) d
"""

# what every page says of its freshness; pages read the version of the data with it
FEED = """
INSERT INTO mirror_feed (name, cursor, health, message, rows, changed, last_success_at, last_try_at, is_paused)
VALUES ('members', '{}', 'fresh', '', 1, 0, now(), now(), false) ON CONFLICT DO NOTHING
"""


def fill(*, members: int, activities: int, seed: int) -> dict[str, User]:
    """Fill the empty tables; returns one login per role. Today's features are stored, earlier ones are not."""
    with tempfile.TemporaryDirectory(dir=settings.VAR_DIR) as name:
        features.generate(Path(name), members=members, activities=activities, seed=seed)
        features.load(Path(name))
    with connection.cursor() as cursor:
        cursor.execute(CHAPTERS)
        cursor.execute(NAMES)
        cursor.execute(WHOLE_NAMES)
        cursor.execute(RUNS.format(weeks=WEEKS), [AS_OF, NOW])
        cursor.execute(SCORES)
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('mirror_invoice', 'id'), max(id)) FROM mirror_invoice"
        )
        cursor.execute(INVOICES)
        cursor.execute(FEED)
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('mirror_member', 'id'), max(id)) FROM mirror_member"
        )
        cursor.execute("VACUUM ANALYZE")
    for run in ScoreRun.objects.all():
        run.totals, _ = totals.by_chapter(run=run)
        run.save(update_fields=["totals"])
    build(as_of=AS_OF, now=NOW)
    return {role: _person(role) for role in ROLES}


def empty() -> None:
    """Forget the association, not the logins."""
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE mirror_member, mirror_event, mirror_tier, retention_scorerun, features_snapshot CASCADE"
        )


def _person(role: str) -> User:
    person, _ = User.objects.get_or_create(username=f"bench-{role}", role=role)
    if role == User.Role.CHAPTER:
        set_chapters(viewer=person, names=[OF_CHAPTER])
    return person
