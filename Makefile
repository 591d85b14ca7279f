# make demo   install everything into .venv and inspect the bundled recordings
# make test   install everything and run all tests
# make check  lint, types, then make test (what CI runs)
# make sbom   what is installed, as a software bill of materials (sbom.json, CycloneDX); needs no network
# make audit  known weaknesses of the locked versions; asks the advisory service, so it needs a network
# make bench  the benchmarks; RECORDINGS=folder MANIFEST=file for your own
PYTHON ?= python3
BIN := .venv/bin
RECORDINGS ?= samples
MANIFEST ?= samples/manifest.csv

.PHONY: demo test quick check bench sbom audit clean

demo: .venv/installed
	$(BIN)/qa demo

test: .venv/installed-dev
	$(BIN)/python -m pytest

quick: .venv/installed-dev
	$(BIN)/python -m pytest -m "not slow"

check: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy
	$(MAKE) test

sbom: .venv/installed-audit
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --mc-type application --output-reproducible -o sbom.json $(BIN)/python

audit: .venv/installed-audit
	$(BIN)/pip-audit --disable-pip --no-deps -r constraints.txt

bench: .venv/installed-dev
	$(BIN)/python benchmarks/pipeline.py $(RECORDINGS) --manifest $(MANIFEST)

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "需要 Python 3.11 或更高版本；可用 make PYTHON=python3.11 指定")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

.venv/installed-audit: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[audit]'
	touch $@

clean:
	rm -rf .venv demo qa-data qa-report
