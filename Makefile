# `make run` and `make test` are all a newcomer needs; both set up what they use.
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
RUN_ARGS ?=
# Compiled modules are kept, whatever the shell says: the tests start dozens of processes.
export PYTHONDONTWRITEBYTECODE =

.PHONY: help setup run test test-mysql quick check lint types layers bench lock clean

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.core ## make .venv with the packages of the lock

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and not found" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed (Debian: apt install python3-venv)" >&2; exit 1; }

$(VENV)/.core: requirements.lock setup.cfg pyproject.toml | $(VENV)/bin/python
	@echo "Installing packages into $(VENV) (a minute or two, once) ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.core
	@echo "Installing the test packages into $(VENV) (once) ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

run: $(VENV)/.core ## the demo: a local WeChat platform, followers, the bot; Ctrl-C ends it
	@$(BIN)/hongyan demo $(RUN_ARGS)

test: $(VENV)/.dev ## every test; each of the three processes keeps to one core
	@OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 3 --dist loadgroup

test-mysql: $(VENV)/.dev ## the store's tests on MySQL: MYSQL_TEST_URL, or a mariadbd on PATH
	@OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadgroup --mysql -k mysql

quick: $(VENV)/.dev ## the tests without those that start many processes
	@$(BIN)/python -m pytest -n 2 -m "not slow"

check: $(VENV)/.dev test lint types layers ## all that CI runs

lint: $(VENV)/.dev ## ruff, formatting included
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.dev ## mypy, strict
	@$(BIN)/mypy

layers: $(VENV)/.dev ## imports point down only
	@$(BIN)/lint-imports

bench: $(VENV)/.dev ## measure against named peers; see benchmarks/README.md
	@$(BIN)/python -m benchmarks

lock: ## write the lock files anew from setup.cfg (needs uv)
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
		--python-version 3.11 --custom-compile-command "make lock" setup.cfg -o requirements.lock
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
		--python-version 3.11 --custom-compile-command "make lock" setup.cfg \
		--extra test --extra lint --extra bench -c requirements.lock -o requirements-dev.lock

clean: ## remove what was built; data in var/ stays
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .hypothesis .import_linter_cache
