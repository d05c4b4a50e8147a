"""Erases one member from everything that is kept here."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from imis_ai.governance import privacy
from imis_ai.governance.privacy.erase import marks
from imis_ai.governance.privacy.holders import STEPS
from imis_ai.governance.refusals import Blocked
from imis_ai.jobs import terminal
from imis_ai.mirror import personal

BAD_INPUT, REFUSED = 2, 3


class Command(BaseCommand):
    help = (
        "Erases a member at once, without the second person and the hold that the pages ask for. "
        "Exit codes: 0 erased (or erased before), 2 no such member, 3 a legal hold stands against it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("imis_id", nargs="?", help="the member's number in iMIS")
        parser.add_argument("--reason", default="asked by the member", help="goes into the certificate")
        parser.add_argument(
            "--replay", action="store_true", help="after a backup was put back: all erased before"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["replay"]:
            numbers, reason = list(personal.whose_mark(marks())), "erased before the backup was put back"
        elif options["imis_id"]:
            numbers, reason = [options["imis_id"]], options["reason"]
        else:
            raise CommandError("Give the number of a member, or --replay.", returncode=BAD_INPUT)
        found = [self._erase(number, reason) for number in numbers]
        if options["json"]:
            self.stdout.write(json.dumps({"erased": found} if options["replay"] else found[0]))
        else:
            self.stdout.write("\n".join(map(_words, found)) or "Nobody on the list is in the mirror.")

    def _erase(self, imis_id: str, reason: str) -> dict:
        why = privacy.why_not(imis_id=imis_id)
        if why and why.rule == "known member":
            if personal.is_erased(imis_id=imis_id):
                return {"certificate": None, "erased_before": True}
            print(why, file=sys.stderr)
            sys.exit(BAD_INPUT)
        try:
            erasure = privacy.begin(imis_id=imis_id, reason=reason, now=timezone.now())
            terminal.run(name="privacy.erase", args={"erasure": erasure.pk}, now=timezone.now())
        except Blocked as refusal:
            print(refusal, file=sys.stderr)
            sys.exit(REFUSED)
        erasure.refresh_from_db()
        return {
            "certificate": erasure.pk,
            "erased_before": False,
            "steps": [step | {"name": STEPS[step["number"]]} for step in erasure.steps],
            "remains": dict(erasure.remains),
            "physical_until": erasure.physical_until.isoformat(),
        }


def _words(found: dict) -> str:
    if found["erased_before"]:
        return "Erased before; nothing to do."
    lines = [f"  {step['number']:>2}  {step['name']}: {step['said']}" for step in found["steps"]]
    left = "; ".join(f"{rows} rows in {table}" for table, rows in found["remains"].items())
    lines.append(f"  Still named: {left}" if left else "  Name, e-mail and phone are in no table any more.")
    lines.append(f"  Bytes in freed space and backups are gone by {found['physical_until'][:10]}.")
    return "\n".join([f"Certificate {found['certificate']}", *lines])
