"""What the ranges hold on associations of the demo's size: read over HTTP, learned, set against the truth.

Minutes per association. The seeds are none of those on which the ranges were made.
"""

import httpx2
import numpy as np
import pytest
from django.core.management import call_command
from django.utils import timezone

from imis_ai.mirror import queries as members
from imis_ai.registry import queries as registry
from imis_ai.sandbox import server
from imis_ai.sandbox.association.equation import RESIGN_DAYS, RESIGN_SHARE
from retention.calc.dates import YEAR
from retention.queries import predictions
from tests.test_end_to_end import run

MEMBERS = 5000
SEEDS = (301, 302, 303, 304, 305, 306)
DUE = 90
MEASURES = ("30", "60", "90", "renewal")

pytestmark = pytest.mark.django_db  # without it no test database is made


@pytest.fixture(scope="module")
def seen(django_db_setup, django_db_blocker, tmp_path_factory):
    """Per association, what `looked_at` returns. The database is empty before and after."""
    found = []
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        from django.conf import settings

        for seed in SEEDS:
            with server.start(members=MEMBERS, seed=seed) as site:
                for name, value in {
                    "IMIS_URL": site.url,
                    "IMIS_USERNAME": "imis_ai",
                    "IMIS_PASSWORD": "sandbox",
                    "IMIS_IS_TEST_SYSTEM": True,
                    "IMIS_REQUESTS_PER_MINUTE": 0,
                    "TIME_ZONE": "America/Chicago",
                    "VAR_DIR": tmp_path_factory.mktemp("var"),
                }.items():
                    patch.setattr(settings, name, value)
                truth = httpx2.get(f"{site.url}/_sandbox/truth", timeout=60).json()
                run("sync", "--full")
            run("train", "churn")
            found.append(looked_at(truth))
            call_command("flush", interactive=False, verbosity=0)
    return found


def looked_at(truth):
    """(measures held per member, days to the renewal, [planted lapses in the range of the date, all])."""
    said = predictions.predict(as_of=timezone.localdate(), model=registry.live("churn"))
    ids = {str(key): imis_id for key, imis_id in members.imis_ids_by_pseudonym().items()}
    who = [ids.get(member) for member in said.rows.member.tolist()]
    kept = [i for i, m in enumerate(who) if m in truth["members"] and not said.abstained[i]]
    planted = [truth["members"][who[i]] for i in kept]
    lapses = np.array([m["probability"] for m in planted])
    goals = [*(np.array([m["within"][h] for m in planted]) for h in MEASURES[:3]), lapses]
    chances = said.chances
    lows = [*(chances.low[int(h)] for h in MEASURES[:3]), chances.renewal_low]
    highs = [*(chances.high[int(h)] for h in MEASURES[:3]), chances.renewal_high]
    held = [(low[kept] <= g) & (g <= high[kept]) for low, g, high in zip(lows, goals, highs, strict=True)]
    rows = said.rows.take(np.array(kept))
    inside = dates_held(rows, lapses, chances.lapse_from[kept], chances.lapse_to[kept])
    return np.array(held), rows.lead, inside


def dates_held(rows, lapses, start, end):
    """[planted lapses within a year, or by a later renewal, that the range holds; all of them]."""
    into, lead, still = rows.length - rows.lead - 1, rows.lead, 1 - resigned_by(rows.length - rows.lead - 2)
    total = np.zeros(2)
    for day in range(1, 367):
        now = (resigned_by(into + day) - resigned_by(into + day - 1)) * (day <= lead)
        stays = (1 - RESIGN_SHARE) * lapses * (day == lead)
        later = (resigned_by(day - lead - 1) - resigned_by(day - lead - 2)) * (day > lead)
        chance = (now + stays + (1 - RESIGN_SHARE) * (1 - lapses) * later) / still
        chance *= day <= np.maximum(lead, YEAR)
        total += (chance * ((start <= day) & (day <= end))).sum(), chance.sum()
    return total


def resigned_by(day):
    first, last = RESIGN_DAYS
    return RESIGN_SHARE * np.clip((day - first + 1) / (last - first), 0, 1)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.row("CHURN-31")
def test_the_ranges_of_all_horizons_hold_the_planted_chance_eight_times_in_ten(seen):
    held = np.concatenate([measures for measures, _, _ in seen], axis=1)
    due = np.concatenate([lead for _, lead, _ in seen]) <= DUE

    assert held.mean(axis=1) == pytest.approx(0.8, abs=0.08)
    assert held[:, due].mean(axis=1) == pytest.approx(0.8, abs=0.08)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.row("CHURN-30")
def test_the_range_of_the_date_holds_eight_planted_lapses_in_ten(seen):
    inside, lapses = np.sum([total for _, _, total in seen], axis=0)

    assert inside / lapses == pytest.approx(0.8, abs=0.04)
