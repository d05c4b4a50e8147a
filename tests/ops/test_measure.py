"""Benchmarks: found, run in turn, figures right, mistakes said."""

import json
import time
from contextlib import contextmanager, nullcontext

import pytest
from django.core.management import call_command
from django.db import connection

from imis_ai.bench import Bench, Figure, Trial
from imis_ai.ops import measure
from imis_ai.ops.bench import PAGES

ROWS = []
ASK_MORE = {"member, queries"}  # how often, and what else asks more than 12 times: test_every_page


@contextmanager
def numbers(*, seed, rows):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        ROWS.append((seed, rows, cursor.fetchone()[0]))
    yield rows


def slow(rows):
    time.sleep(0.03)
    return rows


def fast(rows):
    time.sleep(0.01)
    return rows


@pytest.fixture
def benches(monkeypatch, django_db_blocker):
    ROWS.clear()
    made = {
        "sleep": Bench(
            prepare=numbers, reference=slow, ours=fast, reference_is="a long sleep", goal=0.8, rows=10
        ),
        "wrong": Bench(
            prepare=numbers,
            reference=slow,
            ours=lambda rows: rows + 1,
            reference_is="a sleep",
            goal=1,
            rows=10,
        ),
        "limits": Trial(
            prepare=numbers,
            measure=lambda rows, runs: [
                Figure("short", rows, "ms", 20, runs),
                Figure("long", 25.5, "ms", 20, runs),
            ],
            what="two figures",
            rows=10,
            runs=7,
        ),
    }
    monkeypatch.setattr(measure, "find_all", lambda: made)
    with django_db_blocker.unblock():
        yield made
        connection.close()


def test_figures_come_from_five_pairs_in_a_database_of_their_own(benches, capsys):
    call_command("bench", "sleep", "--runs", "2", "--seed", "7", "--json")

    figures = json.loads(capsys.readouterr().out)
    assert (figures["runs"], figures["rows"], figures["seed"]) == (5, 10, 7)
    assert 0.2 < figures["ratio"] < 0.8
    assert figures["ratio_spread"][0] <= figures["ratio"] <= figures["ratio_spread"][1]
    assert figures["met"] is True
    assert figures["reference"]["median_s"] >= 0.03
    assert figures["database"].startswith("PostgreSQL ")
    assert ROWS[0][2].startswith("bench_")


@pytest.fixture
def one_database(monkeypatch):
    """Making a database takes ten seconds; that each bench has its own is shown above."""
    monkeypatch.setattr(measure, "_own_database", nullcontext)


def test_a_trial_holds_each_figure_against_its_limit(benches, one_database, capsys, db):
    call_command("bench", "limits", "--json")
    figures = json.loads(capsys.readouterr().out)
    call_command("bench", "limits", "--rows", "20")
    text = capsys.readouterr().out

    assert [(each["value"], each["n"], each["met"]) for each in figures["figures"]] == [
        (10, 7, True),
        (25.5, 7, False),
    ]
    assert figures["met"] is False
    assert [line.rsplit(": ", 1)[1] for line in text.splitlines()[1:]] == ["met", "missed"]


def test_sides_that_disagree_are_no_measurement(benches, one_database, db):
    with pytest.raises(AssertionError, match="reference and ours disagree"):
        measure.run("wrong", seed=1, rows=None, runs=None, say=lambda line: None)


def test_an_unknown_benchmark_is_refused_with_the_names(benches, capsys):
    with pytest.raises(SystemExit) as stop:
        call_command("bench", "sleeep")

    assert stop.value.code == 2
    assert "There is no benchmark 'sleeep'. Use one of: limits, sleep, wrong." in capsys.readouterr().err


def test_the_products_own_benchmarks_are_found_and_complete():
    found = measure.find_all()

    assert {"ingest", "delta", "features", "pages"} <= set(found)
    assert all(isinstance(bench, Bench | Trial) for bench in found.values())


@pytest.mark.long
def test_every_page_of_the_bench_answers_and_is_measured(django_db_blocker):
    with django_db_blocker.unblock():
        found = measure.run("pages", seed=1, rows=60, runs=1, say=lambda line: None)
        connection.close()

    limits = {each["unit"]: each["limit"] for each in found["figures"]}
    assert len(found["figures"]) == 4 * len(PAGES)
    assert all(each["value"] > 0 for each in found["figures"])
    assert (limits["queries"], limits["times"]) == (12, 1.2)
    many = {each["name"] for each in found["figures"] if each["unit"] == "queries" and not each["met"]}
    assert many <= ASK_MORE
