# Each target does all its own set-up, once. `make help` lists them.

BIN := .venv/bin
ARGS ?=

# Pinned, as another version may write the locks in another way.
UV := uv==0.13.9
LOCK := .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--fork-strategy fewest --generate-hashes --no-emit-index-url --group build pyproject.toml

# Real browsers and networks on a busy machine: what fails is tried once more, alone, and said.
define tested
	$(BIN)/pytest $(1) || { \
		echo "» once more, what failed; a test that passes only now is a defect to mend"; \
		$(BIN)/pytest $(1) --last-failed --last-failed-no-failures none; }
endef

.DEFAULT_GOAL := help
.PHONY: help run test test-device bench bench-fanout lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## run the camera here; options go in ARGS="..."
	@.ci/setup run
	@exec $(BIN)/edgecam run $(ARGS)

test: ## check and test everything that needs no camera
	@.ci/setup test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(call tested,tests --ignore tests/browser --ignore tests/device)
	$(call tested,tests/browser)
	@echo "» all checks and tests passed"

test-device: ## boot Debian systems with edgecam as their service, and try everything there
	@.ci/setup device
	$(call tested,tests/device)
	@echo "» all device tests passed"

bench: ## measure; options go in ARGS="..."
	@.ci/setup test
	@tests/bench/viewers/setup
	@exec $(BIN)/python -m tests.bench $(ARGS)

bench-fanout: ## measure what one more viewer costs, beside other servers
	@.ci/setup test
	@tests/bench/fanout/setup
	@exec $(BIN)/python -m tests.bench.fanout $(ARGS)

lock: export UV_CUSTOM_COMPILE_COMMAND = make lock
lock: ## renew requirements.lock and requirements-dev.lock
	@[ -x .venv-lock/bin/uv ] || { echo "» installing $(UV), a few seconds"; \
		python3 -m venv .venv-lock && .venv-lock/bin/pip install --quiet $(UV); }
	@echo "» resolving, up to a minute"
	@$(LOCK) --upgrade --output-file requirements.lock
	@$(LOCK) --upgrade --output-file requirements-dev.lock --group dev --constraints requirements.lock

clean: ## remove what the other targets made
	rm -rf .cache .venv .venv-lock .mypy_cache .pytest_cache .ruff_cache .import_linter_cache \
		build dist tests/artifacts tests/bench/viewers/node_modules \
		tests/bench/fanout/pion/pion tests/bench/fanout/pion/.done tests/bench/fanout/recorded.*
	find edgecam tests -name __pycache__ -prune -exec rm -rf {} +
