"""Runs a benchmark and prints its figures."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from imis_ai.bench import Trial
from imis_ai.ops import measure


class Command(BaseCommand):
    help = "Measure reference and ours in turn on the same rows, or figures against their limits."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", help="leave out for the list")
        parser.add_argument("--rows", type=int)
        parser.add_argument("--runs", type=int, help=f"pairs, at least {measure.FEWEST}; requests or events")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["name"]:
            self._list(options["json"])
            return
        try:
            figures = measure.run(
                options["name"],
                seed=options["seed"],
                rows=options["rows"],
                runs=options["runs"],
                say=lambda line: print(line, file=sys.stderr, flush=True),
            )
        except measure.UnknownBench as problem:
            print(problem, file=sys.stderr)
            sys.exit(2)
        if options["json"]:
            print(json.dumps(figures))
            return
        print(f"{figures['bench']}: {figures['rows']:,} rows, seed {figures['seed']}, load {figures['load']}")
        self._limits(figures["figures"]) if "figures" in figures else self._ratio(figures)

    def _limits(self, figures: list[dict]) -> None:
        for each in figures:
            word = "met" if each["met"] else "missed"
            value, limit = (f"{each[key]:,.4g}" for key in ("value", "limit"))
            print(f"  {each['name']:<44} {value:>8} {each['unit']}, at most {limit} (n {each['n']}): {word}")

    def _ratio(self, figures: dict) -> None:
        ours, theirs = figures["ours"], figures["reference"]
        print(
            f"  reference  {theirs['median_s']:.3f} s ({figures['reference_is']}), {theirs['peak_mib']} MiB"
        )
        print(f"  ours       {ours['median_s']:.3f} s, {ours['peak_mib']} MiB")
        low, high = figures["ratio_spread"]
        word = "met" if figures["met"] else "missed"
        print(f"  ratio      {figures['ratio']} ({low} to {high}), {figures['runs']} runs")
        print(f"  goal       at most {figures['goal']}: {word}")

    def _list(self, as_json: bool) -> None:
        benches = {
            name: bench.what if isinstance(bench, Trial) else f"against {bench.reference_is}"
            for name, bench in measure.find_all().items()
        }
        print(
            json.dumps(benches) if as_json else "\n".join(f"{name}: {what}" for name, what in benches.items())
        )
