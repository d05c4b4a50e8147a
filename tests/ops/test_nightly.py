"""The night reads, builds and scores in this order, whatever one part says."""

import pytest

from imis_ai.jobs import registry
from imis_ai.jobs.progress import SILENT, Cancelled
from imis_ai.ops import tasks


class Away(Exception):
    """iMIS is away."""


@pytest.fixture
def parts(monkeypatch):
    """The parts as they report themselves; a test may make one fail."""
    done, fails = [], {}

    def make(name):
        def work(progress):
            done.append(name)
            if name in fails:
                raise fails[name]

        return registry.Job(name, name.title(), work, (), 60, (Away,))

    monkeypatch.setattr(registry, "JOBS", {name: make(name) for name in tasks.PARTS})
    return done, fails


def test_in_order(parts):
    done, _ = parts

    tasks.nightly(SILENT)

    assert done == list(tasks.PARTS)
    assert (done[0], done[-1]) == ("mirror.sync", "audit.seal")  # what was read first, sealed last


def test_when_imis_is_away_members_are_scored_all_the_same_and_staff_are_told(parts):
    done, fails = parts
    fails["mirror.sync"] = Away("iMIS does not answer.")

    with pytest.raises(tasks.Incomplete, match=r"Mirror\.Sync: iMIS does not answer\."):
        tasks.nightly(SILENT)

    assert done == list(tasks.PARTS)


@pytest.mark.parametrize("problem", [Cancelled(), ZeroDivisionError()])
def test_a_cancelled_or_broken_night_ends_at_once(parts, problem):
    done, fails = parts
    fails["mirror.sync"] = problem

    with pytest.raises(type(problem)):
        tasks.nightly(SILENT)

    assert done == ["mirror.sync"]


def test_the_parts_exist():
    assert {*tasks.PARTS, "ops.nightly"} <= set(registry.JOBS)
