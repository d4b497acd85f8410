# Needs Python 3.11 or later and make; everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: axe demo test lint bench clean clean-compiled help

help:
	@echo "make demo    explain a real photo with a real network"
	@echo "make test    install what tests need and run them"
	@echo "make lint    ruff and mypy"
	@echo "make bench   measure speed and memory beside other packages"
	@echo "make axe     fetch axe-core by npm, for the accessibility tests of the app"

demo: $(VENV)/demo
	$(BIN)/python examples/explain_a_photo.py

test: $(VENV)/test
	$(BIN)/python -m pytest

lint: $(VENV)/lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/bench
	$(BIN)/python -m benchmarks

# Not ours, and larger than what belongs into a repository.
axe: build/axe.min.js

build/axe.min.js:
	mkdir -p build
	cd build && tar -xzO -f "$$(npm pack --silent axe-core@4.14.1)" package/axe.min.js > axe.part
	mv build/axe.part $@
	rm -f build/axe-core-*.tgz

# Numba compiles a function again when its own file changes, not when one it calls does.
clean-compiled:
	rm -rf src/backlight/networks/compiled/__pycache__

clean:
	rm -rf $(VENV) build demo *.egg-info src/*.egg-info

# One stamp for each set of packages: a set is installed again when what it is made of changes.
$(VENV)/python:
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/%: pyproject.toml constraints.txt | $(VENV)/python
	$(PIP) -e '.[$*]'
	@touch $@

.SECONDARY:
