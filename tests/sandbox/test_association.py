"""The planted association: the same for a seed, true to its equation, believable, and quick to make."""

import hashlib
import subprocess
import sys
import time
from collections import Counter, defaultdict

import numpy as np
import pytest

from imis_ai.sandbox.association import equation, generate, people
from imis_ai.sandbox.association.names import CANARY_NAMES
from imis_ai.sandbox.association.truth import truth
from imis_ai.sandbox.columns import Table
from tests.pace import slowness
from tests.sandbox.conftest import TODAY

FEEDS = [
    "Party",
    "Activity",
    "Event",
    "Payment",
    "DataVaultAttempt",
    "GroupMember",
    "ChangeLog",
    "PartyDeleteLog",
]
SERVE = """
import hashlib, sys
import numpy as np
from imis_ai.sandbox.app import call
from imis_ai.sandbox.accounts import ACCOUNTS
from imis_ai.sandbox.queries import QUERIES
from imis_ai.sandbox.server import site
from imis_ai.sandbox.store import Options
app = site(Options(members=400, seed=int(sys.argv[1]), today="2026-11-21"))
digest = hashlib.sha256()
paths = [f"/api/{name}?limit=500" for name in sys.argv[2].split(",")]
paths += [f"/api/query?QueryName=$/imis_ai/{q.name}&limit=500&offset=500" for q in QUERIES.values()]
for path in paths:
    request = call("GET", path)
    request.user = ACCOUNTS["imis_ai"]
    digest.update(app.api(request, request.parts[1:]).body)
print(digest.hexdigest())
"""


def served(seed):
    done = subprocess.run(
        [sys.executable, "-c", SERVE, str(seed), ",".join(FEEDS)], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_seed_gives_the_same_bytes_in_every_process():
    first, second, other = served(1), served(1), served(2)

    assert first == second
    assert first != other


@pytest.fixture(scope="module")
def association():
    return generate(members=3000, seed=7, today=TODAY)


@pytest.fixture(scope="module")
def planted(association):
    return truth(association)


def rows(association, name) -> list[dict]:
    table: Table = association.tables[name]
    return table.rows(table.find())


def by_member(association, name, column="ID"):
    found = defaultdict(list)
    for row in rows(association, name):
        found[row[column]].append(row)
    return found


def test_the_lapse_rate_is_the_mean_of_the_probabilities(planted):
    decisions = planted["decisions"]
    chances = np.array([d["probability"] for d in decisions])
    lapsed = np.array([d["lapsed"] for d in decisions])
    spread = np.sqrt((chances * (1 - chances)).sum()) / len(chances)

    assert len(decisions) > 4000
    assert abs(lapsed.mean() - chances.mean()) < 3 * spread
    assert 0.14 < lapsed.mean() < 0.20
    for low, high in ((0, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 1)):
        inside = (chances >= low) & (chances < high)
        error = np.sqrt((chances[inside] * (1 - chances[inside])).sum()) / inside.sum()
        assert abs(lapsed[inside].mean() - chances[inside].mean()) < 3.5 * error


def test_a_probability_follows_from_the_equation_that_is_told(planted):
    told = planted["equation"]["lapse"]
    for decision in planted["decisions"][:500]:
        logit = np.log(decision["probability"] / (1 - decision["probability"]))
        known = (
            told["intercept"]
            + sum(told[name] for name in decision["drivers"])
            + told["tier"][decision["tier"]]
        )
        rest = logit - known

        assert min(told["log1p_years"] * np.log(45), 0) - 0.001 <= rest <= told["first_year"] + 0.001
    assert all(1.1 <= told[name] <= 2.2 for name in equation.DRIVERS)


def test_lapse_and_renewal_show_in_the_terms(association, planted):
    terms = by_member(association, "Terms")
    for decision in planted["decisions"]:
        later = [t for t in terms[decision["id"]] if t["BillBegin"][:10] > decision["term_end"]]
        if decision["settled"]:
            assert bool(later) != decision["lapsed"], decision
        for term in later[:1]:
            gap = (np.datetime64(term["BillBegin"][:10]) - np.datetime64(decision["term_end"])).astype(
                int
            ) - 1
            assert 0 <= gap < planted["equation"]["grace_days"]


def onsets(planted, driver):
    """(member, onset, end of the quiet time) of past and present terms with that driver."""
    for decision in planted["decisions"]:
        if driver in decision["drivers"]:
            yield decision["id"], decision["onset"], decision["term_end"]
    for member, about in planted["members"].items():
        if driver in about["visible"]:
            yield member, about["onset"], TODAY


@pytest.mark.parametrize(
    ("driver", "table", "stopped"),
    [
        ("portal_quiet", "WebActivity", lambda row: True),
        ("mail_unopened", "EmailEvents", lambda row: row["Kind"] in {"email_open", "email_click"}),
    ],
)
def test_a_behaviour_really_stops_and_was_there_before(association, planted, driver, table, stopped):
    seen = by_member(association, table)
    window = str(np.datetime64(TODAY) - people.WINDOW_DAYS + 120)
    before, count = [], 0
    for member, onset, end in onsets(planted, driver):
        times = [row["At"][:10] for row in seen[member] if stopped(row)]
        early = str(np.datetime64(onset) - 100)
        assert not [t for t in times if onset <= t <= end], (member, onset)
        if onset > window:
            before.append(sum(early <= t < onset for t in times))
        count += 1

    assert count > 200
    assert np.mean(np.array(before) >= 1) > 0.95


def test_nobody_comes_after_events_dropped_and_the_no_shows_are_on_record(association, planted):
    events = {e["EventId"]: e["StartDateTime"][:10] for e in rows(association, "Event")}
    found = by_member(association, "Registrations")
    shown, total = 0, 0
    for member, onset, end in onsets(planted, "events_dropped"):
        late = [r for r in found[member] if onset <= events[r["EventId"]] <= end]
        assert not [r for r in late if r["Attended"]], (member, onset)
        total += 1
        shown += any(r["Attended"] is False for r in late)

    assert shown / total > 0.9


def test_charges_fail_after_payment_trouble_begins(association, planted):
    tries = by_member(association, "DataVaultAttempt", "PartyId")
    failing, total = 0, 0
    for member, onset, end in onsets(planted, "payment_trouble"):
        late = [t for t in tries[member] if onset <= t["AttemptDate"][:10] <= end]
        assert not [t for t in late if t["Status"] == 1], (member, onset)
        total += 1
        failing += len(late) >= 3

    assert failing / total > 0.9
    ordinary = Counter(t["Status"] for t in rows(association, "DataVaultAttempt"))
    assert ordinary[2] / ordinary[1] < 0.35


def test_a_committee_is_left_on_the_day_of_the_onset(association, planted):
    stays = {(who, str(np.datetime64(end, "D"))) for who, _, _, end, _ in association.committees if end}
    left = list(onsets(planted, "committee_left"))

    assert len(left) > 50
    assert {(member, onset) for member, onset, _ in left} <= stays


def test_every_driver_of_those_who_renew_soon_can_be_seen_today(planted):
    limit = str(np.datetime64(TODAY) + 90)
    soon = {i: m for i, m in planted["members"].items() if m["renews_on"] <= limit}

    assert all(m["visible"] == m["drivers"] for m in soon.values())
    assert 0.18 < len(soon) / len(planted["members"]) < 0.32
    assert all(
        0 <= m["within"]["30"] <= m["within"]["60"] <= m["within"]["90"] <= 1
        for m in planted["members"].values()
    )
    assert all(m["within"]["90"] > 0.9 * m["probability"] for m in soon.values() if m["renews_on"] > TODAY)


def test_resignations_are_about_four_in_a_hundred_terms(association, planted):
    assert 0.03 < len(planted["resignations"]) / len(rows(association, "Terms")) < 0.05
    assert {t["ID"] for t in rows(association, "Terms") if t["ResignedOn"]} == {
        r["id"] for r in planted["resignations"]
    }


def test_late_payments_follow_their_equation_and_show_in_the_invoices(association, planted):
    chances = np.array([p["probability"] for p in planted["late_payment"]])
    late = np.array([p["days_late"] > 0 for p in planted["late_payment"]])
    paid = {
        (i["ID"], i["DueDate"][:10]): i["PaidOn"]
        for i in rows(association, "Invoices")
        if i["Purpose"] == "dues"
    }
    known = [p for p in planted["late_payment"] if (p["id"], p["due_on"]) in paid]

    assert abs(late.mean() - chances.mean()) < 0.02
    assert len(known) > 3000
    for entry in known:
        days = np.datetime64(paid[entry["id"], entry["due_on"]][:10]) - np.datetime64(entry["due_on"])
        assert days.astype(int) == entry["days_late"]


def test_tier_moves_follow_their_equation(planted):
    moves = planted["tier_moves"]
    can_rise = [m for m in moves if m["tier"] == "ASC"]

    assert abs(np.mean([m["move"] > 0 for m in can_rise]) - np.mean([m["up"] for m in can_rise])) < 0.02
    assert np.mean([m["move"] > 0 for m in can_rise if m["certified"]]) > 4 * np.mean(
        [m["move"] > 0 for m in can_rise if not m["certified"]]
    )


def test_a_paid_renewal_never_shows_before_the_term_has_ended(association, planted):
    """Otherwise a model could know more than the equation."""
    ends = {(d["id"], d["term_end"]) for d in planted["decisions"]}
    for invoice in rows(association, "Invoices"):
        if invoice["Purpose"] == "dues" and invoice["PaidOn"]:
            before = str(np.datetime64(invoice["TermStart"][:10]) - 1)
            assert invoice["PaidOn"] >= invoice["TermStart"] or (invoice["ID"], before) not in ends


def test_nothing_is_dated_today_or_later_except_what_is_planned(association):
    for name, column in (
        ("WebActivity", "At"),
        ("EmailEvents", "At"),
        ("Activity", "TRANSACTION_DATE"),
        ("Payment", "PaymentDate"),
        ("Registrations", "RegisteredOn"),
        ("Invoices", "InvoiceDate"),
        ("Texts", "At"),
        ("Terms", "BillBegin"),
        ("DataVaultAttempt", "AttemptDate"),
        ("Party", "UpdatedOn"),
        ("Terms", "ChangedOn"),
        ("Invoices", "ChangedOn"),
        ("Registrations", "ChangedOn"),
    ):
        values = association.tables[name].columns[column].values
        assert values.max() < np.datetime64(TODAY), (name, column)
    assert any(e["StartDateTime"] > TODAY for e in rows(association, "Event"))


def test_the_association_is_believable(association):
    party, members = rows(association, "Party"), rows(association, "Terms")
    people_ = [p for p in party if not p["Organization"]]
    chapters = {p["Chapter"]: set() for p in party}
    for p in party:
        chapters[p["Chapter"]].add(p["City"])
    names = Counter(f"{p['FirstName']} {p['LastName']}" for p in people_)
    mails = [p["Email"] for p in party]
    kinds = Counter(e["Category"] for e in rows(association, "Event"))
    tiers = Counter(t["Tier"] for t in members)

    assert len(chapters) == 8
    assert {"Houston", "Austin"} <= chapters["TEX"]
    assert len(names) > 0.6 * len(people_)
    assert names.most_common(1)[0][1] < 12
    assert all(m.endswith((".example.com", "@example.org", "@example.com", "@example.net")) for m in mails)
    assert set(tiers) == {"ASC", "PRO", "FEL"}
    assert set(kinds) == {"webinar", "conference", "annual_conference", "chapter_meeting", "course", "social"}
    assert sum(p["EmployerId"] is not None for p in people_) > 0.25 * len(people_)
    assert sum(p["EmailConsent"] for p in people_) / len(people_) > 0.85
    bodies = [t["Body"] for t in rows(association, "Texts")]
    assert not [b for b in bodies if "{" in b or "lorem" in b.lower()]


def test_the_hard_cases_are_there(association, planted):
    ids = {p["PartyId"] for p in rows(association, "Party")}
    reg = Counter(r["Attended"] for r in rows(association, "Registrations"))
    cases = Counter(planted["payments"].values())
    unnamed = [p for p in rows(association, "Payment") if p["InvoiceId"] is None]

    assert planted["duplicates"]
    assert all(d["id"] in ids for d in planted["duplicates"])
    assert planted["merged"]
    assert not [m for m in planted["merged"] if m["id"] in ids]
    assert planted["deleted"]
    assert planted["erased"]
    assert not ids & set(planted["erased"])
    for name in ("Terms", "WebActivity", "EmailEvents", "Invoices", "Payment"):
        assert not {row["ID"] for row in rows(association, name)} & set(planted["erased"])
    assert reg[False] > 0.1 * reg[True]
    assert min(cases[name] for name in ("partial", "unreferenced", "duplicate", "merged")) > 10
    assert unnamed
    assert {"email_bounce", "unsubscribe"} <= {e["Kind"] for e in rows(association, "EmailEvents")}
    assert {"MENTOR", "PODCAST"} <= {a["ACTIVITY_TYPE"] for a in rows(association, "Activity")}


def test_fifty_canaries_are_listed_and_occur_nowhere_else(association, planted):
    by_id = {p["PartyId"]: p for p in rows(association, "Party")}
    tokens = [c["token"] for c in planted["canaries"]]
    texts = " ".join(t["Body"] for t in rows(association, "Texts"))

    assert len(set(tokens)) == 50
    assert set(tokens) <= set(CANARY_NAMES)
    for canary in planted["canaries"]:
        assert by_id[canary["id"]]["LastName"] == canary["token"]
        assert canary["token"].lower() in canary["email"]
    assert not [t for t in tokens if t in texts]


def test_unsubscribed_members_get_no_more_mail(association):
    left = {e["ID"]: e["At"] for e in rows(association, "EmailEvents") if e["Kind"] == "unsubscribe"}
    sent = by_member(association, "EmailEvents")

    assert left
    assert not [
        e
        for who, at in left.items()
        for e in sent[who]
        if e["Kind"] == "email_sent" and e["At"][:10] > at[:10]
    ]


def test_five_thousand_members_take_seconds():
    began = time.process_time()
    found = generate(members=5000, seed=1, today=TODAY)
    took = time.process_time() - began

    count = sum(len(table) for table in found.tables.values())
    assert 450_000 < count < 700_000
    assert took < 5 * slowness()


def test_digests_of_the_tables_do_not_depend_on_what_ran_before():
    def digest():
        found = generate(members=200, seed=3, today=TODAY)
        return hashlib.sha256(repr([rows(found, name) for name in sorted(found.tables)]).encode()).hexdigest()

    assert digest() == digest()
