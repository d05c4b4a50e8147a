"""Jobs for real workers: started with `celery --include tests.jobs.work`."""

import os
import time

from django.db import connection

from imis_ai.jobs import chunks, registry


def write(what: str, who: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO test_effect (what, job) VALUES (%s, %s)", [what, str(who)])


@registry.job("test.effect", title="One effect")
def effect(progress, number):
    write("effect", number)


@registry.job("test.chunks", title="Twenty chunks", stages=["Chunks"])
def in_chunks(progress, seconds):
    progress.stage("Chunks", total=20)

    def work(chunk):
        write(chunk.key, os.getpid())
        time.sleep(seconds)

    chunks.each(progress, chunks.by_member_hash(20), work)


@registry.job("test.poison", title="Kills its worker")
def poison(progress):
    write("death", os.getpid())
    os.kill(os.getpid(), 9)
