.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.PHONY: help setup demo up down test lint fmt unit integration e2e faults bench synth diagram package deploy lock clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
RUN := .venv/bin/python
PYTEST := $(RUN) -m pytest
READY := .venv/.ready

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Create .venv with everything in it, locked; seconds when nothing changed

# The machine's own certificate store is trusted, so that a company's proxy works too.
$(READY): requirements/bootstrap.lock requirements/dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
	  || { echo "clickstream needs Python 3.11, as AWS Glue 5.1 has. Found: $$($(PYTHON) --version). Try: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "setting up .venv (about a minute, once)"
	@test -x .venv/bin/pip || $(PYTHON) -m venv --clear .venv \
	  || { echo "python3.11 lacks its venv module; on Debian or Ubuntu: apt install python3.11-venv"; exit 1; }
	@.venv/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	@UV_SYSTEM_CERTS=1 .venv/bin/uv pip sync -q --python .venv/bin/python --require-hashes requirements/bootstrap.lock requirements/dev.lock
	@touch $@

lock: ## Resolve requirements/*.in again into the locks
	@for name in bootstrap dev; do $(RUN) -m uv pip compile -q --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --no-emit-find-links requirements/$$name.in -o requirements/$$name.lock; done
