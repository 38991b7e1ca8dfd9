.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.PHONY: help setup demo up down test lint fmt unit integration e2e faults conformance fuzz bench synth diagram generate package deploy lock clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
RUN := .venv/bin/python
# Two processes for the many tests; `make test WORKERS=1` runs them one after another.
WORKERS ?= 2
PYTEST := $(RUN) -m pytest -q
IN_WORKERS = $(if $(filter-out 1,$(WORKERS)),-n $(WORKERS))
READY := .venv/.ready

COMPILE := UV_SYSTEM_CERTS=1 .venv/bin/uv pip compile -q --python-version 3.11 --generate-hashes --no-header \
  --no-emit-index-url --no-emit-find-links
# Wheels for Glue are of dev.lock's versions, but for what Glue has itself.
GLUE_HAS := requirements/glue-5.1.txt
ALL_OF_DEV = sed -n 's/^\([a-z0-9.-]*==[^ ]*\).*/\1/p' requirements/dev.lock
REST_OF_DEV = $(ALL_OF_DEV) | grep -vf <(sed -n 's/==.*/==/p' $(GLUE_HAS) | sed 's/^/^/')

STAGE ?= dev
SEED ?= 1
N ?= 50000
KILLS ?= 200
SECONDS ?= 60
FILES = $(if $(EVENTS),--events "$(EVENTS)") $(if $(ITEMS),--items "$(ITEMS)") $(if $(USERS),--users "$(USERS)")

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Create .venv with everything in it, locked; seconds when nothing changed

# The machine's own certificate store is trusted, so that a company's proxy works too.
$(READY): requirements/bootstrap.lock requirements/dev.lock requirements/movielens.lock pyproject.toml $(wildcard contract/c/*)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
	  || { echo "clickstream needs Python 3.11, as AWS Glue 5.1 has. Found: $$($(PYTHON) --version). Try: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "setting up .venv (about a minute, once)"
	@test -x .venv/bin/pip || $(PYTHON) -m venv --clear .venv \
	  || { echo "python3.11 lacks its venv module; on Debian or Ubuntu: apt install python3.11-venv"; exit 1; }
	@.venv/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	@UV_SYSTEM_CERTS=1 .venv/bin/uv pip sync -q --python $(RUN) --require-hashes requirements/bootstrap.lock requirements/dev.lock
	@.venv/bin/uv pip install -q --python $(RUN) --offline --no-deps --no-build-isolation --editable .
	@UV_SYSTEM_CERTS=1 .venv/bin/uv pip install -q --python $(RUN) --no-deps --require-hashes \
	  --target .venv/movielens -r requirements/movielens.lock
	@$(RUN) -m ziglang cc -O3 -Wall -Wextra -Werror -mcpu=baseline -shared -fPIC -o contract/_native.so.new contract/c/*.c
	@mv contract/_native.so.new contract/_native.so
	@touch $@

demo: $(READY) ## The whole way on this machine. SEED=1 N=50000, or your own: EVENTS=file.csv.gz ITEMS=… USERS=…
	@.venv/bin/clickstream demo --seed $(SEED) --n $(N) $(FILES)

up: $(READY) ## Start the local AWS endpoint, deploy to it, keep it running
	@$(RUN) -m infra.local up

down: $(READY) ## Stop the local AWS endpoint; its state stays
	@$(RUN) -m infra.local down

ifdef ENDPOINT
test: $(READY) ## All tests; ENDPOINT=http://… : those that any LocalStack-compatible endpoint passes, on that one
	ENDPOINT=$(ENDPOINT) $(PYTEST) tests/integration/endpoint
else
test: $(READY)
	$(PYTEST) $(IN_WORKERS) -m "unit or integration or e2e or faults"
endif

lint: $(READY) ## Check style and types, change nothing
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy .

fmt: $(READY) ## Format, and fix what can be fixed
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

unit: $(READY) ## Pure logic, seconds
	$(PYTEST) -m unit

integration: $(READY) ## One real technology at a time
	$(PYTEST) -m integration

e2e: $(READY) ## From a click to files for Personalize, on the local endpoint
	$(PYTEST) -m e2e

faults: $(READY) ## Kill, drop, duplicate; the ledger is the oracle. KILLS=200 of each (make test: 20), SECONDS=60 of overload (5)
	KILLS=$(KILLS) SECONDS=$(SECONDS) $(PYTEST) -m faults

conformance: $(READY) ## What AWS's own Java classes (KCL 1 and 2, its aggregator) make of our aggregates, and we of theirs; needs Maven
	@command -v mvn > /dev/null || { echo "Maven fetches AWS's Java classes; on Debian or Ubuntu: apt install maven"; exit 1; }
	@for kcl in 1 2; do mvn -q -B -f tests/java/kcl-$$kcl.xml org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies \
	  -Dmaven.repo.local=$(CURDIR)/build/m2 -DoutputDirectory=$(CURDIR)/build/kcl-$$kcl; done
	$(PYTEST) tests/java

fuzz: $(READY) ## Bytes of every kind to the reader of aggregates, led by coverage (atheris). SECONDS=60
	@$(RUN) -m tests.fuzz --seconds $(SECONDS)

bench: $(READY) ## Measure beside peers: all, or ONLY=codec, collector, consumer, durable, producer, realtime, events_job, files, recipes, personalize_local(_large)
	@$(RUN) -m tests.bench $(if $(ONLY),--only $(ONLY))

synth: $(READY) ## Render the CloudFormation templates of STAGE (dev, prod, local) into build/cdk/
	@$(RUN) -m infra.app --stage $(STAGE)

diagram: $(READY) ## Draw docs/architecture.png from the templates (needs Graphviz)
	@$(RUN) -m infra.app --stage dev
	@$(RUN) -m infra.diagram build/cdk/dev docs/architecture.png

generate: $(READY) ## Write again all that derives from the contract, and the page about the gate
	@$(RUN) -m contract.generate
	@$(RUN) -m glue_jobs.gate.page

package: $(READY) ## Build what AWS runs, into build/
	@$(RUN) -m infra.package

deploy: $(READY) package ## Deploy STAGE to the AWS account of your credentials (needs Node)
	npx aws-cdk@2 deploy --all --app "$(RUN) -m infra.app --stage $(STAGE)"

lock: $(READY) ## Resolve requirements/*.in again into the locks
	@for name in bootstrap dev; do $(COMPILE) requirements/$$name.in -o requirements/$$name.lock; done
	@$(COMPILE) --no-deps requirements/movielens.in -o requirements/movielens.lock
	@$(COMPILE) --constraints <($(ALL_OF_DEV) | grep -v '^boto') requirements/peers.in -o requirements/peers.lock
	@$(COMPILE) --no-annotate --python-platform x86_64-manylinux_2_28 --only-binary :all: \
	  --constraints $(GLUE_HAS) --constraints <($(REST_OF_DEV)) \
	  $$(sed -n 's/==.*//p' $(GLUE_HAS) | sed 's/^/--no-emit-package /') requirements/glue.in -o requirements/glue.lock
	@for name in lambda audit; do $(subst 3.11,3.12,$(COMPILE)) --no-annotate --python-platform x86_64-manylinux_2_28 \
	  --only-binary :all: --constraints <($(ALL_OF_DEV)) requirements/$$name.in -o requirements/$$name.lock; done
	@$(COMPILE) --no-annotate --python-platform x86_64-manylinux_2_28 --only-binary :all: \
	  --constraints <($(ALL_OF_DEV)) requirements/collector.in -o requirements/collector.lock

clean: ## Remove what was built; .venv and .local stay
	@rm -rf build cdk.out* .pytest_cache .mypy_cache .ruff_cache .hypothesis spark-warehouse
