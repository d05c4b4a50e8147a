"""Writes what the model says about every active member as of a day to a CSV file."""

import csv
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from django.core.management.base import CommandParser
from django.utils import timezone

from imis_ai.mirror import queries as members
from imis_ai.registry.artefact import Refused
from imis_ai.registry.queries import NoModel
from imis_ai.ui.exports import inert
from retention.calc import bands
from retention.management.commands._answer import ModelCommand
from retention.queries import predictions
from retention.queries.predictions import Predicted

HEAD = ("imis_id", "score", "low", "high", "lapse_on", "factors", "band", "abstained")


class Command(ModelCommand):
    help = "Writes scores of 100 with ranges, lapse dates and reasons. Exit codes: 0 done, 2 bad input."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--as-of", metavar="YYYY-MM-DD", help="today when left out")
        parser.add_argument("--horizon", type=int, default=90, help="days ahead (90)")
        parser.add_argument("--output", required=True, metavar="F.csv")

    def handle(self, **options: Any) -> None:
        self.check_name(options)
        day = self.day("--as-of", options["as_of"], options)
        if not 1 <= options["horizon"] <= 366:
            self.refuse(f"--horizon: {options['horizon']} is out of range. Use 1 to 366 days.", options)
        try:
            model, is_younger = predictions.model_for(day, today=timezone.localdate())
            said = predictions.predict(as_of=day, model=model, horizons=(options["horizon"],))
        except (NoModel, Refused) as problem:
            self.refuse(str(problem), options)
        if is_younger:
            self.stderr.write(
                f"No model had been trained by {day}; {model} is younger and has seen what came after. "
                f"For an honest answer run: manage.py train {model.name} --as-of {day}"
            )
        written = self._write(Path(options["output"]), said, options)
        figures = {
            "as_of": day.isoformat(),
            "model": str(model),
            "members": written,
            "is_honest": not is_younger,
        }
        self.say(f"{written:,} members written to {options['output']}.", figures, options)

    def _write(self, path: Path, said: Predicted, options: dict[str, Any]) -> int:
        rows = list(_rows(said, options["horizon"]))
        try:
            with path.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([HEAD, *rows])
        except OSError as problem:
            self.refuse(
                f"--output: {path} cannot be written ({problem.strerror}). Name another file.", options
            )
        return len(rows)


def _rows(said: Predicted, horizon: int) -> list[list[str]]:
    imis_ids = members.imis_ids_by_pseudonym()
    chances = said.chances
    dates = said.days(chances.lapse_on).astype("datetime64[D]").astype(str)
    found = []
    for i in np.argsort(-chances.risk[horizon], kind="stable").tolist():
        imis_id = imis_ids.get(UUID(said.rows.member[i]))
        if imis_id is None:
            continue
        if said.abstained[i]:
            found.append([inert(imis_id), "", "", "", "", "[]", "", said.abstained[i]])
            continue
        risk = [
            f"{100 * values[i]:.2f}"
            for values in (chances.risk[horizon], chances.low[horizon], chances.high[horizon])
        ]
        why = json.dumps([factor["sentence"] for factor in said.factors[i]], ensure_ascii=False)
        band = bands.NAMES[bands.USUAL.band(float(chances.risk[horizon][i]))].lower()
        found.append([inert(imis_id), *risk, dates[i], why, band, ""])
    return found
