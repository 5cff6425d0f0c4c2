# What a checkout needs, for every make since GNU make 3.81. "make help" lists it.

VENV = .venv
BIN = $(VENV)/bin
SECONDS = 60

.PHONY: help demo test check fuzz lab-up lab-down clean

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1	\2/p' Makefile

demo: $(VENV)/run.stamp ## show the whole story on this machine: no root, no mail server, no network
	$(BIN)/profilegen demo

test: $(VENV)/dev.stamp ## run all tests; as root on Debian this installs the servers they talk to
	sh .ci/servers
	$(BIN)/python -m compileall -q profilegen # the many processes the tests start then compile nothing
	$(BIN)/pytest -n 3 --dist loadscope --no-loadscope-reorder # half of the time is waiting

check: $(VENV)/dev.stamp ## run all gates that need no test: style, types, layers, dependencies, catalogue
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/profilegen providers check

fuzz: $(VENV)/fuzz.stamp ## look for bytes that make check stumble, for SECONDS=60, guided by coverage (Linux)
	$(BIN)/python -m tests.fuzz $(SECONDS)

lab-up: $(VENV)/dev.stamp ## start the mail servers of the tests, for trying things by hand
	sh .ci/servers
	$(BIN)/python -m tests.lab up

lab-down: $(VENV)/dev.stamp ## stop them again
	$(BIN)/python -m tests.lab down

clean: ## remove everything made here
	rm -rf $(VENV) build dist .lab .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/run.stamp: pyproject.toml
	sh .ci/venv $(VENV) .
	touch $@

$(VENV)/dev.stamp: pyproject.toml
	sh .ci/venv $(VENV) '.[dev]'
	touch $(VENV)/run.stamp $@

$(VENV)/fuzz.stamp: pyproject.toml
	sh .ci/venv $(VENV) '.[dev,fuzz]'
	touch $(VENV)/run.stamp $(VENV)/dev.stamp $@
