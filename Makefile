# What a newcomer needs is Python 3.11 to 3.14 (with venv) and make. Every target sets up first.
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: help setup demo test test-all typescript mutants screens trust trust-long bench run workers check fmt openapi lock

PYTHON := .venv/bin/python
MANAGE := $(PYTHON) manage.py
CHECKED := DJANGO_SETTINGS_MODULE=tests.settings TEST_DATABASE_URL=sqlite://:memory:
SOURCES := manage.py booon_console sellers integration tests clients
PORT ?= 8000
# The tests make a database of their own beside it.
POSTGRES ?= postgres://postgres@127.0.0.1:5432/postgres
# Without it the tests take SQLite.
unexport TEST_DATABASE_URL
PYTEST := $(PYTHON) -m pytest
# One process for each core; a module's tests stay together, in the order that tests/conftest.py gives them.
SUITE := -n auto --dist loadfile --no-loadscope-reorder tests --ignore=tests/browser --ignore=tests/faults --ignore=tests/size
UNIT := $(PYTEST) $(SUITE)
ON_POSTGRES := TEST_DATABASE_URL="$(POSTGRES)"
COVERAGE := --cov=booon_console --cov=sellers --cov=integration --cov-branch --cov-report=term:skip-covered
# One for each Python that is taken, and each platform: what differs has a marker.
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock"

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile

setup: .venv/installed .env staticfiles/staticfiles.json ## the virtual environment, a developer's .env, the static files

demo: setup ## the whole journey against a stand-in EasyEcom, then a console to try; Ctrl-C ends it
	@$(MANAGE) demo

test: check ## the checks and all but the slow tests, in minutes; on PostgreSQL too, where one answers
	$(UNIT) -m "not slow"
	@if $(PYTHON) -m tests.postgres_answers "$(POSTGRES)"; then set -x; \
		$(ON_POSTGRES) $(UNIT) -m "postgres and not slow"; \
	else \
		echo "##### NOT TESTED ON POSTGRESQL: none answers at $(POSTGRES) #####" >&2; \
	fi

# Nothing is left out here: a machine without PostgreSQL or chromium fails. The suite that kills and crashes mostly
# waits, so three of its tests run at a time. What runs on PostgreSQL has the newest other Python, where one is. A
# browser's test that failed is tried once more, on a demo of its own: the first has what it left behind.
test-all: check typescript ## everything, on both databases, under faults and in a browser; what the build machine runs
	HYPOTHESIS_PROFILE=ci $(UNIT) --slow-from 2 $(COVERAGE)
	other=$$($(PYTHON) -m tests.other_python) && \
		$(ON_POSTGRES) HYPOTHESIS_PROFILE=ci $$other -m pytest $(SUITE) --slow-from 2
	$(ON_POSTGRES) $(PYTEST) tests/size
	$(PYTEST) -n 3 --dist worksteal tests/faults
	$(MAKE) mutants CHANGED=1 MINUTES=10
	$(PYTEST) tests/browser || { [ $$? = 1 ] && $(PYTEST) --last-failed --last-failed-no-failures none tests/browser; }
	@$(PYTHON) -m tests.other_python said

# Needed for its tests only: without Node, or without the packages, they are left out.
typescript: ## the TypeScript client's tools, where Node is
	@cd clients/typescript && if ! command -v npm >/dev/null; then \
		echo "##### THE TYPESCRIPT CLIENT IS NOT TESTED: there is no npm #####" >&2; \
	elif [ ! node_modules/.package-lock.json -nt package-lock.json ] && ! npm ci --silent; then \
		echo "##### THE TYPESCRIPT CLIENT IS NOT TESTED: npm ci failed #####" >&2; \
	fi

# Hours for all of it, and resumable; ONLY="sync orders/push" for some packages or modules, SAMPLE=60
# (SEED=…) for a sample of each module's mutants, OWN=1 against the tests named after the module alone,
# MINUTES=30 for an end.
mutants: setup ## small faults that no test sees, in docs/mutants.md (CHANGED=1: only what differs from main, in minutes)
	$(PYTHON) -m tests.mutants $(ONLY) $(CHANGED:%=--changed) $(SAMPLE:%=--sample %) $(SEED:%=--seed %) \
		$(OWN:%=--own) $(MINUTES:%=--minutes %) --postgres "$(POSTGRES)"

screens: setup ## pictures of the main pages, taken anew, in docs/screens/
	$(CHECKED) PYTHONPATH=clients/python $(PYTHON) -m tests.browser.screens

trust: setup ## the console under kills and faults, and its figures in docs/trust.md (SEED=… replays)
	PYTHONPATH=clients/python $(PYTHON) -m tests.faults --publish $(SEED:%=--seed %)

trust-long: setup ## the same for an hour or two: ten times as much, and every figure
	PYTHONPATH=clients/python $(PYTHON) -m tests.faults --publish --size long $(SEED:%=--seed %)

# On an otherwise idle machine; it takes about fifteen minutes. QUICK=1 takes one and writes nothing.
bench: setup ## the webhooks' door, what one host pushes, one host beside two; its figures in docs/performance.md
	$(PYTHON) -m tests.bench $(if $(QUICK),--quick,--publish)

run: setup ## the web server, on http://127.0.0.1:8000 (PORT=… for another)
	@$(PYTHON) -m booon_console.port 127.0.0.1 $(PORT)
	@$(MANAGE) migrate --verbosity 0
	@$(PYTHON) -m granian --interface wsgi --host 127.0.0.1 --port $(PORT) --workers 1 booon_console.wsgi:application

workers: setup ## the background half; beside `make run`, on the same database
	@$(MANAGE) workers

check: setup ## formatting, lint, types, the order of imports, known vulnerabilities, migrations, the API's description
	$(PYTHON) -m ruff format --check $(SOURCES)
	$(PYTHON) -m ruff check $(SOURCES)
	$(PYTHON) -m mypy booon_console sellers integration
	$(PYTHON) -m mypy --config-file clients/python/pyproject.toml clients/python
	$(PYTHON) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	$(PYTHON) -m tests.unused
	$(PYTHON) -m deptry .
	$(PYTHON) -m tests.audit
	$(CHECKED) $(MANAGE) makemigrations --check --dry-run
	$(CHECKED) $(MANAGE) spectacular --validate --fail-on-warn --file /dev/null
	$(CHECKED) $(PYTHON) -m tests.kept_schema check

fmt: setup ## formats the code and mends what ruff can
	$(PYTHON) -m ruff check --fix-only $(SOURCES)
	$(PYTHON) -m ruff format $(SOURCES)

openapi: setup ## keeps the API's description in docs/openapi.yaml
	$(CHECKED) $(PYTHON) -m tests.kept_schema write

lock: .venv/bin/python ## writes both requirements files anew from pyproject.toml
	rm -rf .venv.lock
	$(PYTHON) -m venv .venv.lock
	.venv.lock/bin/python -m pip install -qq --disable-pip-version-check uv
	.venv.lock/bin/uv pip compile $(LOCK) --group dev --output-file requirements-dev.txt pyproject.toml
	.venv.lock/bin/uv pip compile $(LOCK) --constraint requirements-dev.txt --output-file requirements.txt pyproject.toml
	rm -rf .venv.lock

.venv/bin/python:
	@for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
		if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null; then \
			echo "Setting up .venv …"; \
			$$python -m venv --clear .venv && exit 0; \
			echo "This Python can't make a virtual environment: its venv module is missing." >&2; exit 1; \
		fi; \
	done; \
	echo "The console needs Python 3.11 to 3.14, and found none as python3, python3.14 … python3.11 or python." >&2; exit 1

.venv/installed: requirements-dev.txt | .venv/bin/python
	@echo "Installing the locked requirements …"
	@$(PYTHON) -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r requirements-dev.txt
	@touch $@

.env: | .venv/bin/python
	@$(PYTHON) -m booon_console.env_file

staticfiles/staticfiles.json: .venv/installed $(shell find booon_console/static -type f) | .env
	@DEBUG=true $(MANAGE) collectstatic --no-input --verbosity 0
	@touch $@
