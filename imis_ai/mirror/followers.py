"""Jobs of other apps that follow a change of members' data. Apps name theirs in `wiring.py`."""

from datetime import datetime

from imis_ai.jobs import actions as jobs

_JOBS: list[str] = []


def add(job: str) -> None:
    """Run this job after every reading that changed something."""
    if job not in _JOBS:
        _JOBS.append(job)


def call(now: datetime) -> None:
    """Queue the jobs; one that waits already is not queued twice."""
    for name in _JOBS:
        jobs.request(name=name, by=None, now=now)
