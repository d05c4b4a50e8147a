"""Examines this installation and the account at iMIS."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from imis_ai.ops import environment

MARKS = {"ok": "ok ", "off": "off", "warning": "!  ", "failed": "NO "}
UNREACHABLE = 4
BROKEN = 2


class Command(BaseCommand):
    help = (
        "Say what works, what is off and what to do. Exit code 0, 2 (something is broken) or 4 (iMIS away)."
    )
    requires_system_checks = []  # they are part of the report

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="where the web application will listen")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = list(environment.examine(now=timezone.now(), port=options["port"]))
        code = BROKEN if any(finding.state == environment.FAILED for finding in findings) else 0
        endpoints: list[dict] = []
        if settings.IMIS_URL:
            try:
                endpoints = environment.probe()
                findings.append(_summary(endpoints))
            except environment.Unreachable as problem:
                findings.append(environment.Finding("iMIS", environment.FAILED, str(problem)))
                code = code or UNREACHABLE
        else:
            findings.append(environment.Finding("iMIS", environment.OFF, "not configured", "Set IMIS_URL."))
        if options["json"]:
            report = {"findings": [asdict(finding) for finding in findings], "endpoints": endpoints}
            print(json.dumps(report | {"exit_code": code}))
        else:
            _show(findings, endpoints)
        sys.exit(code)


def _summary(endpoints: list[dict]) -> environment.Finding:
    # rights to write are for later: suggestions that staff approved
    denied = [
        endpoint["resource"]
        for endpoint in endpoints
        if endpoint["state"] == "denied" and not endpoint["resource"].startswith("write:")
    ]
    counts = {
        state: sum(e["state"] == state for e in endpoints) for state in ("readable", "writable", "denied")
    }
    detail = ", ".join(f"{n} {state}" for state, n in counts.items())
    if denied:
        fix = f"Ask for read access to {', '.join(denied)}, or go on without."
        return environment.Finding("iMIS", environment.WARNING, detail, fix)
    return environment.Finding("iMIS", environment.OK, detail)


def _show(findings: list[environment.Finding], endpoints: list[dict]) -> None:
    for finding in findings:
        print(f"{MARKS[finding.state]} {finding.name:<11} {finding.detail}")
        if finding.fix:
            print(f"                {finding.fix}")
    if endpoints:
        print(f"\niMIS at {settings.IMIS_URL}")
    for endpoint in endpoints:
        print(
            f"  {endpoint['state']:<9} {endpoint['resource']:<18} {endpoint['path']:<34} {endpoint['detail']}"
        )
