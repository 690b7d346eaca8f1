# `make demo`, `make plugin` and `make test` do everything. Each sets up what it needs first.
# Another interpreter: make demo PYTHON=python3.12
# An upstream JUCE in place of the system's: make plugin JUCE_DIR=/path/to/JUCE

PYTHON ?= python3
SOUND ?= examples/plucked_string.flac

# What the wheels expect of a Debian or Ubuntu system: PortAudio for sounddevice, libatomic for
# pedalboard, FreeType for Surge XT's editor. The Surge XT package brings the rest of its own.
APT_PACKAGES = libportaudio2 libatomic1 libfreetype6
# What builds the plugin; JUCE's package brings the libraries that JUCE needs. Git is for what CMake
# fetches where the system's is of another version: JUCE before 7, Catch2 after 2. The tests of the
# window draw into Xvfb.
PLUGIN_PACKAGES = g++ cmake ninja-build git catch2 juce-modules-source xvfb xauth
# Reads and hosts the LV2 plugin in the tests.
HOST_PACKAGES = lilv-utils
# Opens the gallery in the tests, where none of these browsers is there.
BROWSER_PACKAGES = chromium
BROWSERS = chromium chromium-browser google-chrome chrome msedge

PLUGIN_BUILD = build/plugin
PLUGIN_FORMATS = $(PLUGIN_BUILD)/SynthmatchPlugin_artefacts/Release

.NOTPARALLEL:
.PHONY: help demo plugin install-plugin test lint types ctest pytest bench clean
.PHONY: system plugin-system host-system
.DEFAULT_GOAL := help

help: ## show these lines
	@awk -F ':.*## ' '/^[a-z]/ && NF > 1 { printf "  make %-14s  %s\n", $$1, $$2 }' Makefile

demo: .venv/ready ## set up the light environment and turn one sound into eight presets in out/demo
	.venv/bin/synthmatch match "$(SOUND)" -n 8 -o out/demo --seed 1

plugin: plugin-system ## build the plugin and its tests: VST3, LV2, Standalone
	@cmake -S plugin_bridge -B $(PLUGIN_BUILD) $(cmake_flags)
	@cmake --build $(PLUGIN_BUILD) --config Release --parallel $$(getconf _NPROCESSORS_ONLN)
	@echo "built:"; ls -d $(PLUGIN_FORMATS)/*/Synthmatch*

install-plugin: plugin ## copy the plugin to where hosts look for yours: ~/.vst3 and ~/.lv2
	@mkdir -p "$(HOME)/.vst3" "$(HOME)/.lv2"
	@rm -rf "$(HOME)/.vst3/Synthmatch.vst3" "$(HOME)/.lv2/Synthmatch.lv2"
	cp -R $(PLUGIN_FORMATS)/VST3/Synthmatch.vst3 "$(HOME)/.vst3/"
	cp -R $(PLUGIN_FORMATS)/LV2/Synthmatch.lv2 "$(HOME)/.lv2/"

# --keep-going: a lint fault does not hide the test results, and still fails the whole.
test: .venv-dev/ready ## set up the development environment; lint, types, the plugin and all tests
	@$(MAKE) --no-print-directory --keep-going lint types ctest pytest

lint: .venv-dev/ready ## ruff: rules and format
	.venv-dev/bin/ruff check .
	.venv-dev/bin/ruff format --check .

types: .venv-dev/ready ## mypy, strict
	.venv-dev/bin/mypy

# Where the plugin cannot be built, a line says so and all other tests go on, unless REQUIRE_PLUGIN
# is set, as .ci/run does; pytest heeds it too.
ctest: ## build the plugin and run the tests of its code
	@if $(MAKE) --no-print-directory plugin-system; then \
	  $(MAKE) --no-print-directory plugin && \
	  ctest --test-dir $(PLUGIN_BUILD) --build-config Release --output-on-failure; \
	else \
	  echo "skipped: the plugin is neither built nor tested"; test -z "$$REQUIRE_PLUGIN"; \
	fi

pytest: .venv-dev/ready | host-system
	.venv-dev/bin/python -m pytest --durations=10

bench: .venv-dev/ready ## rendering and sampling speed beside their reference procedures
	.venv-dev/bin/python -m training.bench_render
	.venv-dev/bin/python -m training.bench_sampler

clean: ## remove both environments, out/demo, all builds and caches
	rm -rf .venv .venv-dev out/demo build dist *.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find backend benchmarks models training tests examples -name __pycache__ -prune -exec rm -rf {} +

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

# Installs what is missing of some Debian packages; where it may not, says how, and fails.
define packages
command -v apt-get >/dev/null || exit 0; \
missing=$$(for package in $(1); do \
    dpkg-query --show --showformat='$${Status}' $$package 2>/dev/null | grep -q ' installed' \
      || echo $$package; \
  done); \
missing=$$(echo $$missing); \
[ -n "$$missing" ] || exit 0; \
if [ "$$(id -u)" -eq 0 ]; then \
  apt-get update -qq; \
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
else false; fi \
  || { echo "note: could not install $$missing; please run: sudo apt-get install $$missing"; false; }
endef

system:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "$(PYTHON) is missing or older than 3.11; name another, as in PYTHON=python3.12"; exit 1; }
	@( $(call packages,$(APT_PACKAGES) $(venv_package)) ) || true

venv_package = $(shell $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv)

plugin-system:
	@( $(call packages,$(if $(JUCE_DIR),$(filter-out juce-%,$(PLUGIN_PACKAGES)),$(PLUGIN_PACKAGES))) )
	@command -v cmake >/dev/null && command -v c++ >/dev/null || \
	  { echo "note: the plugin needs CMake and a C++ compiler; please install them"; exit 1; }

host-system:
	@( $(call packages,$(HOST_PACKAGES)) ) || true
	@for browser in $(BROWSERS); do command -v $$browser; done | grep -q . \
	  || ( $(call packages,$(BROWSER_PACKAGES)) ) || true

# Evaluated after plugin-system. CMake fetches JUCE itself where the system's is older than 7.
cmake_flags = -DCMAKE_BUILD_TYPE=Release $(if $(JUCE_DIR),-DJUCE_DIR="$(JUCE_DIR)") \
  $(if $(shell command -v ninja),-G Ninja) \
  $(if $(shell command -v ccache),$(foreach L,C CXX,-DCMAKE_$(L)_COMPILER_LAUNCHER=ccache)) \
  $(if $(shell dpkg --compare-versions "$(juce_version)" lt 7 2>/dev/null && echo old),\
    -DCMAKE_DISABLE_FIND_PACKAGE_JUCE=ON)
juce_version = $(shell dpkg-query --show --showformat='$${Version}' juce-modules-source 2>/dev/null \
  || echo 7)
