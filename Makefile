# Everything a newcomer or a maintainer runs. `make` alone lists the targets.
# Steps that are already done (the environment, the console) are skipped, so a second run needs no network.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help install dev up test test-browser screenshots lint format pytest chaos audit bench bench-peers bench-flows wheel lock clean
.PHONY: start scale ps logs down start-dev start-worker-dev docker-env docker-prod docker-scale docker-logs-api
.PHONY: docker-logs-worker docker-ps docker-down docker-dev docker-logs-dev docker-down-dev

# The first Python that is new enough. Running it is the test: a name on the PATH may be an empty shim.
ifndef PYTHON
PYTHON := $(shell for python in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
endif
# The tests start hundreds of processes: without kept bytecode each would compile all of Holdfast anew.
unexport PYTHONDONTWRITEBYTECODE
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
	@$(MAKE) --no-print-directory --jobs=2 lint-python lint-console test-console

.PHONY: lint-python lint-console test-console
lint-python: dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

lint-console: dev
	$(BIN)/python -m scripts.console --check
	$(BIN)/python -m scripts.api_types --check

test-console: dev
	$(BIN)/python -m scripts.console --test

# Tests wait for processes and disks about a third of their time, so three processes keep two cores busy.
TESTERS := import os; print(max(2, min(6, (os.cpu_count() or 2) * 3 // 2)))

pytest: dev ## Run the tests alone (ARGS="tests/model -k retry" picks some)
	$(BIN)/python -m pytest --numprocesses=$$($(BIN)/python -c "$(TESTERS)") $(ARGS)

test-browser: dev ## Run the console's tests in a real browser (Chromium, installed where apt-get can do it)
	@$(BIN)/python -m scripts.chromium
	$(BIN)/python -m pytest -m 'browser and not chaos' tests/browser --numprocesses=2 $(ARGS)

screenshots: dev ## Renew the pictures in docs/images
	@$(BIN)/python -m scripts.chromium
	$(BIN)/python -m tests.browser.screenshots $(ARGS)

chaos: dev ## Run the long kill-and-restart tests, faults and storms, and the property tests at full length
	HOLDFAST_TEST_EXAMPLES=1 $(BIN)/python -m pytest -m 'chaos and not browser' $(ARGS)
	@$(BIN)/python -m scripts.chromium
	$(BIN)/python -m pytest -m 'browser and chaos' tests/browser $(ARGS)
	HOLDFAST_TEST_EXAMPLES=1 $(BIN)/python -m pytest tests/model tests/sdk/test_workflow_round_trips.py tests/engine/test_matching.py

audit: python ## Ask whether known advisories name what is locked (needs PyPI and npm; ARGS="--strict": an answer, too)
	@$(PYTHON) -m scripts.audit $(ARGS)

bench: dev ## Measure speed on both stores (ARGS="drain --store sqlite" picks some; docs/benchmarks.md)
	$(BIN)/python -m bench $(ARGS)

bench-peers: dev ## Measure other job systems beside ours (ARGS="--only pgqueuer" picks some)
	$(BIN)/python -m bench.peers $(ARGS)

bench-flows: dev ## Measure other workflow systems beside ours
	$(BIN)/python -m bench.peers.flows $(ARGS)

# -- several processes of this machine, in the background; their logs are in .holdfast/processes --------------------------

LOCAL := $(BIN)/python -m scripts.local
N ?= 1

start: install ## Start a server and a worker in the background
	@$(LOCAL) start

scale: install ## Run N workers in the background (make scale N=5)
	@$(LOCAL) scale $(N)

ps: install ## Show what runs in the background
	@$(LOCAL) ps

logs: install ## Print the last lines of its logs (ARGS="--follow", ARGS="worker")
	@$(LOCAL) logs $(ARGS)

down: install ## Stop what was started in the background, and nothing else
	@$(LOCAL) down

start-dev: install ## Start a server here that starts anew when a source changes
	@exec $(BIN)/python -m scripts.reload --watch src -- $(BIN)/holdfast server $(ARGS)

start-worker-dev: install ## Start a worker here that starts anew when a source changes
	@exec $(BIN)/python -m scripts.reload --watch src -- $(BIN)/holdfast worker $(ARGS)

# -- containers (docs/deployment.md) --------------------------------------------------------------------------------------

.PHONY: docker-compose
docker-compose:
	@docker compose version >/dev/null 2>&1 || \
		{ echo "Docker Compose isn't installed: https://docs.docker.com/compose/install/" >&2; exit 1; }

COMPOSE := docker compose --file deploy/compose.yaml
COMPOSE_DEV := docker compose --file deploy/compose.dev.yaml

docker-env: python ## Write deploy/env/*.env with fresh secrets, where they are missing
	@$(PYTHON) -m scripts.docker_env

docker-prod: docker-compose docker-env ## Build the image and start everything in containers
	$(COMPOSE) up --build --detach $(ARGS)

docker-scale: docker-compose ## Run N worker containers (make docker-scale N=5)
	$(COMPOSE) up --detach --no-recreate --scale worker=$(N)

docker-logs-api: docker-compose ## Follow the server's logs
	$(COMPOSE) logs --follow --tail 100 server

docker-logs-worker: docker-compose ## Follow the workers' logs
	$(COMPOSE) logs --follow --tail 100 worker

docker-ps: docker-compose ## Show the containers
	$(COMPOSE) ps --all

docker-down: docker-compose ## Stop the containers; the data stays (ARGS="--volumes" deletes it)
	$(COMPOSE) down $(ARGS)

docker-dev: docker-compose ## Start it in containers for development: reload, mailbox, consoles
	$(COMPOSE_DEV) up --build $(ARGS)

docker-logs-dev: docker-compose ## Follow the logs of the development containers
	$(COMPOSE_DEV) logs --follow --tail 100

docker-down-dev: docker-compose ## Stop the development containers
	$(COMPOSE_DEV) down $(ARGS)

format: dev ## Rewrite the sources in the project's style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

wheel: dev ## Build the wheel and the sdist into dist/
	$(BIN)/hatchling build

COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --custom-compile-command "make lock"

lock: ## Choose the locked versions anew from pyproject.toml (needs uv; ARGS="--upgrade" takes the newest)
	$(COMPILE) pyproject.toml --group build $(ARGS) --output-file requirements.lock
	$(COMPILE) pyproject.toml --group build --group dev $(ARGS) --constraints requirements.lock --output-file requirements-dev.lock
	$(COMPILE) pyproject.toml --extra redis --extra code --extra ai --extra oidc --constraints requirements-dev.lock --output-file deploy/requirements.lock
	$(COMPILE) --group pyproject.toml:build --constraints requirements.lock --output-file deploy/requirements-build.lock

clean: ## Remove everything that was made here, but not your data in .holdfast/
	rm -rf .venv .cache .bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build \
		web/node_modules src/holdfast/console
	find src tests bench scripts -name __pycache__ -type d -prune -exec rm -rf {} +
