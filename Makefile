# Run `make help` for what there is to do.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
PAGE := api/arangovis_api/static/index.html

PAGE_SOURCES := $(shell find web scripts -type f -not -path '*/node_modules/*' -not -name '*.pyc' 2>/dev/null)
# In this order, so that the quick ones fail first.
SUITES := $(wildcard tests/unit tests/conformance tests/api tests/migration tests/acceptance)
BENCHMARKS := $(patsubst tests/benchmarks/%/__main__.py,%,$(wildcard tests/benchmarks/*/__main__.py))

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup demo serve test check test-all soak bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(INSTALLED) $(PAGE) ## make .venv with everything in it, and build the page

$(INSTALLED): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	# Pinned and first: any other version of PyTorch comes with gigabytes of CUDA.
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

$(PAGE): $(PAGE_SOURCES) | $(INSTALLED)
	$(BIN)/python scripts/build_ui.py
	@touch $@

demo: setup ## the tour on real data; DEMO_ONCE=1 leaves after checking its own answers
	$(BIN)/arangovis demo

serve: setup ## API, page and a local worker
	$(BIN)/arangovis serve

test: setup ## the tests that every change must pass
	$(BIN)/python -m pytest -m "not slow" $(SUITES)

check: setup ## format, lint, types, import rules, then the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -m "not slow" $(SUITES)

test-all: setup ## every test at full length
	HYPOTHESIS_PROFILE=full $(BIN)/python -m pytest $(SUITES)

soak: setup ## chaos and load: the stores and real processes, searched for hours
	HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest --timeout=0 $(wildcard tests/conformance tests/acceptance)

bench: setup ## measure, each figure beside its floor
	for name in $(BENCHMARKS); do $(BIN)/python -m tests.benchmarks.$$name || exit 1; done

clean: ## remove what was built; .venv stays
	rm -rf .demo dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache api/arangovis_api/static
	find arangovis api graph_schema tests scripts -name __pycache__ -prune -exec rm -rf {} +
