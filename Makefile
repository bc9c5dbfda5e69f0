# Needs nothing but Python 3.11+ and make: each target sets itself up; the second call is fast. Python compiles what it
# imports when it does; all that is installed would take half of the time (--no-compile).
PYTHON ?= python3
BIN := .venv/bin

.PHONY: bench smoke test test-heavy lint clean

bench: .venv/installed
	$(BIN)/pytest bench $(ARGS)

smoke: .venv/installed
	$(BIN)/pytest bench --size smoke $(ARGS)

test: .venv/installed-dev
	$(BIN)/pytest --numprocesses 2 --dist worksteal --durations 15 -m "not heavy" $(ARGS)

test-heavy: .venv/installed-dev
	$(BIN)/pytest --numprocesses 2 --dist worksteal --durations 15 -m heavy $(ARGS)

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.venv/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "error: zerograd needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; call make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --editable ".[symbolic]"
	touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --editable ".[dev]"
	touch $@

clean:
	rm -rf .venv
