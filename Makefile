# Each target does all its own set-up, once. `make help` lists them.

BIN := .venv/bin
ARGS ?=

# Pinned, as another version may write the locks in another way.
UV := uv==0.13.9
LOCK := .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--fork-strategy fewest --generate-hashes --no-emit-index-url --group build

# Real browsers and networks on a busy machine: what fails is tried once more, alone, and said.
define tested
	$(BIN)/pytest $(1) || { \
		echo "» once more, what failed; a test that passes only now is a defect to mend"; \
		$(BIN)/pytest $(1) --last-failed --last-failed-no-failures none; }
endef

.DEFAULT_GOAL := help
.PHONY: help run flash provision upgrade backup restore remove test test-device test-arm64 test-read-only bench bench-fanout bench-peers flame lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## run the camera here; options go in ARGS="..."
	@.ci/setup run
	@exec $(BIN)/edgecam run $(ARGS)

provision: PLAYBOOK := site
provision: ## make cameras of the devices in an inventory: ARGS="-i FILE"; see ansible/README.md
upgrade: ## put this version on cameras, and the one before back if it does not work
backup: ## fetch the keys and the configuration of cameras
restore: ## give a camera the keys and the configuration of a backup
remove: ## take edgecam off devices, with its keys
flash: ## write a memory card for a Raspberry Pi: ARGS="-e flash_image=FILE …"; see ansible/README.md
flash provision upgrade backup restore remove:
	@.ci/setup ansible
	@ANSIBLE_CONFIG=ansible/ansible.cfg exec $(BIN)/ansible-playbook ansible/$(or $(PLAYBOOK),$@).yml $(ARGS)

test: ## check and test everything that needs no camera
	@.ci/setup test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/ansible-lint --offline --strict -q ansible
	$(call tested,tests --ignore tests/browser --ignore tests/device)
	$(call tested,tests/browser)
	@echo "» all checks and tests passed"

test-device: ## boot Debian systems with edgecam as their service, and try everything there
	@.ci/setup device
	$(call tested,tests/device -o cache_dir=.pytest_cache/device)
	@echo "» all device tests passed"

test-arm64: ## install edgecam on emulated 64-bit ARM and try it: a quarter of an hour
	@.ci/setup arm64
	@tests/device/arm64 $(or $(ARGS),trixie)
	@echo "» edgecam installs and works on 64-bit ARM"

test-read-only: ## start an emulated machine with a read-only root, and cut its power: minutes
	@.ci/setup device
	$(BIN)/pytest tests/device/slow_read_only.py
	@echo "» a read-only root keeps what it has to, and nothing else"

bench: ## measure; options go in ARGS="..."
	@.ci/setup test
	@tests/bench/viewers/setup
	@exec $(BIN)/python -m tests.bench $(ARGS)

bench-fanout: ## measure what one more viewer costs, beside other servers
	@.ci/setup test
	@tests/bench/viewers/setup
	@tests/bench/fanout/setup
	@exec $(BIN)/python -m tests.bench.fanout $(ARGS)

bench-peers: ## measure first frames and latency, beside other servers
	@.ci/setup test
	@tests/bench/viewers/setup
	@tests/bench/fanout/setup
	@exec $(BIN)/python -m tests.bench.peers $(ARGS)

flame: ## draw docs/flame.svg: where the time goes while four viewers watch
	@.ci/setup test
	@tests/bench/viewers/setup
	@exec $(BIN)/python -m tests.bench.flame docs/flame.svg

lock: export UV_CUSTOM_COMPILE_COMMAND = make lock
lock: ## renew requirements*.lock
	@[ -x .venv-lock/bin/uv ] || { echo "» installing $(UV), a few seconds"; \
		python3 -m venv .venv-lock && .venv-lock/bin/pip install --quiet $(UV); }
	@echo "» resolving, up to a minute"
	@$(LOCK) --upgrade --output-file requirements.lock pyproject.toml
	@$(LOCK) --upgrade --output-file requirements-dev.lock --group dev pyproject.toml --constraints requirements.lock
	@$(LOCK) --upgrade --output-file requirements-ansible.lock --group ansible --constraints requirements-dev.lock

clean: ## remove what the other targets made
	rm -rf .cache .venv .venv-lock .mypy_cache .pytest_cache .ruff_cache .import_linter_cache \
		build dist tests/artifacts tests/bench/viewers/node_modules tests/browser/axe/node_modules \
		tests/bench/fanout/pion/pion tests/bench/fanout/pion/whep/whep \
		tests/bench/fanout/pion/.done tests/bench/fanout/recorded.*
	find edgecam tests -name __pycache__ -prune -exec rm -rf {} +
