# Two commands do everything on a machine with Python 3.11 or newer and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SEED ?= 1
export SECUREPROFILE_DATA ?= $(CURDIR)/../shared/data

.PHONY: demo test lint proof bench faults crash canary screens provenance build clean
.DEFAULT_GOAL := help

.PHONY: help
help:
	@echo "make demo        the whole flow on a generated shop, in ./demo"
	@echo "make test        lint and the whole test suite"
	@echo "make lint | canary | faults | crash SEED=n | proof | bench | screens | provenance | build"

$(VENV)/.user: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.developer: $(VENV)/.user
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[spark,test,lint]'
	touch $@

demo: $(VENV)/.user
	$(BIN)/secureprofile demo --out demo/ --overwrite
	@echo
	@echo "Look at demo/report.html (English) and demo/report.zh.html (中文) in a browser."

test: lint
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/.developer
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Full counts of what `make test` samples; writes benchmarks/results/*.json.
proof: $(VENV)/.developer
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "proof or not proof" --hypothesis-profile=proof
	$(MAKE) faults canary crash bench

BENCHMARKS := flow detect detect_zh scan anonymize anonymity treatments tables appends proof rights

bench: $(VENV)/.developer
	set -e; for name in $(BENCHMARKS); do $(BIN)/python -m benchmarks.$$name; done
	$(BIN)/python -m benchmarks.page

faults: $(VENV)/.developer
	$(BIN)/python tests/faults/run.py

crash: $(VENV)/.developer
	$(BIN)/python tests/crash/run.py --seed $(SEED)

canary: $(VENV)/.developer
	$(BIN)/python tests/canary/run.py

screens: $(VENV)/.developer demo
	$(BIN)/python -m tests.screens.run --out demo/screens demo/report.html demo/report.zh.html

provenance: $(VENV)/.user
	$(BIN)/python docs/provenance.py

build: $(VENV)/.developer
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:
	rm -rf $(VENV) demo dist build
