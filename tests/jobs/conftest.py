"""Jobs that exist for these tests only."""

import pytest

from imis_ai.jobs import registry


class Refused(Exception):
    """A sentence for staff."""


@pytest.fixture(autouse=True)
def jobs(monkeypatch):
    """A registry of its own: name -> function, through the same decorator as everywhere."""
    monkeypatch.setattr(registry, "JOBS", {})

    @registry.job("test.count", title="Count", stages=["Read", "Write"], refusals=(Refused,))
    def count(progress, upto=3, problem=None):
        progress.stage("Read", total=upto)
        for _ in range(upto):
            progress.checkpoint()
            progress.advance()
        if problem == "refused":
            raise Refused("iMIS does not answer. Check the address on the connection page.")
        if problem == "bug":
            raise ValueError("Key (email)=(mary@example.org) already exists")
        progress.stage("Write", total=1)
        progress.advance()
        progress.note(f"{upto} counted.")
        return upto

    return registry.JOBS
