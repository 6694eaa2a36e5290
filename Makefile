# make run: set up and open the dashboard. make test: set up and run every check.
VENV := .venv
PY := $(VENV)/bin/python
PORT ?= 8501
PIP := $(PY) -m pip --disable-pip-version-check --quiet --no-input
# uv installs several times faster than pip, from the index that pip is set to; where it cannot, pip does.
INDEX = $${PIP_INDEX_URL:-$$($(PY) -m pip config get global.index-url 2>/dev/null || echo https://pypi.org/simple)}
INSTALL = f() { UV_DEFAULT_INDEX="$(INDEX)" $(VENV)/bin/uv pip install --quiet --python $(PY) "$$@" || $(PIP) install "$$@"; }; f

# Python keeps what it compiles, whatever the machine is set to: each process loads over a thousand modules.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup run test test-setup packages lint compile bench lock clean

setup: $(VENV)/.installed

$(VENV)/.installed: requirements.txt requirements-setup.txt pyproject.toml
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Lithoscope needs Python 3.11 or newer as python3"; exit 1; }
	@test -x $(PY) || python3 -m venv $(VENV)
	@echo "Installing Lithoscope's dependencies into $(VENV) (once; a minute or two)"
	@$(PIP) install --require-hashes -r requirements-setup.txt
	@$(INSTALL) --no-deps --require-hashes -r requirements.txt
	@$(INSTALL) --no-deps -e .
	@touch $@

run: setup
	@$(VENV)/bin/streamlit run app.py --server.port $(PORT)

test-setup: $(VENV)/.test-installed packages
	@sh tests/browser/ensure_chromium.sh $(VENV)

packages:
	@sh tests/ensure_packages.sh

$(VENV)/.test-installed: requirements-test.txt $(VENV)/.installed
	@$(INSTALL) --no-deps --require-hashes -r requirements-test.txt
	@touch $@

lint: test-setup
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy

# Modules, and loops over terrain, are compiled once: several test processes would each do so.
compile: test-setup
	@$(VENV)/bin/pytest --collect-only -qq > $(VENV)/.collected || { cat $(VENV)/.collected; exit 1; }
	@$(PY) tests/compile_kernels.py

# One more process than two cores: browser tests wait as often as they work.
test:
	@$(MAKE) --no-print-directory -j2 test-setup
	@$(MAKE) --no-print-directory -j2 lint compile
	@$(VENV)/bin/pytest -n 3

bench: test-setup
	@for each in benchmarks/bench_*.py; do $(PY) $$each || exit 1; done

# Exact versions and hashes of everything, from the ranges in pyproject.toml.
lock: setup
	$(VENV)/bin/uv pip compile --group setup --universal --generate-hashes --no-emit-index-url --no-header -q -o requirements-setup.txt
	$(VENV)/bin/uv pip compile pyproject.toml --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements.txt
	$(VENV)/bin/uv pip compile pyproject.toml --extra test -c requirements.txt --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements-test.txt

clean:
	rm -rf $(VENV) data/cache build
