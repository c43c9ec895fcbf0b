# The one door. Every target works alone on a fresh clone: what it needs is installed first.
PYTHON ?= python3
STACK ?= dev
STACKS := $(patsubst Pulumi.%.yaml,%,$(wildcard Pulumi.*.yaml))
WITHOUT_DOCKER ?=
WORKERS ?= 2
BIN := .venv/bin
INSTALLED := .venv/.installed
RUN := $(BIN)/python -m localcloud

.DEFAULT_GOAL := help
.PHONY: help install up down preview destroy test unit local check lint types docs policies bench soak kills requirements clean

help:  ## say what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(INSTALLED)  ## install the pinned packages into .venv

$(INSTALLED): requirements-uv.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"Python 3.11 or newer is needed, {v.major}.{v.minor} found: make PYTHON=python3.12")'
	@echo "Installing the pinned packages into .venv (once; about 30 s)"
	@$(PYTHON) -m venv .venv || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing Debian's python3-venv, which Python needs for .venv"; \
	    apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv >/dev/null && $(PYTHON) -m venv --clear .venv; \
	  else \
	    echo "Python's venv module is missing: install it, on Debian with apt-get install python3-venv" >&2; exit 1; \
	  fi; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-uv.txt
	@$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python requirements-dev.txt requirements-uv.txt
	@touch $@

up: install  ## start the local cloud, deploy STACK (dev), print its address
	@$(RUN) up --stack $(STACK) $(if $(WITHOUT_DOCKER),--without-docker)

preview: install  ## show what an up of STACK would change, what the policies say to it, and what it interrupts
	@$(RUN) preview --stack $(STACK); verdict=$$?; \
	  shell="$$($(RUN) env)" && eval "$$shell" && $(BIN)/python -m ops plan --stack $(STACK); planned=$$?; \
	  exit $$((verdict ? verdict : planned))

destroy: install  ## remove STACK from the local cloud
	@$(RUN) destroy --stack $(STACK)

down: install  ## stop the local cloud; say what stays
	@$(RUN) stop

test: unit local  ## all tests: unit, then on the local cloud

unit: install  ## the tests without engine, Docker or network
	@$(BIN)/pytest tests/unit -q

local: install  ## the tests with the real engine on a local cloud of their own
	@$(BIN)/pytest tests/local -q -m "not alone" -n $(WORKERS) --dist loadfile; side=$$?; \
	  $(BIN)/pytest tests/local -q -m alone && exit $$side

check: install lint types docs policies  ## everything but the tests: lint, types, coverage, docs, policies
	@$(BIN)/coverage run -m pytest tests/unit -q && $(BIN)/coverage report

lint:
	@$(BIN)/ruff format --check && $(BIN)/ruff check
	@$(BIN)/shellcheck .ci/run
	@$(BIN)/codespell

types:
	@$(BIN)/pyright --warnings

docs:
	@$(BIN)/python -m settings --check && $(BIN)/python -m policies.table --check

policies: install  ## judge the stacks by the policies, without engine, account or Docker
	@for stack in $(STACKS); do $(BIN)/python -m ops check --stack $$stack || exit 1; done

bench: install  ## the figures of docs/benchmarks.md
	@$(BIN)/python -m bench

soak: install  ## rollouts, scaling and killed tasks under load, about a quarter of an hour
	@$(BIN)/python -m bench soak

kills: install  ## the engine killed at twenty moments of an up, about a quarter of an hour
	@$(BIN)/python -m bench kills

requirements: install  ## resolve the requirements anew
	@for name in requirements-uv requirements requirements-dev; do \
	  $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url $$name.in -o $$name.txt; done

clean: install  ## remove what the local cloud keeps here: its resources, state and logs
	@$(RUN) stop && rm -rf "$${LOCALCLOUD_HOME:-.localcloud}"
