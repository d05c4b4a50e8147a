"""Rolling-origin evaluation of a model beside its baselines."""

import re
from datetime import date
from typing import Any

from dateutil.relativedelta import relativedelta
from django.core.management.base import CommandParser
from django.utils import timezone

from retention.calc.training import TooLittle
from retention.management.commands._answer import ModelCommand
from retention.queries import backtest, learning

EVERY = re.compile(r"(\d{1,3})([dwmy])")
UNITS = {"d": "days", "w": "weeks", "m": "months", "y": "years"}
MOST = 400


class Command(ModelCommand):
    help = (
        "Trains at each day with what was known then and compares with what happened. "
        "Exit codes: 0 done, 2 bad input."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--from", dest="first", required=True, metavar="YYYY-MM-DD")
        parser.add_argument("--to", dest="last", required=True, metavar="YYYY-MM-DD")
        parser.add_argument("--every", default="1m", metavar="N[dwmy]", help="step between the days (1m)")
        parser.add_argument("--horizon", type=int, default=90, help="days ahead (90)")

    def handle(self, **options: Any) -> None:
        self.check_name(options)
        days = self._days(options)
        try:
            found = backtest.run(
                days=days, horizon=options["horizon"], step=lambda day: self.stderr.write(f"{day} ...")
            )
        except TooLittle as problem:
            self.refuse(str(problem), options)
        self.say(_text(found), {"name": options["name"]} | found, options)

    def _days(self, options: dict[str, Any]) -> list[date]:
        first, last = (
            self.day(f"--{n}", options[k], options) for n, k in (("from", "first"), ("to", "last"))
        )
        step = EVERY.fullmatch(options["every"])
        if not step or not int(step[1]):
            self.refuse(f"--every: {options['every']!r} is no step. Write one like 1m, 12m or 2w.", options)
        if not 1 <= options["horizon"] <= 366:
            self.refuse(f"--horizon: {options['horizon']} is out of range. Use 1 to 366 days.", options)
        if first > last:
            self.refuse(f"--from: {first} is after --to, {last}. Exchange them.", options)
        known = backtest.last_known(learning.book(), horizon=options["horizon"], today=timezone.localdate())
        if last > known:
            self.refuse(
                f"--to: what happened after {last} is not certain yet. Use {known} or earlier.", options
            )
        days = []
        while (day := first + len(days) * relativedelta(**{UNITS[step[2]]: int(step[1])})) <= last:
            days.append(day)
            if len(days) > MOST:
                self.refuse(f"--every: more than {MOST} days. Take larger steps.", options)
        return days


def _text(found: dict[str, Any]) -> str:
    pooled = found["pooled"]
    lines = [
        f"{len(found['days'])} days, {found['horizon']} days ahead, {pooled['model']['members']:,} members:"
    ]
    for name in ("model", *backtest.PLAIN):
        said = pooled[name]
        if said["auc"] is None:
            lines.append(f"  {name}: nobody lapsed, or everybody; no figures")
            continue
        lines.append(
            f"  {name}: AUC {said['auc']:.3f}, average precision {said['average_precision']:.3f}, "
            f"Brier {said['brier']:.4f}, calibration error {said['calibration_error']:.3f}, "
            f"lift at 10 % {said['lift_10']:.2f}"
        )
    return "\n".join(lines)
