# Every target works on a fresh Debian or Ubuntu machine. `make` lists them.
BIN := .venv/bin

# Tests see no settings of this machine, but where its engine is and where images come from.
KEPT := MOORAGE_DOCKER_HOST MOORAGE_IMAGES MOORAGE_DEBIAN_MIRROR
UNSET := $(foreach name,$(filter-out $(KEPT),$(filter MOORAGE_%,$(.VARIABLES))),-u $(name))

.PHONY: help setup up down purge test check bench devcloud messages venv compose lint \
	packages-of-tests images-of-tests devcloud-meanwhile
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' Makefile

setup: ## what the others need: packages, .venv, a Docker Engine, images
	@scripts/packages.sh
	@scripts/venv.sh
	@scripts/compose.sh
	@$(BIN)/python scripts/engine.py
	@$(BIN)/moor images prepare

up: setup ## start the service, order a Redis and a MySQL, log into both
	@$(BIN)/python scripts/up.py

down: venv ## stop the service; instances go on running
	@$(BIN)/python scripts/down.py

purge: venv ## stop it and remove all that Moorage made, after asking; YES=1: without
	@$(BIN)/python scripts/purge.py $(YES)

test: packages-of-tests devcloud-meanwhile setup images-of-tests lint ## every test, those with real containers too
	env $(UNSET) $(BIN)/python -m pytest -n 4 --dist worksteal

check: venv compose lint ## seconds: style, types, walls, the fast tests
	env $(UNSET) $(BIN)/python -m pytest -n 2 -m "not engine and not postgres and not redis and not openstack"

bench: setup ## measure, each figure beside its peer in the same run
	env $(UNSET) $(BIN)/python -m bench

devcloud: venv ## a real OpenStack on loopback; print how to log in
	@scripts/packages.sh devcloud
	@$(BIN)/python scripts/devcloud start

messages: venv ## collect what people read for translation
	@$(BIN)/python scripts/messages.py

packages-of-tests:
	@scripts/packages.sh tests

devcloud-meanwhile: venv # Tests that need it wait for it, and say what went wrong.
	@nice $(BIN)/python scripts/devcloud start >/dev/null 2>&1 &

images-of-tests: setup
	@$(BIN)/moor images prepare --apps

venv:
	@scripts/venv.sh

compose: venv
	@scripts/compose.sh

lint:
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
