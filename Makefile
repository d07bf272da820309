# make demo | make test: each does all the set-up that it needs on a fresh Debian with Python 3.11 or newer.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
SEED ?= 1
BIN := .venv/bin

.PHONY: setup test check demo demo-by-hand accuracy lock clean

setup: .venv/installed

.venv/installed: requirements.lock.txt pyproject.toml
	PYTHON=$(PYTHON) .ci/debian-packages
	$(PYTHON) -c 'import sys; sys.exit("需要 Python 3.11 至 3.13 / needs Python 3.11 to 3.13" if not (3, 11) <= sys.version_info[:2] < (3, 14) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# A whole quarter of the demonstration city under Airflow. EXIT=1 ends by itself, FRESH=1 begins anew, SEED=n moves
# the faults.
demo: setup
	$(BIN)/python -m demo airflow --seed $(SEED) --home .demo $(if $(FRESH),--fresh) $(if $(EXIT),--exit)

# The same city, small and without Airflow: the command line alone, in seconds.
demo-by-hand: setup
	$(BIN)/python -m demo run --seed $(SEED) --home .demo-by-hand $(if $(FRESH),--fresh) $(if $(EXIT),--exit)

test: setup
	$(BIN)/python -m pytest -n 2 --dist worksteal

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --dialect postgres sql

# The share of hand-made labels that the reader gets right (INSPECTORATE_CORPUS names their folder).
accuracy: setup
	$(BIN)/python benchmarks/accuracy.py --least 0.98

# A lock without addresses; needs uv.
lock:
	uv pip compile pyproject.toml --extra dev --extra server --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-header --no-annotate -o requirements.lock.txt

clean:
	rm -rf .venv .demo .demo-by-hand
