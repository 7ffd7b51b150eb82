# make        set up the environment, run the study, print where the report is
# make test   set up the environment, run all checks and tests
# make help   the other verbs
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := report

PYTHON ?= python3
UV_VERSION := 0.13.9
CORES ?= 4
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: report test prove bench peers help setup example schemas images format clean

report: $(READY) ## set up, run the whole study, print the paths of the documents
	@$(BIN)/snakemake --cores $(CORES)
	@echo; echo "Report:"; ls results/report/*.html results/report/*.pdf results/report/*.docx | sed 's/^/  /'

test: $(READY) ## all checks (formatting, linting, types, schemas) and tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/snakefmt --check Snakefile workflow/rules
	@$(BIN)/mypy
	@$(BIN)/snakemake --lint
	@$(BIN)/python -m pytest -n 2 --dist loadfile

prove: $(READY) ## the full proofs: tampering, blanking, mutants, planted literals
	@$(BIN)/snakemake --cores $(CORES)
	@$(BIN)/trail check
	@$(BIN)/trail audit
	@$(BIN)/python -m tests.auditing.planting --literals 200
	@$(BIN)/trail census
	@$(BIN)/trail tamper --trials 1000 --seed 1
	@$(BIN)/trail blank
	@$(BIN)/trail mutate
	@for command in check diff claims verify census tamper "blank --trials 20"; do \
	  $(BIN)/trail $$command --control | tail -1; done
	@if Rscript --vanilla -e 'library(survey)' > /dev/null 2>&1; then $(BIN)/trail verify --engine r; \
	  else echo "trail verify --engine r: skipped, no R with the package survey"; fi
	@$(BIN)/python -m tests.statistics.conformance
	@$(BIN)/python -m tests.toolbox.agreement --firms 500
	@$(BIN)/python -m tests.toolbox.differencing
	@$(BIN)/python -m tests.statistics.published
	@SURVEYTRAIL_ALL_NUMBERS=1 $(BIN)/python -m pytest -q tests/reporting/test_reader.py

bench: $(READY) ## time the estimation core; prints ratios from one run
	@$(BIN)/python -m benchmarks

peers: $(READY) ## set up the packages that bench compares with, each in an environment of its own
	@for list in benchmarks/peers/*.txt; do name=$$(basename $$list .txt); \
	  $(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-peers/$$name && \
	  $(BIN)/uv pip install --quiet --python .venv-peers/$$name/bin/python -r $$list || exit 1; done

example: $(READY) ## link the data of the real example: make example DATA=path/to/folder
	@$(BIN)/python scripts/link_example.py masculinity "$(DATA)"
	@$(BIN)/snakemake --cores $(CORES) --directory examples/masculinity

schemas: $(READY) ## write the JSON schemas for editors from the typed models
	@$(BIN)/python scripts/write_schemas.py

images: $(READY) ## take the pictures of the documents for the docs, after a run
	@$(BIN)/python scripts/take_screenshots.py

format: $(READY) ## format Python and Snakemake files
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet . ; $(BIN)/snakefmt Snakefile workflow/rules

clean: ## remove results, keep the environment
	rm -rf results .snakemake examples/*/results examples/*/.snakemake

setup: $(READY) ## only set up the environment

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# One environment per checkout: pinned uv, locked packages with hashes, compiled; our packages by a path file.
$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
	  || { echo "Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Setting up the environment in $(VENV) (once, about a minute) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --require-hashes --compile-bytecode -r requirements.lock
	@echo "$(CURDIR)/src" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/surveytrail.pth"
	@printf '#!/bin/sh\nexec "$$(dirname "$$0")/python" -m surveytrail.cli "$$@"\n' > $(BIN)/trail && chmod +x $(BIN)/trail
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m compileall -q src scripts
	@touch $@
