# Everything that people and CI start. `make` alone lists it.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
YEAR ?= 2027
PYTEST := $(BIN)/python -m pytest
LOCKED := --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

# A person's own PYTHONPATH or PYTHONHOME must not lead us to other packages than the locked ones.
unexport PYTHONPATH PYTHONHOME

.PHONY: help setup run stop clean-data servers migrate test test-stored long check lint format types imports schema bill bench lock audit

help: ## List what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS='	' read -r name what; do printf '  make %-12s %s\n' "$$name" "$$what"; done

setup: ## Install what development needs, from the lock file
	@$(PYTHON) -m cli.install --dev

run: .installed ## Run the whole agency in the foreground (CITY=200000 people, PORT=8000, SEED=…)
	@$(BIN)/python -m cli run $(if $(CITY),--city $(CITY)) $(if $(PORT),--port $(PORT)) $(if $(SEED),--seed $(SEED))

stop: .installed ## Stop the agency that runs in another window
	@$(BIN)/python -m cli stop

clean-data: .installed ## Delete the demo city with its books and keys
	@$(BIN)/python -m cli clean

servers: .installed ## Run PostgreSQL and Valkey alone and print their addresses
	@$(BIN)/python -m cli servers

migrate: .installed ## Bring the database of DATABASE_URL to this release
	@$(BIN)/python -m cli migrate

# What speaks to PostgreSQL and Valkey; the rest does not depend on their releases.
STORED := tests/city tests/domain tests/faults tests/journey tests/workers \
	--ignore tests/domain/cleaning --ignore tests/domain/rules --ignore tests/domain/settlement

# Three at once on two cores: much of a test is waiting, for a server to start or for a beat to come.
test: setup ## Test, on a real PostgreSQL and a real Valkey that start by themselves
	$(PYTEST) -n 3 -m "not long"

test-stored: setup ## Test again what speaks to PostgreSQL and Valkey, for those of DATABASE_URL and REDIS_URL
	$(PYTEST) -n 3 -m "not long" $(STORED)

long: setup ## Test what takes minutes
	$(PYTEST) -n 2 -m long

check: setup lint imports types test ## Check everything that must hold before a change lands

lint: setup ## Check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: setup ## Put the code into its format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: setup ## Check types
	$(BIN)/basedpyright

imports: setup ## Check who may import whom
	$(BIN)/lint-imports

schema: setup ## Print the GraphQL schema into api/schema.graphql
	$(BIN)/python -m cli schema api/schema.graphql

bill: setup ## Measure the bills of a year for a whole city (YEAR=2027 CITY=1000000)
	$(BIN)/python -m benchmarks.bill --year $(YEAR) $(if $(CITY),--people $(CITY))

bench: setup ## Measure the resident's first document against one hand-written SQL statement
	$(BIN)/python -m benchmarks.home

# The locks hold the hashes of every file of a release, so that they serve every machine; they name no registry.
lock: setup ## Resolve the dependencies of pyproject.toml anew and lock them
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile $(LOCKED) --extra embedded -o requirements.lock pyproject.toml
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile $(LOCKED) --extra embedded --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml

# A tool with a place of its own, since it is no part of what it looks at. `--strict`: a service that does not know a part,
# or does not answer, is no all-clear. It needs the network; CI starts it where the advisories answer.
audit: ## Ask PyPI's advisories whether a hole is known in anything that is locked
	@[ -x .audit/bin/pip-audit ] || { $(PYTHON) -m venv .audit && .audit/bin/pip install --quiet pip-audit==2.10.1; }
	.audit/bin/pip-audit --strict --disable-pip --require-hashes -r requirements.lock
	.audit/bin/pip-audit --strict --disable-pip --require-hashes -r requirements-dev.lock

.PHONY: .installed
.installed:
	@$(PYTHON) -m cli.install
