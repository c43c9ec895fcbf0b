# The one door. Every target works alone on a fresh clone: what it needs is installed first.
PYTHON ?= python3
STACK ?= dev
STACKS := $(patsubst Pulumi.%.yaml,%,$(wildcard Pulumi.*.yaml))
ACCOUNT ?= account
ACCOUNTS := $(patsubst bootstrap/Pulumi.%.yaml,%,$(wildcard bootstrap/Pulumi.*.yaml))
WITHOUT_DOCKER ?=
# Of delivery: a file of images that `build` wrote; a git revision to compare with; 1 to review without engine and AWS;
# the service to roll back, and to which revision or digest; the name of the stack to remove or free, once more; seconds in
# which a stack must come to serve.
IMAGES ?=
AGAINST ?=
OFFLINE ?=
SERVICE ?=
TO ?=
CONFIRM ?=
WAIT ?= 300
WORKERS ?= 2
BIN := .venv/bin
INSTALLED := .venv/.installed
RUN := $(BIN)/python -m localcloud
OPS := $(BIN)/python -m ops
TAKEN := $(if $(IMAGES),--images "$(IMAGES)")
SCHEMA := $(BIN)/check-jsonschema --quiet --builtin-schema

.DEFAULT_GOAL := help
.PHONY: help install up down preview destroy bootstrap review build deploy verify drift rollback remove cancel test unit local check lint pipelines types docs policies bench soak kills requirements clean

help:  ## say what can be made
	@sed -nE 's/^##@ (.*)/\n\1/p; s/^([a-z]+):.*## (.*)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

##@ On this machine

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

##@ Delivery: where this shell's pulumi and AWS credentials lead (docs/delivery.md)

bootstrap: install  ## make what ACCOUNT needs for delivery, from bootstrap/Pulumi.ACCOUNT.yaml, as an administrator
	@$(OPS) bootstrap --stack $(ACCOUNT)

review: install  ## write review-STACK.md: policies, plan, images, cost since AGAINST; nothing is changed
	@$(OPS) review --stack $(STACK) $(if $(AGAINST),--against "$(AGAINST)") $(TAKEN) $(if $(OFFLINE),--offline)

build: install  ## build the images of STACK, once, push them, write IMAGES (images.json)
	@$(OPS) build --stack $(STACK) --output "$(or $(IMAGES),images.json)"

deploy: install  ## deploy STACK, with IMAGES or those that it was delivered with
	@$(OPS) deploy --stack $(STACK) $(TAKEN)

verify: install  ## say whether STACK serves what was deployed, within WAIT (300) seconds, and runs IMAGES
	@$(OPS) verify --stack $(STACK) --wait $(WAIT) $(TAKEN)

drift: install  ## say what AWS has otherwise than STACK deployed, also in drift-STACK.md
	@$(OPS) drift --stack $(STACK) --output drift-$(STACK).md

rollback: install  ## let the version before of SERVICE serve again, or the one that TO says
	@test -n "$(SERVICE)" || { echo "which service? make rollback STACK=$(STACK) SERVICE=web" >&2; exit 1; }
	@$(OPS) rollback --stack $(STACK) $(if $(TO),--to "$(TO)") -- "$(SERVICE)"

remove: install  ## destroy what STACK deployed; CONFIRM=STACK says that it is meant
	@$(OPS) remove --stack $(STACK) --confirm "$(CONFIRM)"

cancel: install  ## free the state of STACK that a killed job left locked; CONFIRM=STACK says that no job runs
	@$(OPS) cancel --stack $(STACK) --confirm "$(CONFIRM)"

##@ Of this project

test: unit local  ## all tests: unit, then on the local cloud

unit: install  ## the tests without engine, Docker or network
	@$(BIN)/pytest tests/unit -q -n $(WORKERS)

local: install  ## the tests with the real engine on a local cloud of their own
	@$(BIN)/pytest tests/local -q -m "not alone" -n $(WORKERS) --dist loadfile; side=$$?; \
	  $(BIN)/pytest tests/local -q -m alone && exit $$side

check: install lint pipelines types docs policies  ## all but the tests on the local cloud: lint, pipelines, types, coverage, docs, policies
	@$(BIN)/pytest tests/unit -q -n $(WORKERS) --cov --cov-report=term:skip-covered

lint:
	@$(BIN)/ruff format --check && $(BIN)/ruff check
	@$(BIN)/shellcheck .ci/run .ci/in-time bootstrap/buildspecs/*.sh
	@$(BIN)/codespell

pipelines: install  ## the files of GitHub Actions, CircleCI and CodeBuild, by their schemas and linters
	@$(BIN)/actionlint -shellcheck $(BIN)/shellcheck
	@$(BIN)/zizmor --offline --quiet --pedantic .github
	@$(SCHEMA) vendor.github-workflows .github/workflows/*.yml
	@$(SCHEMA) custom.github-workflows-require-timeout .github/workflows/*.yml
	@$(SCHEMA) vendor.github-actions .github/actions/*/action.yml
	@$(SCHEMA) vendor.dependabot .github/dependabot.yml
	@$(SCHEMA) vendor.circle-ci .circleci/config.yml
	@$(BIN)/check-jsonschema --quiet --schemafile bootstrap/buildspecs/schema.json bootstrap/buildspecs/*.yml

types:
	@$(BIN)/pyright --warnings

docs:
	@$(BIN)/python -m settings --check && $(BIN)/python -m policies.table --check && $(BIN)/python -m bootstrap.permissions.table --check
	@$(BIN)/python -m components --check
	@$(RUN) fidelity --check
	@$(BIN)/python -m tests.replacements --check

policies: install  ## judge the stacks and accounts by the policies, without engine, account or Docker
	@for stack in $(STACKS); do $(BIN)/python -m ops check --stack $$stack || exit 1; done
	@cd bootstrap && for stack in $(ACCOUNTS); do PYTHONPATH=.. ../$(BIN)/python -m ops check --stack $$stack || exit 1; done

bench: install  ## the figures and pictures of docs/benchmarks.md, about 25 minutes; one with python -m bench NAME
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
