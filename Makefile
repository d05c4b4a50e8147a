# make demo    the product on a synthetic association, from nothing
# make test    the tests, from nothing
# make check   what CI runs
# make prove   the long proofs with their full counts
# make stop    ends a running demo and the servers in var/
# make lock    resolves pyproject.toml into the two requirements files

SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
UV_VERSION := 0.13.8
PORT ?= 8000
# one more than cores: many tests wait for processes that they started or killed
WORKERS := $(shell $(SHELL) -c 'n=$$(nproc 2>/dev/null || echo 2); test $$n -gt 3 && echo 4 || echo $$((n + 1))')
PYTEST_ARGS ?= -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: demo test prove check lint stop lock install browser

demo: $(VENV)/.run
	@$(PY) -m imis_ai.ops.launch --port $(PORT)

test: $(VENV)/.dev browser
	$(PY) -m pytest $(PYTEST_ARGS)

prove: $(VENV)/.dev
	$(PY) -m pytest -m long --timeout=1800

check: lint
	$(MAKE) test

lint: $(VENV)/.dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PY) manage.py makemigrations --check --dry-run

stop:
	@if [ -x $(PY) ]; then $(PY) -m imis_ai.ops.stop; fi

install: $(VENV)/.run

lock: $(VENV)/.pip
	$(VENV)/bin/uv pip compile pyproject.toml -o requirements.txt $(LOCK)
	$(VENV)/bin/uv pip compile pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt $(LOCK)
LOCK := --universal --python-version 3.11 --generate-hashes --quiet --custom-compile-command "make lock"

# The browser tests drive the system's Chromium; without it they are skipped, and say so.
browser:
	@if command -v chromium >/dev/null || command -v chromium-browser >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  echo "Installing Chromium for the browser tests ..."; \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; } \
	    || echo "*** Chromium could not be installed: BROWSER TESTS ARE SKIPPED ***"; \
	else \
	  echo "*** No Chromium on this machine (install the package 'chromium'): BROWSER TESTS ARE SKIPPED ***"; \
	fi

# The first Python that will do. 3.12 and 3.11 come first: Redis is prebuilt for them.
$(VENV)/.pip:
	@for python in $(PYTHON) python3.12 python3.11 python3 python3.13 python3.14; do \
	  if $$python -c 'import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null; then \
	    found=$$python; break; \
	  fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "Python 3.11 to 3.14 is needed. Install it, or name it: make demo PYTHON=/path/to/python3"; exit 2; \
	fi; \
	echo "Making the virtual environment with $$($$found --version) ..."; \
	$$found -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "$$found cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv"; exit 2; }; \
	$(PY) -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) \
	  || echo "uv is not to be had here; pip will do, slower."
	@touch $@

$(VENV)/.run: requirements.txt | $(VENV)/.pip
	@$(call install,requirements.txt)
	@touch $@

$(VENV)/.dev: requirements-dev.txt | $(VENV)/.pip
	@$(call install,requirements-dev.txt)
	@touch $@ $(VENV)/.run

# uv does not read pip's configuration: the index and the certificates are handed over. pip is the second choice.
define install
	echo "Installing $(1) ..."; \
	index=$${PIP_INDEX_URL:-$$($(PY) -m pip config get global.index-url 2>/dev/null)}; \
	SSL_CERT_FILE=$${SSL_CERT_FILE:-$${PIP_CERT:-$$($(PY) -m pip config get global.cert 2>/dev/null)}}; \
	if [ -n "$$SSL_CERT_FILE" ]; then export SSL_CERT_FILE; fi; \
	UV_HTTP_TIMEOUT=20 $(VENV)/bin/uv pip install --quiet --python $(PY) --require-hashes \
	    $${index:+--index-url "$$index"} -r $(1) 2>$(VENV)/uv.log \
	  || { echo "uv could not ($(VENV)/uv.log says why); taking pip ..."; \
	       $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1); }
endef
