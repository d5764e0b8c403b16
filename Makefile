# Two commands for a new user: `make demo` and `make test`. Everything lands in .venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/ready

.PHONY: demo test lint fast bench clean
demo: $(READY)
	@$(BIN)/shoal demo

test: lint
	@$(BIN)/python tools/size_report.py
	@$(BIN)/python -m pytest -p no:cacheprovider tests

fast: $(READY)                    ## the tests that take seconds
	@$(BIN)/python -m pytest -m "not slow" tests

lint: $(READY)
	@$(BIN)/ruff check --no-cache src tests examples tools
	@$(BIN)/mypy

bench: $(READY)
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[peers]'
	@$(BIN)/shoal bench

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Shoal needs Python 3.11 or newer; set PYTHON=python3.11")'
	@echo "setting up $(VENV) (once) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) build dist src/*.egg-info
