"""Progress bars on stderr for commands, from the same numbers as the progress page."""

import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from imis_ai.jobs import actions
from imis_ai.jobs.progress import Progress


def run(
    *, name: str, args: dict | None = None, by: Any = None, now: datetime, stream: TextIO | None = None
) -> Any:
    """`actions.run_inline` with a bar per stage (a line per finished stage where stderr is no terminal)."""
    console = Console(file=stream or sys.stderr)
    if not console.is_terminal:
        return actions.run_inline(name=name, args=args, by=by, now=now, show=_Lines(console))
    columns = (
        TextColumn("{task.description:<24}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=console) as bars:
        return actions.run_inline(name=name, args=args, by=by, now=now, show=_bar_updater(bars))


def _bar_updater(bars: Bars) -> Callable[[Progress], None]:
    tasks: dict[str, Any] = {}

    def show(progress: Progress) -> None:
        current = progress.current()
        for stage in progress.stages():
            if not (stage["seconds"] or stage["done"]):
                continue
            if stage["name"] not in tasks:
                tasks[stage["name"]] = bars.add_task(stage["name"], total=None)
            ended = stage["name"] != current
            total = stage["total"] or (max(stage["done"], 1) if ended else None)
            done = max(stage["done"], 1) if ended and not stage["total"] else stage["done"]
            bars.update(tasks[stage["name"]], completed=done, total=total)

    return show


class _Lines:
    """For logs and pipes: each stage once, when it is over."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said: set[str] = set()

    def __call__(self, progress: Progress) -> None:
        current = progress.current()
        for stage in progress.stages():
            begun = stage["seconds"] or stage["done"]
            if begun and stage["name"] != current and stage["name"] not in self._said:
                self._said.add(stage["name"])
                self._console.print(f"{stage['name']}: {stage['done']:,} in {stage['seconds']:.1f} s")
