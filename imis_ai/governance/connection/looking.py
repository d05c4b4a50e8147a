"""What a test of the connection found, kept without secrets; and what of it was not yet asked."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.models import ConnectionTest
from imis_ai.imis.mapping import Check
from imis_ai.imis.probe import Probe
from imis_ai.mirror.permission import address_of


@dataclass
class Found:
    """What one test brings home. `problem`: why iMIS as a whole could not be asked."""

    probes: list[Probe] = field(default_factory=list)
    names: list[Check] = field(default_factory=list)
    targets: list[dict[str, Any]] = field(default_factory=list)
    write_problem: str = ""
    problem: str = ""
    certificate_until: datetime | None = None
    token_seconds: float | None = None


def latest(
    *, address: str = "", is_test_system: bool | None = None, is_good: bool = False
) -> ConnectionTest | None:
    """The newest test, of one iMIS or of any sandbox or live one; `is_good`: one that was answered."""
    found = ConnectionTest.objects.select_related("by")
    if address:
        found = found.filter(address=address)
    if is_test_system is not None:
        found = found.filter(is_test_system=is_test_system)
    return (found.filter(problem="") if is_good else found).first()


@transaction.atomic
def keep(*, found: Found, by: User | None, now: datetime) -> ConnectionTest:
    """The result, with the user names of both accounts and never a password or token."""
    address = address_of(settings.IMIS_URL)
    made = ConnectionTest.objects.create(
        at=now,
        by=by,
        address=address,
        is_test_system=settings.IMIS_IS_TEST_SYSTEM,
        problem=found.problem,
        endpoints=[
            {
                "resource": each.resource,
                "path": each.path,
                "state": each.state,
                "detail": each.detail,
                "rows": each.rows,
            }
            for each in found.probes
        ],
        names=[asdict(each) for each in found.names],
        writing={
            "read_account": settings.IMIS_USERNAME,
            "write_account": settings.IMIS_WRITE_USERNAME,
            "problem": found.write_problem,
            "targets": [
                {"target": each["target"], "object": each["object"], "is_ready": each["is_ready"]}
                for each in found.targets
            ],
        },
        certificate_until=found.certificate_until,
        token_seconds=round(found.token_seconds) if found.token_seconds else None,
    )
    audit.record(
        action="connection.tested",
        by=by,
        now=now,
        about=("connection", address),
        detail={"problem": found.problem, "endpoints": len(found.probes), "writing": found.write_problem},
    )
    return made
