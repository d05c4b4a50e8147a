"""Reads what members sent back, from a mailbox exported as .eml files."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from imis_ai.governance.messages import replies

BAD_INPUT = 2


class Command(BaseCommand):
    help = "Matches replies and bounces to what was sent. Exit codes: 0 done, 2 bad input."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", metavar="DIR|FILE", type=Path, help="a folder of .eml files, or one file")
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, *, path: Path, **options: object) -> None:
        files = sorted(path.rglob("*.eml")) if path.is_dir() else [path]
        if not path.exists() or not files:
            self.stderr.write(f"{path} holds no .eml file. Name a folder of them, or one file.")
            sys.exit(BAD_INPUT)
        now, count, problems = timezone.now(), replies.Imported(), []
        for file in files:
            try:
                incoming = replies.read(file.read_bytes(), now=now)
            except (replies.Unreadable, OSError) as problem:
                problems.append(f"{file.name}: {problem}")
                continue
            replies.take(incoming=incoming, now=now, count=count)
        self._report(count, problems, as_json=bool(options["json"]))
        if problems:
            sys.exit(BAD_INPUT)

    def _report(self, count: replies.Imported, problems: list[str], *, as_json: bool) -> None:
        for problem in problems:
            self.stderr.write(problem)
        if as_json:
            self.stdout.write(json.dumps(asdict(count) | {"unreadable": len(problems)}))
            return
        self.stdout.write(
            f"{count.read:,} read: {count.replies:,} replies, {count.automatic:,} automatic,"
            f" {count.bounces:,} bounces, {count.stops:,} asked to stop,"
            f" {count.unmatched:,} not matched, {count.repeated:,} known before."
        )
