# Everything runs in .venv, which the first command makes from the pinned requirements.
SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv
PYTHON := $(VENV)/bin/python
READY := $(VENV)/.ready
PACKAGES := $(wildcard chassis contracts services gateway devservers launcher benchmarks tests)
# The tools in .venv come before those of the machine.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PYTHONPATH := $(CURDIR)
COMPILE := pip-compile --quiet --no-config --no-header --no-annotate --strip-extras --generate-hashes \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --unsafe-package rockpool

.PHONY: help
help: ## Show this list.
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: up
up: $(READY) ## Run the whole suite in the foreground; Ctrl-C stops it.
	@$(PYTHON) -m launcher up

.PHONY: start
start: $(READY) ## The same in the background; ends when the suite is ready.
	@$(PYTHON) -m launcher start

.PHONY: down
down: $(READY) ## Stop the suite.
	@$(PYTHON) -m launcher down

.PHONY: status
status: $(READY) ## Show what runs, since when, on which port, and whether it is well.
	@$(PYTHON) -m launcher status

.PHONY: logs
logs: $(READY) ## Follow the logs; service=customers shows one service only.
	@$(PYTHON) -m launcher logs $(service)

.PHONY: demo
demo: $(READY) ## Fill the running suite with a believable company.
	@$(PYTHON) -m launcher demo

# Tests of running programs wait most of the time, so they run beside the others.
PROGRAMS := $(addprefix tests/,e2e resilience gateway launcher deploy devservers)

.PHONY: test test-programs test-parts
test: $(READY) ## Run all tests on servers of their own, in two halves; tests=tests/chassis picks some.
ifdef tests
	$(PYTHON) -m pytest $(tests)
else
	@$(MAKE) --no-print-directory --jobs=2 --keep-going test-programs test-parts
endif

test-programs test-parts: SHELL := /bin/bash -o pipefail
test-programs: $(READY)
	@PYTHONUNBUFFERED=1 $(PYTHON) -m pytest $(PROGRAMS) 2>&1 | sed -u 's/^/programs | /'

test-parts: $(READY)
	@PYTHONUNBUFFERED=1 $(PYTHON) -m pytest tests $(addprefix --ignore=,$(PROGRAMS)) 2>&1 | sed -u 's/^/parts    | /'

.PHONY: fuzz
fuzz: $(READY) ## Try every operation of the running gateway, and who is told what, with many generated requests; seed=7 repeats a run.
	FUZZ_SEED=$(seed) NON_INTERFERENCE_SEED=$(seed) $(PYTHON) -m pytest -m fuzz tests/e2e/test_schemathesis.py tests/policy

.PHONY: faults
faults: $(READY) ## Of the tests only those that kill every part under load and count what was lost.
	$(PYTHON) -m pytest tests/resilience

.PHONY: lint style format types imports
lint: style format types imports ## Check style, format, types and import rules.

style: $(READY)
	ruff check .

format: $(READY)
	ruff format --check .

types: $(READY) ## Check types only.
	mypy $(PACKAGES)

imports: $(READY)
	lint-imports

.PHONY: fmt
fmt: $(READY) ## Put code into the one format and repair what can be repaired.
	ruff check --fix-only --quiet .
	ruff format .

.PHONY: bench
bench: $(READY) ## Measure the suite against its floors.
	$(PYTHON) -m benchmarks

.PHONY: openapi
openapi: $(READY) ## Write docs/api/openapi.json anew from what the services describe.
	@mkdir -p docs/api
	$(PYTHON) -m gateway.openapi --write docs/api/openapi.json

.PHONY: lock
lock: $(READY) ## Pin the newest allowed versions, with the hashes of the public registry.
	PIP_CONFIG_FILE=/dev/null PIP_FIND_LINKS= $(COMPILE) --upgrade --extra all --output-file requirements.lock pyproject.toml
	PIP_CONFIG_FILE=/dev/null PIP_FIND_LINKS= $(COMPILE) --upgrade --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml
	sed -i '/^# WARNING: The following packages were not pinned/,$$d' requirements.lock requirements-dev.lock
	@touch $(READY)

$(READY): requirements-dev.lock requirements-data.lock launcher/make-venv
	@launcher/make-venv $(VENV) requirements-dev.lock
	@$(VENV)/bin/python -m pip install --quiet --quiet --no-deps --require-hashes --requirement requirements-data.lock
	@touch $(READY)
