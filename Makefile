# Everything a newcomer or a maintainer runs. `make` alone lists the targets.
# Steps that are already done (the environment, the console) are skipped, so a second run needs no network.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help install dev up test lint format pytest chaos bench bench-peers bench-flows wheel lock clean

# The first Python that is new enough. Running it is the test: a name on the PATH may be an empty shim.
ifndef PYTHON
PYTHON := $(shell for python in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
endif
BIN := .venv/bin
ARGS ?=

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | while IFS='|' read -r name text; do \
		printf '%-18s %s\n' "$$name" "$$text"; done

.PHONY: python
python:
	@test -n "$(PYTHON)" || { echo "Holdfast needs Python 3.11 or newer, and none is on the PATH." >&2; exit 1; }

install: python ## Make .venv with the holdfast command, and the console if npm is there
	@$(PYTHON) -m scripts.environment

dev: python
	@$(PYTHON) -m scripts.environment --dev

up: install ## Install, then start Holdfast with the sample workflows (ARGS="--port 9000" passes options)
	@exec $(BIN)/holdfast up --samples $(ARGS)

test: lint pytest ## Install what the tests need, then run the whole gate

lint: dev ## Check style, types, the dependency rule and the console's sources
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m scripts.console --check

# Tests wait for processes and disks about a third of their time, so three processes keep two cores busy.
TESTERS := import os; print(max(2, min(6, (os.cpu_count() or 2) * 3 // 2)))

pytest: dev ## Run the tests alone (ARGS="tests/model -k retry" picks some)
	$(BIN)/python -m pytest --numprocesses=$$($(BIN)/python -c "$(TESTERS)") $(ARGS)

chaos: dev ## Run the long kill-and-restart tests
	$(BIN)/python -m pytest -m chaos $(ARGS)

bench: dev ## Measure speed on both stores (ARGS="drain --store sqlite" picks some; docs/benchmarks.md)
	$(BIN)/python -m bench $(ARGS)

bench-peers: dev ## Measure other job systems beside ours (ARGS="--only pgqueuer" picks some)
	$(BIN)/python -m bench.peers $(ARGS)

bench-flows: dev ## Measure other workflow systems beside ours
	$(BIN)/python -m bench.peers.flows $(ARGS)

format: dev ## Rewrite the sources in the project's style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

wheel: dev ## Build the wheel and the sdist into dist/
	$(BIN)/hatchling build

COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --custom-compile-command "make lock" pyproject.toml --group build

lock: ## Choose the locked versions anew from pyproject.toml (needs uv; ARGS="--upgrade" takes the newest)
	$(COMPILE) $(ARGS) --output-file requirements.lock
	$(COMPILE) $(ARGS) --group dev --constraints requirements.lock --output-file requirements-dev.lock

clean: ## Remove everything that was made here, but not your data in .holdfast/
	rm -rf .venv .cache .bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build \
		web/node_modules src/holdfast/console
	find src tests bench scripts -name __pycache__ -type d -prune -exec rm -rf {} +
