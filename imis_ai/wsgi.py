"""The web application for gunicorn. It does not start with settings that are unsafe for a reachable site."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imis_ai.settings")
application = get_wsgi_application()

from imis_ai.ops import checks  # noqa: E402  needs the settings

checks.refuse_unsafe()
