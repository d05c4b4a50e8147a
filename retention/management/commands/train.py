"""Trains a model, proves it on later time, registers it, and suggests it if it earned that."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from imis_ai.jobs import terminal
from imis_ai.registry.artefact import Refused
from imis_ai.registry.models import TrainedModel
from retention.calc.training import TooLittle
from retention.management.commands._answer import ModelCommand


class Command(ModelCommand):
    help = "Trains a model on labels final by the day. Exit codes: 0 done, 2 bad input (nothing changed)."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--as-of", metavar="YYYY-MM-DD", help="today when left out")

    def handle(self, **options: Any) -> None:
        self.check_name(options)
        day = self.day("--as-of", options["as_of"], options)
        args = {"as_of": day.isoformat(), "by": "command line"}
        try:
            model = terminal.run(name="retention.train", args=args, now=timezone.now())
        except (TooLittle, Refused) as problem:
            self.refuse(str(problem), options)
        self.say(_text(model), _figures(model), options)


def _figures(model: TrainedModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "version": model.version,
        "state": model.state,
        "as_of": model.as_of.isoformat(),
        "manifest": model.manifest,
        "evaluation": model.evaluation,
        "baselines": model.baselines,
        "notes": model.notes,
    }


def _text(model: TrainedModel) -> str:
    lines = [f"{model} is {model.state}; it ships the {model.manifest['shipped']}."]
    measured = {model.manifest["shipped"]: model.evaluation} | model.baselines
    for name, figures in measured.items():
        if figures.get("auc") is not None:
            lines.append(
                f"  {name}: AUC {figures['auc']:.3f}, Brier {figures['brier']:.4f}, n {figures['members']:,}"
            )
    return "\n".join([*lines, *model.notes])
