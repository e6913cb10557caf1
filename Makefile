# The first run makes .venv and installs the locked versions; later runs only notice that nothing has changed.
# Another Python: make PYTHON=/path/to/python3.13 play    More arguments: make test ARGS="-k pairing -x"

.DEFAULT_GOAL := help
.PHONY: help play demo test test-rest test-all crash lint format browser teams-playground bench understanding lock clean
SHELL := /bin/bash
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# `make test COVERAGE=yes` prints which share of the code the tests run.
COVERAGE ?=
COVER := $(if $(COVERAGE),--cov --cov-report=term:skip-covered)
# A worker that has nothing left takes tests from the other's end; neighbours share what was saved or started once.
PARALLEL := --numprocesses auto --dist worksteal
CODE := $(wildcard bot adapters storage tests bench)

# The first Python that really runs (a shim may be on the path and fail), is new enough and can make an environment.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3.14 python3; do \
	if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	then echo $$python; break; fi; done)

PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# The project itself: a path entry and the `jpd` command, built with the locked setuptools, so no registry is asked.
INSTALL_SELF := $(PIP) install --no-deps --no-build-isolation --no-index --editable .

# Microsoft's own client of Teams for developers. It listens on every address, so it runs only while the test does.
AGENTS := build/agents-playground

help: ## Show this
	@echo "JPD bot. What make can do here:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | \
		while IFS='|' read -r target text; do printf '%-22s %s\n' "$$target" "$$text"; done

play: $(VENV)/.run ## Play a cycle in the browser: no Slack, no Teams, no account
	@$(BIN)/jpd play $(ARGS)

demo: $(VENV)/.run ## Play a whole six-week cycle by itself and print what everybody got and said
	@$(BIN)/jpd demo $(ARGS)

test: $(VENV)/.dev ## Run every test that a change can break, on SQLite and on a real PostgreSQL
	@$(BIN)/python -m pytest $(PARALLEL) $(COVER) $(ARGS)

test-rest: $(VENV)/.dev ## Run what make test leaves out: long tests, every road on both databases, 300 examples
	@$(BIN)/python -m pytest $(PARALLEL) -m "second_database or long or hypothesis" --hypothesis-profile thorough $(ARGS)

test-all: test test-rest ## Run both

crash: $(VENV)/.dev ## Kill workers at random among 2,000 messages, and take the database away
	@JPD_CRASH=long $(BIN)/python -m pytest -m "" tests/crash $(ARGS)

lint: $(VENV)/.dev ## Check style, types and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/zizmor --offline --quiet .github/workflows

format: $(VENV)/.dev ## Put the code into the house style
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

browser: $(VENV)/.dev ## Play the playground with the keyboard in a real Chromium
	@$(BIN)/python -m pytest -m browser tests/browser $(ARGS)

teams-playground: $(VENV)/.dev $(AGENTS)/.made ## Play in Microsoft's own Agents Playground (npm, Chromium)
	@$(BIN)/python -m pytest -m agents_playground tests/agents_playground $(ARGS)
	@echo "Look at build/screenshots/teams-*.png"

bench: $(VENV)/.dev ## Measure
	@set -e; for file in $(sort $(wildcard bench/[!_]*.py)); do echo "== $$file"; $(BIN)/python $$file $(ARGS); done

understanding: $(VENV)/.run ## Measure how typed lines are read (make understanding FILE=lines.tsv)
	@$(BIN)/python -m tests.understanding $(FILE)

lock: $(VENV)/.dev ## Write the lock files anew (make lock ARGS=--upgrade takes newer versions)
	@echo "Resolving …"
	@$(BIN)/uv pip compile $(LOCK) --output-file requirements.txt pyproject.toml --group install $(ARGS)
	@$(BIN)/uv pip compile $(LOCK) --output-file requirements-dev.txt pyproject.toml --group install --group dev \
		--constraints requirements.txt $(ARGS)
	@if grep -nE '://|^-|file:' requirements.txt requirements-dev.txt; then echo "An address got into a lock file"; exit 1; fi

# Universal: one file for every supported Python and system. No address of a registry is written: pip uses its own.
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-config --no-python-downloads --custom-compile-command "make lock"

clean: ## Remove .venv and everything that can be made again
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
	find bot adapters storage tests bench -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

$(AGENTS)/.made:
	@command -v npm >/dev/null || { echo "Install Node.js and npm (Debian: nodejs and npm)."; exit 1; }
	@echo "Fetching Microsoft's Agents Playground (once) …"
	@npm install --silent --no-audit --no-fund --ignore-scripts --prefix $(AGENTS) @microsoft/m365agentsplayground@0.2.28
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer that can make an environment was found."; \
		echo "Install one (Debian: python3 and python3-venv), or name it: make PYTHON=/path/to/python3 …"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) doesn't run, or is older than Python 3.11."; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version) …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing what the bot needs (once, under a minute) …"
	@$(PIP) install --require-hashes --requirement requirements.txt
	@$(INSTALL_SELF)
	@touch $@

$(VENV)/.dev: requirements-dev.txt pyproject.toml | $(BIN)/python
	@echo "Installing what the bot and its tests need (once, about a minute) …"
	@$(PIP) install --require-hashes --requirement requirements-dev.txt
	@$(INSTALL_SELF)
	@touch $@ $(VENV)/.run
