"""Running a benchmark: reference and ours in turn, medians, spread and peak memory."""

import gc
import importlib
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

import psutil
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.utils.module_loading import module_has_submodule

from imis_ai.bench import Bench, Figure, Trial

FEWEST = 5
SAMPLE = 0.01  # seconds between looks at memory


class UnknownBench(Exception):
    """No benchmark of that name."""


def find_all() -> dict[str, Bench | Trial]:
    """Every benchmark of every installed app."""
    found: dict[str, Bench | Trial] = {}
    for config in apps.get_app_configs():
        if module_has_submodule(config.module, "bench"):
            found |= importlib.import_module(f"{config.name}.bench").BENCHES
    return found


def find(name: str) -> Bench | Trial:
    """Raises UnknownBench with the names that exist."""
    found = find_all()
    if name not in found:
        raise UnknownBench(
            f"There is no benchmark {name!r}. Use one of: {', '.join(sorted(found)) or 'none'}."
        )
    return found[name]


def run(name: str, *, seed: int, rows: int | None, runs: int | None, say: Callable[[str], None]) -> dict:
    """Figures of one benchmark, in a database of its own."""
    bench = find(name)
    rows = rows or bench.rows
    with _own_database():
        say(f"preparing {rows:,} rows")
        with bench.prepare(seed=seed, rows=rows) as state:
            if isinstance(bench, Trial):
                found = _limits(bench.measure(state, runs or bench.runs))
            else:
                found = _ratio(name, bench, state, max(FEWEST, runs or bench.runs), say)
    load = [round(each, 1) for each in psutil.getloadavg()]
    place = {"cores": psutil.cpu_count(), "load": load, "database": _server_version()}
    return {"bench": name, "rows": rows, "seed": seed, **place, **found}


def _limits(figures: list[Figure]) -> dict:
    return {
        "figures": [{**vars(each), "value": round(each.value, 3), "met": each.met} for each in figures],
        "met": all(each.met for each in figures),
    }


def _ratio(name: str, bench: Bench, state: Any, runs: int, say: Callable[[str], None]) -> dict:
    """Reference and ours in turn; `ratio` is the median of the paired ratios, ours to the reference."""
    pairs: list[tuple[dict, dict]] = []
    for number in range(runs):
        theirs, ours = _timed(bench.reference, state), _timed(bench.ours, state)
        _compare(name, theirs.pop("result"), ours.pop("result"))
        pairs.append((theirs, ours))
        say(f"run {number + 1} of {runs}: reference {theirs['s']:.2f} s, ours {ours['s']:.2f} s")
    ratios = [ours["s"] / theirs["s"] for theirs, ours in pairs]
    ratio = statistics.median(ratios)
    return {
        "runs": runs,
        "reference_is": bench.reference_is,
        "reference": _figures([theirs for theirs, _ in pairs]),
        "ours": _figures([ours for _, ours in pairs]),
        "ratio": round(ratio, 3),
        "ratio_spread": [round(min(ratios), 3), round(max(ratios), 3)],
        "goal": bench.goal,
        "met": ratio <= bench.goal,
    }


def _timed(work: Callable[[Any], object], state: Any) -> dict:
    gc.collect()
    with _peak_memory() as peak:
        wall, cpu = time.perf_counter(), time.process_time()
        result = work(state)
        seconds, cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu
    return {"s": seconds, "cpu": cpu_seconds, "mib": peak[0], "result": result}


def _compare(name: str, theirs: object, ours: object) -> None:
    if theirs is not None and ours is not None and theirs != ours:
        raise AssertionError(f"{name}: reference and ours disagree: {theirs!r:.200} and {ours!r:.200}")


def _figures(runs: list[dict]) -> dict:
    seconds = [run["s"] for run in runs]
    return {
        "median_s": round(statistics.median(seconds), 4),
        "min_s": round(min(seconds), 4),
        "max_s": round(max(seconds), 4),
        "cpu_median_s": round(statistics.median(run["cpu"] for run in runs), 4),
        "peak_mib": round(max(run["mib"] for run in runs), 1),
    }


@contextmanager
def _peak_memory() -> Iterator[list[float]]:
    """MiB by which this process grew at most, sampled from a thread."""
    process, over = psutil.Process(), threading.Event()
    before = process.memory_info().rss
    peak = [0.0]

    def watch() -> None:
        while not over.wait(SAMPLE):
            peak[0] = max(peak[0], (process.memory_info().rss - before) / 2**20)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


@contextmanager
def _own_database() -> Iterator[None]:
    """A database of its own beside the product's, dropped afterwards."""
    product = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_{product}"
    ContentType.objects.clear_cache()  # numbers of content types belong to one database
    with redirect_stdout(sys.stderr):  # Django reports on the cache table; stdout is for the figures
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(product, verbosity=0)
        ContentType.objects.clear_cache()


def _server_version() -> str:
    number = connection.pg_version
    return f"PostgreSQL {number // 10000}.{number % 10000}"
