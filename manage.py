#!/usr/bin/env python
"""Management commands of imis_ai; `python manage.py help` lists them."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imis_ai.settings")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from django.core.management import execute_from_command_line

    from imis_ai.embedded import ServiceFailed

    try:
        execute_from_command_line(sys.argv)
    except ServiceFailed as problem:
        sys.stderr.write(f"{problem}\n")
        sys.exit(2)
