.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv/bin
SAM := AWS_DEFAULT_REGION=eu-west-1 SAM_CLI_TELEMETRY=0 .venv-sam/bin/sam
# One worker for each core. Workers, and the servers that tests start, share byte code, which saves 6 s of CPU in each.
PYTEST := PYTHONDONTWRITEBYTECODE= $(VENV)/pytest -q -n auto --dist worksteal
# The tests that draw random examples.
EXPLORING := tests/property tests/unit tests/conformance/test_openapi.py tests/registry/importer/test_import_properties.py \
	tests/registry/importer/test_import_partial_properties.py
DYNAMODB_LOCAL := .local/dynamodb-local/fetched.stamp
OIDC_PROVIDER := bench/peers/node_modules/installed.stamp
AXE := tests/browser/node_modules/installed.stamp
BENCH := PYTHONPATH=bench:tests $(VENV)/python
# $(call measure,warm) runs bench/warm.py with the options of `make bench`.
measure = @$(BENCH) bench/$(1).py $(QUICK) $(if $(JSON),--json $(JSON)/$(1).json)
# The artifacts contain native code for one processor: this machine's, unless ARCH names another.
ARCH ?= $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)

# The section of samconfig.toml that `make build` and `make deploy` use.
ENV = default

# On a machine without a Docker engine: a command that starts one and runs its arguments.
WITH_DOCKER ?= $(wildcard ../shared/tools/with-docker)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: .venv/run.stamp ## serve the API on this machine with a demo registry (PORT=3000)
	@./dci serve

.PHONY: setup
setup: .venv/run.stamp ## install the dependencies of `make run` and `./dci`

.PHONY: openspp
openspp: .venv/run.stamp ## install what `./dci registry follow openspp` needs besides: psycopg, whose licence is LGPL
	@scripts/uv pip install -q --require-hashes --python .venv/bin/python -r requirements/openspp.txt

.PHONY: test
test: .venv/dev.stamp ## run the tests without the exhaustive ones, or only TESTS=tests/unit (no network, Docker, Java or PostgreSQL)
	@$(PYTEST) -m "not dynamodb_local and not exhaustive and not browser and not postgres" --ignore tests/build $(TESTS)

# All checks, in this order: the artifacts are built before they are tested and measured.
CHECKS := lint types test validate build cover browser deployed containers bench
# The README's command comes first.
CI_STAGES := test prove-setup $(filter-out test,$(CHECKS))

.PHONY: check
check: export QUICK := --quick
check: ## run all checks, as CI does, and print the seconds of each stage
	@scripts/stages $(CHECKS)

.PHONY: ci
ci: export QUICK := --quick
ci:
	@scripts/stages $(CI_STAGES)

.PHONY: prove-setup
prove-setup: ## test the set-up in a new clone, with empty caches and an old pip
	@scripts/prove-setup

.PHONY: lint
lint: .venv/dev.stamp
	$(VENV)/ruff format --check
	$(VENV)/ruff check
	$(VENV)/python scripts/dead-code
	scripts/lock --check

.PHONY: types
types: .venv/dev.stamp
	$(VENV)/mypy

.PHONY: validate
validate: .venv-sam/sam.stamp .venv-checkov/checkov.stamp
	@$(SAM) validate --lint
	@.venv-sam/bin/cfn-lint template.yaml infra/*.yaml # SAM does not look into nested templates
	@.venv-checkov/bin/checkov --config-file .checkov.yaml

.PHONY: build
build: .venv-sam/sam.stamp ## build the deployment's artifacts with SAM (ARCH=arm64 or x86_64, ENV as in make deploy)
	@python=$$(scripts/python313) && PATH="$$(dirname "$$python"):$$PATH" && export PATH && \
	  UV="$(CURDIR)/scripts/uv" ARCH=$(ARCH) PYTHON313="$$python" $(SAM) build --parameter-overrides Architecture=$(ARCH) && \
	  scripts/finish-build "$$python" "$(ENV)" $(ARCH)

.PHONY: test-build
test-build: build .venv/dev.stamp ## test the deployment's artifacts
	@DCI_BUILT=1 ARCH=$(ARCH) $(VENV)/pytest -q tests/build

# Builds for the template's default processor, whatever processor this machine has.
.PHONY: deploy
deploy: ARCH := $(if $(filter file,$(origin ARCH)),arm64,$(ARCH))
deploy: .venv/run.stamp ## deploy to AWS (ENV=default names the section of samconfig.toml)
	@$(VENV)/python -m dci_cli.deploy "$(ENV)" # before the build, which takes a minute
	@$(MAKE) --no-print-directory build ARCH=$(ARCH)
	@SAM_CLI_TELEMETRY=0 $(VENV)/python -m dci_cli.deploy .venv-sam/bin/sam $(ARCH) "$(ENV)"

.PHONY: sam-local
sam-local: build .venv/dev.stamp ## serve the API from real Lambda containers (needs Docker and Java; PORT=3000)
	@$(VENV)/python -m dci_cli.local.sam_local .local/credentials.json

# Run `make build` first.
.PHONY: deployed
deployed: .venv/dev.stamp .venv-sam/sam.stamp .venv-ministack/ministack.stamp ## deploy the artifacts to an emulator of AWS, and test the stack
	@$(VENV)/pytest -q tests/deployed

# Run `make build` first. It is not a prerequisite, so that this target needs no package index.
.PHONY: e2e
e2e: .venv/dev.stamp .venv-sam/sam.stamp $(DYNAMODB_LOCAL) ## test the artifacts in real Lambda containers (needs Docker and Java)
	@$(VENV)/pytest -q tests/e2e

# Run `make build` first. Uses WITH_DOCKER if it is set, else the machine's own Docker engine.
.PHONY: containers
containers: .venv/dev.stamp .venv-sam/sam.stamp $(DYNAMODB_LOCAL)
	@if [ -n "$(WITH_DOCKER)" ] || docker version >/dev/null 2>&1; then $(WITH_DOCKER) $(MAKE) e2e bench-e2e QUICK=$(QUICK); \
	  else echo "tests/e2e and bench-e2e did not run: no Docker engine answers, and WITH_DOCKER is not set." >&2; fi

# All tests, with those that `make test` leaves out, on DynamoDB Local and with npm's OpenID provider, with more examples and coverage.
.PHONY: cover
cover: .venv/dev.stamp $(DYNAMODB_LOCAL) $(OIDC_PROVIDER)
	DCI_TEST_ENGINE=dynamodb-local DCI_BUILT=1 DCI_TEST_EXAMPLES=200 $(PYTEST) -m "not browser" --cov

# A stage of its own: a browser beside the other tests would slow both, and Playwright's event loop runs as long as they do.
.PHONY: browser
browser: .venv/dev.stamp $(DYNAMODB_LOCAL) $(AXE) ## test the console in Chromium, or only TESTS=tests/browser/test_sign_in.py
	@$(PYTEST) -m browser $(or $(TESTS),tests/browser)

# Run it after changes of the tested code: ten times the examples of `make check`, on both engines.
.PHONY: exhaustive
exhaustive: .venv/dev.stamp $(DYNAMODB_LOCAL) ## run property tests with 2,000 examples each, on each engine
	DCI_TEST_EXAMPLES=2000 $(PYTEST) $(EXPLORING)
	DCI_TEST_ENGINE=dynamodb-local DCI_TEST_EXAMPLES=2000 $(PYTEST) $(EXPLORING)

$(DYNAMODB_LOCAL): cli/dci_cli/local/dynamodb_local.py | .venv/dev.stamp
	@$(VENV)/python -c \
	  'import pathlib; from dci_cli.local import dynamodb_local as engine; engine.fetch(pathlib.Path("$(@D)"))'
	@touch $@

.PHONY: bench
bench: bench-warm bench-cold bench-token bench-exchange bench-changes bench-audit bench-peers bench-search bench-registry bench-openspp ## run all benchmarks, after make build (QUICK=--quick, JSON=folder)

.PHONY: cost
cost: .venv/dev.stamp ## print what a deployment costs a month, and a million searches
	@$(BENCH) bench/cost.py

.PHONY: scale
scale: .venv/dev.stamp ## print what a registry of 1 to 100 million people needs, and which limits it meets
	@$(BENCH) bench/scale.py

.PHONY: bench-warm
bench-warm: .venv/dev.stamp ## measure warm functions: CPU, calls, read units, memory
	$(call measure,warm)

.PHONY: bench-cold
bench-cold: .venv/dev.stamp ## measure cold functions, after make build
	$(call measure,cold_start)

.PHONY: bench-token
bench-token: .venv/dev.stamp ## measure tokens, for each authentication method: CPU and calls
	$(call measure,tokens)

.PHONY: bench-exchange
bench-exchange: .venv/dev.stamp ## measure asynchronous exchange: an acknowledgement, and a million records
	$(call measure,exchange)

.PHONY: bench-changes
bench-changes: .venv/dev.stamp ## measure changes of the registry: with subscriptions by identifier, and by condition
	$(call measure,changes)

.PHONY: bench-peers
bench-peers: .venv/dev.stamp .venv-peers/peers.stamp ## measure a search by id and a token beside other servers (needs PostgreSQL and npm)
	$(call measure,peers/compare)

.PHONY: bench-audit
bench-audit: .venv/dev.stamp ## count what one person's history costs, among 10,000 and a million disclosures
	$(call measure,audit)

.PHONY: bench-search
bench-search: .venv/dev.stamp $(DYNAMODB_LOCAL) ## measure searches (BENCH_PEOPLE=10000,50000,200000)
	$(call measure,search)

.PHONY: bench-registry
bench-registry: .venv/dev.stamp .venv-peers/peers.stamp $(DYNAMODB_LOCAL) ## measure imports and generated data
	$(call measure,registry_import)
	$(call measure,registry_changes)
	$(call measure,registry_s3)

.PHONY: bench-openspp
bench-openspp: .venv/dev.stamp ## measure the reading of OpenSPP's database (needs PostgreSQL)
	$(call measure,openspp_read)

.PHONY: bench-e2e
bench-e2e: .venv/dev.stamp .venv-sam/sam.stamp $(DYNAMODB_LOCAL) ## measure concurrent clients in real Lambda containers, after make build
	$(call measure,containers)

.PHONY: screenshots
screenshots: .venv/dev.stamp ## take the pictures of the console that the README shows (needs Chromium)
	@PYTHONPATH=tests $(VENV)/python scripts/screenshots

.PHONY: wheel
wheel: .venv/dev.stamp ## build the command line's wheel, for `pip install`, in dist/
	@$(VENV)/hatchling build -t wheel -d dist

.PHONY: lock
lock: .venv/dev.stamp ## lock the newest versions that pyproject.toml allows, and of DynamoDB Local (needs npm)
	scripts/lock --upgrade

.PHONY: openapi
openapi: .venv/dev.stamp ## generate the OpenAPI description from the models, and the Postman collection from it
	@$(VENV)/python -m dci_cli.openapi.document >console/docs/openapi.json.part
	@mv console/docs/openapi.json.part console/docs/openapi.json
	@$(VENV)/python -m dci_cli.openapi.postman >examples/postman_collection.json.part
	@mv examples/postman_collection.json.part examples/postman_collection.json

.PHONY: clean
clean: ## remove environments, artifacts and caches
	rm -rf $(ENVIRONMENTS) bench/peers/node_modules tests/browser/node_modules .aws-sam .local dist .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Each environment contains exactly the packages of its lock file. uv installs them. uv itself has an environment of its
# own, where the pip that comes with Python installs it; any version of pip can do that.
ENVIRONMENTS := .venv .venv-uv .venv-sam .venv-checkov .venv-ministack .venv-peers
# An environment whose Python was removed from the machine is created again.
$(shell for environment in $(ENVIRONMENTS); do [ -x $$environment/bin/python ] || rm -f $$environment/*.stamp; done)
$(patsubst %,%/bin/python,$(filter-out .venv-ministack,$(ENVIRONMENTS))):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Python 3.11 or later is needed, $(PYTHON) is not: try make $(MAKECMDGOALS) PYTHON=python3.13" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "$(PYTHON) lacks its module venv: install it (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }
	@echo "Setting up $(@:/bin/python=) ..."
	@$(PYTHON) -m venv --clear $(if $(filter .venv-uv/%,$@),,--without-pip) $(@:/bin/python=) || \
	  { rm -rf $(@:/bin/python=); exit 1; }

.venv-uv/uv.stamp: requirements/uv.txt | .venv-uv/bin/python
	@.venv-uv/bin/python -m pip install -q --disable-pip-version-check --no-deps --only-binary :all: --require-hashes -r $<
	@touch $@

# $(call sync,.venv,dev) installs exactly requirements/dev.txt in the environment .venv.
sync = @scripts/uv pip sync -q --require-hashes --python $(1)/bin/python requirements/$(2).txt

# Puts the packages of this checkout, which pyproject.toml lists, on the path of .venv.
.venv/sources.stamp: pyproject.toml scripts/link-sources | .venv/bin/python
	@scripts/link-sources .venv/bin/python
	@touch $@

.venv/run.stamp .venv/dev.stamp: | .venv/sources.stamp

# `make run` and `make test` share .venv. Once the tests' packages are installed, `make run` keeps them.
.venv/run.stamp: requirements/run.txt .venv-uv/uv.stamp | .venv/bin/python
	$(call sync,.venv,$(if $(wildcard .venv/dev.stamp),dev,run))
	@touch $@

.venv/dev.stamp: requirements/dev.txt .venv-uv/uv.stamp | .venv/bin/python
	$(call sync,.venv,dev)
	@touch $@ .venv/run.stamp

# SAM and checkov need other versions of the functions' dependencies, so each has its own environment.
.venv-checkov/checkov.stamp: requirements/checkov.txt .venv-uv/uv.stamp | .venv-checkov/bin/python
	$(call sync,.venv-checkov,checkov)
	@touch $@

# The servers that bench/peers compares with, an npm package among them.
.venv-peers/peers.stamp: requirements/peers.txt $(OIDC_PROVIDER) .venv-uv/uv.stamp | .venv-peers/bin/python
	$(call sync,.venv-peers,peers)
	@touch $@

# npm's OpenID provider, which the tests sign in at too.
$(OIDC_PROVIDER): bench/peers/package-lock.json
	@cd bench/peers && npm ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@

# The emulator runs the artifacts with its own Python.
.venv-ministack/bin/python: | .venv-uv/bin/python
	@echo "Setting up .venv-ministack ..."
	@python=$$(scripts/python313) && "$$python" -m venv --clear --without-pip .venv-ministack

.venv-ministack/ministack.stamp: requirements/ministack.txt .venv-uv/uv.stamp | .venv-ministack/bin/python
	$(call sync,.venv-ministack,ministack)
	@touch $@

# axe, with which the tests of the console look for what assistive technologies would stumble over.
$(AXE): tests/browser/package-lock.json
	@cd tests/browser && npm ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@

.venv-sam/sam.stamp: requirements/sam.txt .venv-uv/uv.stamp | .venv-sam/bin/python
	$(call sync,.venv-sam,sam)
	@touch $@
