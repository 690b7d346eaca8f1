# Two commands do everything: `make demo` and `make test`. Each sets up what it needs first.
# Another interpreter: make demo PYTHON=python3.12

PYTHON ?= python3
SOUND ?= examples/plucked_string.flac

# What the wheels expect of a Debian or Ubuntu system: PortAudio for sounddevice, libatomic for
# pedalboard, FreeType for Surge XT's editor. The Surge XT package brings the rest of its own.
APT_PACKAGES = libportaudio2 libatomic1 libfreetype6

.NOTPARALLEL:
.PHONY: help demo test lint types pytest bench clean system
.DEFAULT_GOAL := help

help: ## show these lines
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile

demo: .venv/ready ## set up the light environment and turn one sound into eight presets in out/demo
	.venv/bin/synthmatch match "$(SOUND)" -n 8 -o out/demo --seed 1

# --keep-going: a lint fault does not hide the test results, and still fails the whole.
test: .venv-dev/ready ## set up the development environment; lint, types and all tests
	@$(MAKE) --no-print-directory --keep-going lint types pytest

lint: .venv-dev/ready ## ruff: rules and format
	.venv-dev/bin/ruff check .
	.venv-dev/bin/ruff format --check .

types: .venv-dev/ready ## mypy, strict
	.venv-dev/bin/mypy

pytest: .venv-dev/ready
	.venv-dev/bin/python -m pytest --durations=10

bench: .venv-dev/ready ## rendering and sampling speed beside their reference procedures
	.venv-dev/bin/python -m training.bench_render
	.venv-dev/bin/python -m training.bench_sampler

clean: ## remove both environments, out/demo and all caches
	rm -rf .venv .venv-dev out/demo build dist *.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find backend models training tests examples -name __pycache__ -prune -exec rm -rf {} +

# The stamp is last, so an installation that was broken off is taken up again.
.venv/ready: pyproject.toml VERSION | system
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --editable .
	@touch $@

.venv-dev/ready: pyproject.toml VERSION | system
	@echo "setting up .venv-dev: about 5 GB and some minutes, the first time only"
	$(PYTHON) -m venv .venv-dev
	.venv-dev/bin/python -m pip install --editable ".[dev]"
	@touch $@

system:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "$(PYTHON) is missing or older than 3.11; name another, as in PYTHON=python3.12"; exit 1; }
	@command -v apt-get >/dev/null || exit 0; \
	missing=$$(for package in $(APT_PACKAGES); do \
	    dpkg-query --show --showformat='$${Status}' $$package 2>/dev/null | grep -q ' installed' \
	      || echo $$package; \
	  done; $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv); \
	missing=$$(echo $$missing); \
	[ -n "$$missing" ] || exit 0; \
	if [ "$$(id -u)" -eq 0 ]; then \
	  apt-get update -qq; \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
	else false; fi \
	  || echo "note: could not install $$missing; please run: sudo apt-get install $$missing"
