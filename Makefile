# Everything a newcomer needs. `make run` alone is enough: it sets up what is missing first.
.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?=
ROUNDS ?= 20
ARGS ?=
# Each tester has servers of its own, so servers that are given have room for one.
TESTERS ?= $(if $(TRIMTAB_TEST_DATABASE_URL)$(TRIMTAB_TEST_REDIS_URL),0,auto)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help install run test lint format unit arch bench fault audit lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.installed ## Make the environment; the command is then .venv/bin/trimtab

run: install ## Start everything with demo data; Ctrl-C stops it
	@exec $(BIN)/trimtab up $(ARGS)

test: lint ## Run all checks and the whole test suite, servers included
	$(BIN)/python -m pytest --numprocesses $(TESTERS) --maxprocesses 4 --dist loadfile $(ARGS)

lint: $(VENV)/.installed-dev ## Check style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev ## Bring the code into the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

unit: $(VENV)/.installed-dev ## Run the tests that need no servers
	$(BIN)/python -m pytest tests/unit $(ARGS)

arch: $(VENV)/.installed-dev ## Check the layers and the packages
	$(BIN)/python -m pytest tests/architecture $(ARGS)

bench: $(VENV)/.installed-dev ## Measure; ARGS=--full for all of it
	$(BIN)/python -m tests.bench $(ARGS)

fault: $(VENV)/.installed-dev ## Kill processes at random under load; ROUNDS=n for how often
	TRIMTAB_TEST_FAULT_ROUNDS=$(ROUNDS) $(BIN)/python -m pytest -m fault $(ARGS)

audit: $(VENV)/.installed-dev ## Look up the pinned packages in the databases of advisories; needs the network
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --progress-spinner off \
		--requirement requirements.txt --requirement requirements-dev.txt $(ARGS)

lock: ## Work out requirements*.txt again (needs uv)
	.ci/lock

clean: ## Remove the environment and everything that can be made again; data stays
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# The stamps say which requirements are installed: a second run does nothing.
$(VENV)/.installed: requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing the packages of requirements.txt in $(VENV): this takes about a minute, once."
	@$(PIP) install --no-deps --require-hashes -r requirements.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@$(PIP) install --no-deps --require-hashes -r requirements-dev.txt
	@touch $@

$(BIN)/python:
	@.ci/make-venv $(VENV) $(PYTHON)
