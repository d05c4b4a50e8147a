"""The Celery application. Workers receive ids of `JobRun` rows and nothing else."""

import os

from celery import Celery
from kombu import Exchange, Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imis_ai.settings")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # OpenMP spins on shared cores; chunks are the parallelism

DEFAULT, QUICK = "celery", "quick"

app = Celery("imis_ai")
app.config_from_object("django.conf:settings", namespace="CELERY")
# a worker takes from both unless it is told `--queues quick`
app.conf.task_queues = [Queue(name, Exchange(name), routing_key=name) for name in (DEFAULT, QUICK)]
app.autodiscover_tasks()
