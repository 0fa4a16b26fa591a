.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv/bin
SAM := .venv-sam/bin/sam
# sam build wants the runtime's own Python on PATH.
PYTHON313 ?= $(shell command -v python3.13 2>/dev/null || echo "$$(pyenv prefix 3.13.0 2>/dev/null)/bin/python3.13")
BUILD_ENV := PATH="$(dir $(PYTHON313)):$$PATH" AWS_DEFAULT_REGION=eu-west-1 SAM_CLI_TELEMETRY=0
SOURCES := layers functions cli tests

.PHONY: help
help: ## show what can be made
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1 \2/p' $(MAKEFILE_LIST) | awk '{printf "  %s %-10s", $$1, $$2; $$1=$$2=""; print}'

.PHONY: run
run: .venv/run.stamp ## serve the API on this machine with a demo registry (PORT=3000)
	@./dci serve

.PHONY: setup
setup: .venv/run.stamp ## install what running needs

.PHONY: test
test: .venv/dev.stamp ## run the tests (no network, no Docker, no Java)
	@$(VENV)/pytest -q -m "not dynamodb_local"

.PHONY: check
check: lint types cover second-engine validate build artifacts ## run all that must hold, as CI does

.PHONY: lint
lint: .venv/dev.stamp
	$(VENV)/ruff format --check $(SOURCES)
	$(VENV)/ruff check $(SOURCES)
	$(MAKE) --no-print-directory check-lock

.PHONY: types
types: .venv/dev.stamp
	$(VENV)/mypy $(SOURCES)

.PHONY: cover
cover: .venv/dev.stamp
	$(VENV)/pytest -q -m "not dynamodb_local" --cov --cov-branch

.PHONY: second-engine
second-engine: .venv/dev.stamp
	$(VENV)/pytest -q -m dynamodb_local tests/integration
	DCI_TEST_ENGINE=dynamodb-local $(VENV)/pytest -q tests/functional tests/property tests/security

.PHONY: validate
validate: .venv-sam/sam.stamp
	$(BUILD_ENV) $(SAM) validate --lint

.PHONY: build
build: .venv-sam/sam.stamp ## build the deployment's artifacts with SAM
	$(BUILD_ENV) $(SAM) build

.PHONY: artifacts
artifacts: .venv/dev.stamp
	DCI_BUILT=1 $(VENV)/pytest -q tests/build

.PHONY: lock
lock: .venv/dev.stamp ## pin the newest versions that pyproject.toml allows
	scripts/lock --upgrade

.PHONY: check-lock
check-lock: .venv/dev.stamp
	@scripts/lock --check

.PHONY: clean
clean: ## remove what was installed, built and cached
	rm -rf .venv .venv-sam .aws-sam .local .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One environment, which running and testing fill as far as each needs.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed, $(PYTHON) is not: try make $(MAKECMDGOALS) PYTHON=python3.13" >&2; exit 1; }
	@echo "Setting up .venv ..." && $(PYTHON) -m venv .venv

.venv/run.stamp: .venv/bin/python requirements/run.txt
	@$(VENV)/pip install -q --disable-pip-version-check --require-hashes -r requirements/run.txt
	@touch $@

.venv/dev.stamp: .venv/bin/python requirements/dev.txt
	@$(VENV)/pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@ .venv/run.stamp

# SAM pins another boto3, so it lives apart.
.venv-sam/sam.stamp: requirements/sam.txt
	@$(PYTHON) -m venv .venv-sam
	@.venv-sam/bin/pip install -q --disable-pip-version-check -r requirements/sam.txt
	@touch $@
