"""What must exist in iMIS before anything is written: a dry run, a check-list, and creation where allowed."""

import json
import sys

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from imis_ai.governance.outbox.names import choose
from imis_ai.governance.refusals import NotAllowed
from imis_ai.governance.tasks import set_up
from imis_ai.imis.errors import ImisError, NotConfigured

BAD_INPUT, UNREACHABLE = 2, 4


class Command(BaseCommand):
    help = "Looks at every object that suggestions are written to. Exit codes: 0, 2 bad input, 4 unreachable."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--apply", action="store_true", help="create what is missing of our own objects")
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
        parser.add_argument(
            "--use",
            action="append",
            default=[],
            metavar="TARGET=NAME",
            help="keep a target under another of its names, for example AI_MemberInsight=AI_Member_Risk",
        )

    def handle(self, **options: object) -> None:
        try:
            for pair in options["use"]:
                target, _, name = pair.partition("=")
                choose(target=target, object_name=name, by=None, now=timezone.now())
            found = set_up(is_applied=bool(options["apply"]), say=self.stderr.write)
        except (NotAllowed, ImisError) as problem:
            self.stderr.write(str(problem))
            sys.exit(BAD_INPUT if isinstance(problem, NotAllowed | NotConfigured) else UNREACHABLE)
        if options["json"]:
            self.stdout.write(json.dumps(found))
        else:
            self.stdout.write("\n".join(_lines(found)))


def _lines(found: dict) -> list[str]:
    """The check-list in words."""
    lines = []
    for each in found["targets"]:
        state = "ready" if each["is_ready"] else "to do"
        lines.append(f"{each['target']} ({each['object']}): {state}. It {each['purpose']}.")
        lines += [f"  [ ] {step}" for step in each["steps"]]
    lines.append("Queries (IQA) to create by hand, each ticked 'Available via the REST API':")
    for each in found["queries"]:
        lines.append(f"  [ ] {each['path']} over {each['source']}: {each['columns']}; {each['filter']}.")
        lines.append(f"      {each['use']}")
    return lines
