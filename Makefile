# Needs Python 3.11 or later and make; everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test lint bench clean clean-compiled help

help:
	@echo "make demo    explain a real photo with a real network"
	@echo "make test    install what tests need and run them"
	@echo "make lint    ruff and mypy"
	@echo "make bench   measure speed and memory beside other packages"

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
