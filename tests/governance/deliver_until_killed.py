"""A process that is killed again and again while it sends. Not a test: `test_kill.py` starts it.

Imports once and forks for every line it reads, so that a thousand deaths take minutes and not hours.
"""

import os
import sys
import time

import django

django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from imis_ai.governance.models import OutboxMessage  # noqa: E402
from imis_ai.governance.outbox import checks, deliver_due  # noqa: E402
from imis_ai.governance.outbox.imis import ImisSender  # noqa: E402
from imis_ai.governance.outbox.message import IMIS  # noqa: E402
from imis_ai.governance.outbox.states import OPEN  # noqa: E402
from imis_ai.governance.outbox.turn import turn  # noqa: E402
from tests.imis.writing import writer  # noqa: E402


def deliver(url: str) -> None:
    """Until nothing waits and nothing is unclear."""
    checks.GATES.clear()
    checks.gate(name="open", look=lambda message, now: None)
    with writer(url) as hand, turn() as is_ours:
        assert is_ours, "the lock of a killed worker is given back at once"
        senders = dict.fromkeys(IMIS, ImisSender(hand))
        while OutboxMessage.objects.filter(state__in=OPEN).exists():
            deliver_due(now=timezone.now(), clock=timezone.now, senders=senders)
            time.sleep(0.02)


connection.close()
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        deliver(line.strip())
        os._exit(0)
    print(child, flush=True)  # noqa: T201
    _, status = os.waitpid(child, 0)
    print("killed" if os.WIFSIGNALED(status) else os.WEXITSTATUS(status), flush=True)  # noqa: T201
