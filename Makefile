# What a newcomer needs is Python 3.11 (with venv) and make. Every target sets up first.
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: help setup demo test screens trust trust-long run workers check fmt openapi lock

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
DEMO_TEST := tests/test_demo.py
# They have the demo stand, and Debian's chromium walk over it.
BROWSER_TESTS := tests/browser
# 100,000 orders, on PostgreSQL.
SIZE_TESTS := tests/size
# The console as child processes that are killed, on a PostgreSQL of their own.
FAULT_TESTS := tests/faults
APART := $(DEMO_TEST) $(BROWSER_TESTS) $(SIZE_TESTS) $(FAULT_TESTS)
# They touch no database, so once is enough.
WITHOUT_ROWS := tests/integration/easyecom tests/integration/sandbox
LOCK := --quiet --python-version 3.11 --generate-hashes --custom-compile-command "make lock"

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile

setup: .venv/installed .env staticfiles/staticfiles.json ## the virtual environment, a developer's .env, the static files

demo: setup ## the whole journey against a stand-in EasyEcom, then a console to try; Ctrl-C ends it
	@$(MANAGE) demo

test: check ## all checks, and the tests on SQLite and on PostgreSQL where one answers
	$(PYTEST) $(APART:%=--ignore=%)
	@if $(PYTHON) -m tests.postgres_answers "$(POSTGRES)"; then set -x; \
		TEST_DATABASE_URL="$(POSTGRES)" $(PYTEST) $(APART:%=--ignore=%) $(WITHOUT_ROWS:%=--ignore=%) \
			&& TEST_DATABASE_URL="$(POSTGRES)" $(PYTEST) $(SIZE_TESTS); \
	elif [ -n "$$CI" ]; then \
		echo "No PostgreSQL answers at $(POSTGRES): in CI that is a failure." >&2; exit 1; \
	else \
		echo "##### NOT TESTED ON POSTGRESQL: none answers at $(POSTGRES) #####" >&2; \
	fi
	@if $(PYTHON) -c 'from tests.faults.postgres import binary; binary("initdb")' 2>/dev/null; then set -x; \
		$(PYTEST) $(FAULT_TESTS); \
	elif [ -n "$$CI" ]; then \
		echo "No PostgreSQL to crash: in CI that is a failure." >&2; exit 1; \
	else \
		echo "##### NOT TESTED UNDER FAULTS: there is no PostgreSQL server to crash #####" >&2; \
	fi
	$(PYTEST) $(DEMO_TEST)
	@if command -v chromium >/dev/null; then set -x; \
		$(PYTEST) $(BROWSER_TESTS); \
	elif [ -n "$$CI" ]; then \
		echo "No chromium: in CI that is a failure." >&2; exit 1; \
	else \
		echo "##### NOT TESTED IN A BROWSER: there is no chromium #####" >&2; \
	fi

screens: setup ## pictures of the main pages, taken anew, in docs/screens/
	$(CHECKED) PYTHONPATH=clients/python $(PYTHON) -m tests.browser.screens

trust: setup ## the console under kills and faults, and its figures in docs/trust.md (SEED=… replays)
	$(PYTHON) -m tests.faults --publish $(SEED:%=--seed %)

trust-long: setup ## the same for an hour or two: ten times as much, and every figure
	$(PYTHON) -m tests.faults --publish --size long $(SEED:%=--seed %)

run: setup ## the web server, on http://127.0.0.1:8000 (PORT=… for another)
	@$(MANAGE) migrate --verbosity 0
	@$(PYTHON) -m granian --interface wsgi --host 127.0.0.1 --port $(PORT) --workers 1 booon_console.wsgi:application

workers: setup ## the background half; beside `make run`, on the same database
	@$(MANAGE) workers

check: setup ## formatting, lint, types, the order of imports, migrations, the API's description
	$(PYTHON) -m ruff format --check $(SOURCES)
	$(PYTHON) -m ruff check $(SOURCES)
	$(PYTHON) -m mypy booon_console sellers integration
	$(PYTHON) -m mypy --config-file clients/python/pyproject.toml clients/python
	$(PYTHON) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	$(CHECKED) $(MANAGE) makemigrations --check --dry-run
	$(CHECKED) $(MANAGE) spectacular --validate --fail-on-warn --file /dev/null
	$(CHECKED) $(PYTHON) -m tests.kept_schema check

fmt: setup ## formats the code and mends what ruff can
	$(PYTHON) -m ruff check --fix-only $(SOURCES)
	$(PYTHON) -m ruff format $(SOURCES)

openapi: setup ## keeps the API's description in docs/openapi.yaml
	$(CHECKED) $(PYTHON) -m tests.kept_schema write

lock: .venv/bin/python ## writes both requirements files anew from their .in files
	rm -rf .venv.lock
	$(PYTHON) -m venv .venv.lock
	.venv.lock/bin/python -m pip install -qq --disable-pip-version-check uv
	.venv.lock/bin/uv pip compile $(LOCK) --output-file requirements-dev.txt requirements-dev.in
	.venv.lock/bin/uv pip compile $(LOCK) --constraint requirements-dev.txt --output-file requirements.txt requirements.in
	rm -rf .venv.lock

.venv/bin/python:
	@for python in python3.11 python3 python; do \
		if $$python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then \
			echo "Setting up .venv …"; \
			$$python -m venv --clear .venv && exit 0; \
			echo "This Python 3.11 can't make a virtual environment: its venv module is missing." >&2; exit 1; \
		fi; \
	done; \
	echo "The console needs Python 3.11, and found none as python3.11, python3 or python." >&2; exit 1

.venv/installed: requirements-dev.txt | .venv/bin/python
	@echo "Installing the locked requirements …"
	@$(PYTHON) -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r requirements-dev.txt
	@touch $@

.env: | .venv/bin/python
	@$(PYTHON) -m booon_console.env_file

staticfiles/staticfiles.json: .venv/installed $(shell find booon_console/static -type f) | .env
	@DEBUG=true $(MANAGE) collectstatic --no-input --verbosity 0
	@touch $@
