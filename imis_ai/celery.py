"""The Celery application. Workers receive ids of `JobRun` rows and nothing else."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imis_ai.settings")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # OpenMP spins on shared cores; chunks are the parallelism

app = Celery("imis_ai")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
