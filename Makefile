# Run `make help` for what there is to do.

PYTHON ?= python3
BIN := .venv/bin
# What the product needs, and what its tests need besides.
INSTALLED := .venv/.installed
EQUIPPED := .venv/.equipped
PAGE := api/arangovis_api/static/index.html

PAGE_SOURCES := $(shell find web scripts -type f -not -path '*/node_modules/*' -not -name '*.pyc' 2>/dev/null)
# In this order, so that the quick ones fail first. Two at a time: most of them wait for others now and then.
QUICK := $(wildcard tests/unit tests/conformance tests/api tests/migration)
PYTEST := $(BIN)/python -m pytest
PARALLEL := $(PYTEST) --numprocesses 2
FAR := ARANGOVIS_TEST_STORE=arango ARANGOVIS_TEST_ARTIFACTS=s3
# What asks the stores for most; `make test-all` asks everything of every store.
FAR_TESTS := $(wildcard tests/api/erasing/test_frames_and_texts.py $(addprefix tests/api/test_,artifacts.py batch.py \
	external_runs.py lineage.py questions_graph.py run_search.py runs.py series_append.py series_reading.py))
BENCHMARKS := $(patsubst tests/benchmarks/%/__main__.py,%,$(wildcard tests/benchmarks/*/__main__.py))

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Where it is set, as in many containers, each of the hundreds of processes that tests start compiles every module anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo serve test check test-all soak bench sbom audit clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(EQUIPPED) $(PAGE) ## make .venv with everything in it, and build the page

$(INSTALLED): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[demo]'
	@touch $@

$(EQUIPPED): $(INSTALLED)
	# Pinned and first: any other version of PyTorch comes with gigabytes of CUDA.
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

$(PAGE): $(PAGE_SOURCES) | $(INSTALLED)
	$(BIN)/python scripts/build_ui.py
	@touch $@

demo: $(INSTALLED) $(PAGE) ## the tour on real data; DEMO_ONCE=1 leaves after checking its own answers
	$(BIN)/arangovis demo

serve: $(INSTALLED) $(PAGE) ## API, page and a local worker
	$(BIN)/arangovis serve

test: setup ## the tests that every change must pass
	$(PARALLEL) -m "not slow" $(QUICK)
	$(FAR) $(PARALLEL) -m "not slow" $(FAR_TESTS)
	$(PARALLEL) --dist loadfile -m "not slow" tests/acceptance

check: setup ## format, lint, types, import rules, then the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(MAKE) test

test-all: export HYPOTHESIS_PROFILE = full
test-all: setup ## every test at full length, on every store
	$(PARALLEL) $(QUICK)
	ARANGOVIS_TEST_STORE=memory $(PARALLEL) tests/api
	ARANGOVIS_TEST_ARTIFACTS=s3 $(PARALLEL) tests/api
	$(FAR) $(PARALLEL) tests/api
	$(PYTEST) --timeout=3600 tests/acceptance
	$(FAR) $(PYTEST) tests/acceptance

soak: setup ## chaos and load: the stores and real processes, searched for hours
	$(BIN)/python -m tests.soak.series --minutes 30
	$(BIN)/python -m tests.soak.chaos --minutes 30
	$(BIN)/python -m tests.soak.chaos --minutes 30 --store arango --artifacts s3
	$(BIN)/python -m tests.soak.bad_inputs --profile full
	$(BIN)/python -m tests.soak.load --minutes 10
	HYPOTHESIS_PROFILE=soak $(PYTEST) --timeout=0 tests/conformance tests/acceptance

bench: setup ## measure, each figure beside its floor
	for name in $(BENCHMARKS); do $(BIN)/python -m tests.benchmarks.$$name || exit 1; done

sbom: $(INSTALLED) $(PAGE) ## list what a release is made of: CycloneDX in dist/; needs the network
	$(BIN)/python scripts/inventory.py sbom

audit: $(INSTALLED) $(PAGE) ## ask the registries for known weaknesses of all of that; needs the network
	$(BIN)/python scripts/inventory.py audit

clean: ## remove what was built; .venv stays
	rm -rf .demo dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache api/arangovis_api/static
	find arangovis api graph_schema tests scripts -name __pycache__ -prune -exec rm -rf {} +
