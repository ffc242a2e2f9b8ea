# `make help` lists the targets. Everything a target needs is installed by the target: Python packages into .venv,
# browser libraries into frontend/node_modules, both from lock files with hashes.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Caches of compiled modules make every later start faster.
export PYTHONDONTWRITEBYTECODE :=

BIN := .venv/bin
PY := $(BIN)/python
INSTALL := $(BIN)/uv pip install -q --python $(PY)
LOCK := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate
# A Node of our own, when there is one, comes first.
WITH_NODE := PATH="$(CURDIR)/$(BIN):$$PATH"

VENV := $(BIN)/.venv-made
RUNTIME := $(BIN)/.runtime-installed
DEVELOPMENT := $(BIN)/.development-installed
SYSTEM := $(BIN)/.system-checked
MODULES := frontend/node_modules/.installed
DIST := frontend/dist/manifest.json
# The databases of tests live in memory where there is room: on a disk every fresh one takes half a second.
MEMORY := $(shell grep -qs ' /dev/shm .*noexec' /proc/mounts || df -Pk /dev/shm 2>/dev/null | awk 'NR > 1 && $$4 > 4000000 {print $$6}')
PYTEST := $(if $(MEMORY),TMPDIR=$(MEMORY)) $(PY) -m pytest -n 2
SOURCES := $(shell find frontend/src -type f 2>/dev/null) frontend/build.mjs frontend/package.json

.PHONY: help setup run assets test check fast bench soak lint fmt docs lock clean

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(RUNTIME) $(DIST) ## Start Trellis with demo data on http://localhost:8000 (PORT=... for another port)
	@echo "Trellis demo: http://localhost:$${PORT:-8000}  sign in as admin@example.com with the password $${TRELLIS_ADMIN_PASSWORD:-trellis-demo}"
	@TRELLIS_DEMO=1 TRELLIS_ADMIN_PASSWORD="$${TRELLIS_ADMIN_PASSWORD:-trellis-demo}" \
	 TRELLIS_DATA="$${TRELLIS_DATA:-var/demo}" PORT="$${PORT:-8000}" exec $(BIN)/trellis serve

setup: $(RUNTIME) $(DEVELOPMENT) $(MODULES) ## Install everything that developing needs

assets: $(DIST) ## Build the browser files into frontend/dist

test: setup assets $(SYSTEM) lint ## Check everything: linters, types, contracts and all tests
	@$(PYTEST)

check: test ## What the continuous integration runs

fast: $(DEVELOPMENT) lint ## Linters, types, rules and architecture: seconds
	@$(PY) -m pytest -q -x $(wildcard tests/unit) tests/architecture

bench: setup assets ## Compare with hand-written servers on both databases
	@$(PY) -m bench

soak: setup assets ## Many clients on few records, millions of random expressions, releases under load; on both databases
	@$(PY) -m bench.soak
	@$(PY) -m bench.soak_computed
	@$(PY) -m bench.soak_expressions
	@$(PY) -m bench.soak_publishing
	@$(PYTEST) -m soak

lint: $(DEVELOPMENT) ## Ruff, mypy, import-linter, djlint and the generated pages
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo > $(BIN)/.imports || { cat $(BIN)/.imports; exit 1; }
	@$(BIN)/djlint --quiet --lint frontend/templates
	@$(BIN)/trellis docs --check

fmt: $(DEVELOPMENT) ## Format the Python files and mend what can be mended
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format .

docs: $(DEVELOPMENT) ## Write the generated pages: reference and JSON schemas
	@$(BIN)/trellis docs

lock: $(VENV) ## Resolve the Python and browser packages anew
	@$(LOCK) pyproject.toml --group dev -o requirements/dev.txt
	@$(LOCK) pyproject.toml -c requirements/dev.txt -o requirements/run.txt
	@$(LOCK) --group build -c requirements/dev.txt -o requirements/build.txt
	@$(LOCK) --group node -o requirements/node.txt
	@cd frontend && $(WITH_NODE) npm install --package-lock-only --ignore-scripts

clean: ## Remove what was installed and built; data in var/ stays
	@rm -rf .venv frontend/node_modules frontend/dist dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(VENV): requirements/build.txt
	@echo "Making .venv"
	@for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	   $$python -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; python=; \
	 done; test -n "$$python" || { echo "Trellis needs Python 3.11 or newer with its venv module."; exit 1; }; \
	 $$python -m venv .venv
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt
	@touch $@

$(RUNTIME): $(VENV) requirements/run.txt pyproject.toml
	@echo "Installing the Python packages"
	@$(INSTALL) --compile-bytecode --require-hashes -r requirements/run.txt
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(DEVELOPMENT): $(RUNTIME) requirements/dev.txt
	@echo "Installing the tools"
	@$(INSTALL) --compile-bytecode --require-hashes -r requirements/dev.txt
	@touch $@

$(SYSTEM): .ci/system-packages $(DEVELOPMENT)
	@sh .ci/system-packages
	@touch $@

$(MODULES): frontend/package-lock.json frontend/.npmrc $(VENV)
	@echo "Installing the browser libraries"
	@command -v npm > /dev/null && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2> /dev/null \
	 || $(INSTALL) --require-hashes -r requirements/node.txt
	@cd frontend && $(WITH_NODE) npm ci --ignore-scripts --silent
	@touch $@

$(DIST): $(MODULES) $(SOURCES)
	@cd frontend && $(WITH_NODE) node build.mjs
