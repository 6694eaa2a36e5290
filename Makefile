# make run: set up and open the dashboard. make test: set up and run every check.
VENV := .venv
PY := $(VENV)/bin/python
PORT ?= 8501
PIP := $(PY) -m pip --disable-pip-version-check --quiet --no-input

.PHONY: setup run test test-setup lint bench lock clean

setup: $(VENV)/.installed

$(VENV)/.installed: requirements.txt pyproject.toml
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Lithoscope needs Python 3.11 or newer as python3"; exit 1; }
	@test -x $(PY) || python3 -m venv $(VENV)
	@echo "Installing Lithoscope's dependencies into $(VENV) (once; a few minutes)"
	@$(PIP) install --require-hashes -r requirements.txt
	@$(PIP) install --no-deps -e .
	@touch $@

run: setup
	@$(VENV)/bin/streamlit run app.py --server.port $(PORT)

test-setup: setup $(VENV)/.test-installed
	@sh tests/browser/ensure_chromium.sh $(VENV)
	@sh tests/ensure_java.sh

$(VENV)/.test-installed: requirements-test.txt
	@$(PIP) install --require-hashes -r requirements-test.txt
	@touch $@

lint: test-setup
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy

test: lint
	@$(VENV)/bin/pytest -n 2 --dist loadgroup

bench: test-setup
	@for each in benchmarks/bench_*.py; do $(PY) $$each || exit 1; done

# Exact versions and hashes of everything, from the ranges in pyproject.toml. Needs `uv`.
lock:
	uv pip compile pyproject.toml --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements.txt
	uv pip compile pyproject.toml --extra test -c requirements.txt --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements-test.txt

clean:
	rm -rf $(VENV) data/cache build
