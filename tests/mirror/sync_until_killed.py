"""A process that is killed again and again while it reads iMIS. Not a test: `test_kill.py` starts it.

Imports once and forks for every line it reads, so that a hundred deaths take seconds and not minutes.
"""

import os
import sys

import django

django.setup()

from django.db import connection  # noqa: E402

from imis_ai.imis import mapping  # noqa: E402
from imis_ai.imis.client import Client  # noqa: E402
from imis_ai.jobs.progress import SILENT  # noqa: E402
from imis_ai.mirror import actions  # noqa: E402
from tests.mirror.conftest import NOW  # noqa: E402


def read(url: str) -> None:
    made = {"base_url": url, "username": "imis_ai", "password": "sandbox", "page_size": 100}
    names = mapping.load(time_zone="America/Chicago")
    with Client(**made, is_test_system=True, requests_per_minute=0, names=names) as client:
        actions.sync(client=client, now=NOW, progress=SILENT, batch=250)


connection.close()
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        read(line.strip())
        os._exit(0)
    print(child, flush=True)  # noqa: T201
    _, status = os.waitpid(child, 0)
    print("killed" if os.WIFSIGNALED(status) else os.WEXITSTATUS(status), flush=True)  # noqa: T201
