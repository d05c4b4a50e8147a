# One image; compose.yaml runs it as web, worker, dispatcher and beat.
FROM python:3.12-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    OMP_NUM_THREADS=1 IMIS_AI_VAR=/var/lib/imis_ai
WORKDIR /app

COPY requirements.txt .
RUN pip install --require-hashes --requirement requirements.txt \
    && useradd --system --uid 1000 --home-dir /var/lib/imis_ai --create-home imis_ai

COPY manage.py LICENSE NOTICE ./
COPY imis_ai imis_ai
COPY retention retention
COPY templates templates

USER imis_ai
VOLUME /var/lib/imis_ai
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
    CMD python -c "import urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:8000/healthz', headers={'X-Forwarded-Proto': 'https', 'Host': 'localhost'}), timeout=4)"
CMD ["gunicorn", "imis_ai.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", "--access-logfile", "-", "--worker-tmp-dir", "/dev/shm"]
