# What one does with this repository; `make help` lists it. Everything lands in .venv, installed from
# the lock files by hash; a second run installs nothing.

VENV := .venv
BIN := $(VENV)/bin
new_enough = $(firstword $(foreach name,$(1),$(shell \
	$(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))))
# The first Python on PATH that is new enough; name another one with `make PYTHON=...`.
PYTHON ?= $(call new_enough,python3 python3.14 python3.13 python3.12 python3.11)
# Speed is that of the Python which the Debian package runs on, where there is one: others are often
# built without what makes it a tenth faster.
BENCH_PYTHON ?= $(if $(filter command environment,$(origin PYTHON)),$(PYTHON),$(call \
	new_enough,$(shell /usr/bin/python3 -c 'import ensurepip' 2>/dev/null && echo /usr/bin/python3) $(PYTHON)))
BENCH_VENV = $(VENV)$(if $(filter $(BENCH_PYTHON),$(PYTHON) $(shell command -v $(PYTHON))),,-bench)
# Who watches sees a bar; a log gets a line a step.
QUIET := $(if $(MAKE_TERMERR),,--quiet)
INSTALL := $(BIN)/uv pip install $(QUIET) --system-certs --no-deps --no-build-isolation --python
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command 'make lock' pyproject.toml

# What the contract "pure" in pyproject.toml names is covered to the last branch.
PURE = $(shell $(BIN)/python -c 'import tomllib; \
	contracts = tomllib.load(open("pyproject.toml", "rb"))["tool"]["importlinter"]["contracts"]; \
	pure = next(contract for contract in contracts if contract.get("id") == "pure"); \
	paths = [name.replace(".", "/") for name in pure["source_modules"]]; \
	print(",".join(f"{path}.py,{path}/**" for path in paths))')

.DEFAULT_GOAL := help
.PHONY: help demo demo-port package deb test unit pythons check style bench measured crash accuracy po fuzz lock pictures year clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

# A port that is taken is told before anything is installed.
demo: demo-port $(VENV)/runtime.stamp ## a site that is alive, from documents to mailboxes (DEMO_ARGS=--exit ends there)
	@$(BIN)/fieldfare demo $(DEMO_ARGS)

demo-port:
	@$(if $(PYTHON),$(PYTHON) notifier/cli/demo/demo_port.py $(DEMO_ARGS))

package: $(VENV)/runtime.stamp ## a wheel and the source it is made of, in dist/
	@rm -rf build dist/fieldfare-*
	@mkdir -p dist
	@$(BIN)/python -c 'from setuptools import build_meta; build_meta.build_sdist("dist")' >/dev/null
	@$(BIN)/uv build --quiet --wheel --no-build-isolation --python $(BIN)/python dist/fieldfare-*.tar.gz
	@ls dist/fieldfare-*

deb: package ## a Debian package of it, for the Python of this machine
	@PATH=$(CURDIR)/$(BIN):$$PATH deploy/debian-package dist/fieldfare-*.whl

test: $(VENV)/dev.stamp $(VENV)-s3/s3.stamp ## every test, with the real servers they use
	.ci/debian-packages
	$(BIN)/python -m pytest -n 4 --dist worksteal --cov --cov-report= $(TEST_ARGS)
	$(BIN)/coverage report --include='$(PURE)' --fail-under=100

unit: $(VENV)/dev.stamp ## the tests that need no server
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal tests/unit $(TEST_ARGS)

# The Python above looks for odd inputs; that the others understand what it does takes few of them.
# To rewrite asserts, so that they tell more where they fail, takes each a tenth of the time.
pythons: $(VENV)/dev.stamp ## the same on every other Python from 3.11 on that is installed
	@for python in $${PYTHONS-$$(.ci/pythons $(VENV))}; do \
		other=$(VENV)-$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
		echo "unit tests on $$python"; \
		{ [ -e $$other/bin/python ] || $(BIN)/uv venv --quiet --python $$python $$other; } && \
		$(INSTALL) $$other --require-hashes -r $(VENV)/build.lock && \
		$(INSTALL) $$other --require-hashes -r requirements-dev.lock && \
		$(INSTALL) $$other -e . && \
		$$other/bin/python -m pytest -q -n auto --maxprocesses 4 --dist worksteal tests/unit \
			-m 'not one_python' -p no:cacheprovider --assert=plain --hypothesis-profile few \
			$(TEST_ARGS) || exit; \
	done

check: style ## style, types, floors and size
	$(BIN)/python -m pytest -q tests/unit/test_house.py

style: $(VENV)/dev.stamp ## the same without size, which is among the tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict
	$(BIN)/lint-imports

bench: ## speed, each number as a ratio to its peer in the same run
	@$(MAKE) --no-print-directory measured PYTHON=$(BENCH_PYTHON) VENV=$(BENCH_VENV)

measured: $(VENV)/dev.stamp
	.ci/debian-packages
	$(BIN)/python -m tests.bench $(BENCH_ARGS)

crash: $(VENV)/dev.stamp ## what crashes cost: digests killed at random moments, a hundred times, before an unruly mail server
	.ci/debian-packages
	$(BIN)/python -m tests.crash $(CRASH_ARGS)

po: $(VENV)/dev.stamp ## what is said to readers, as PO files for translators (PO_ARGS="read build/po/de.po" takes them back)
	$(BIN)/python -m tests.po $(or $(PO_ARGS),write build/po)

accuracy: $(VENV)/dev.stamp $(VENV)-peers/peers.stamp ## how much of the labelled corpus is understood, and which rule needs which document
	$(BIN)/python -m tests.accuracy $(ACCURACY_ARGS)

$(VENV)-peers/peers.stamp: requirements-peers.lock | $(VENV)/build.lock
	[ -e $(VENV)-peers/bin/python ] || $(BIN)/uv venv --quiet --python $(BIN)/python $(VENV)-peers
	$(INSTALL) $(VENV)-peers --require-hashes -r $(VENV)/build.lock
	$(INSTALL) $(VENV)-peers --require-hashes -r requirements-peers.lock
	touch $@

$(VENV)-s3/s3.stamp: requirements-s3.lock | $(VENV)/build.lock
	[ -e $(VENV)-s3/bin/python ] || $(BIN)/uv venv --quiet --python $(BIN)/python $(VENV)-s3
	$(INSTALL) $(VENV)-s3 --require-hashes -r $(VENV)/build.lock
	$(INSTALL) $(VENV)-s3 --require-hashes -r requirements-s3.lock
	touch $@

year: $(VENV)/dev.stamp ## the digests of a year where clocks are odd, for somebody to look at
	$(BIN)/python -m tests.year

fuzz: $(VENV)/dev.stamp ## the parsers against coverage-guided noise, a minute a family of forms
	$(BIN)/python -m tests.fuzz $(FUZZ_ARGS)

lock: $(VENV)/dev.stamp ## the lock files anew from pyproject.toml (LOCK_ARGS=--upgrade for newer versions)
	$(LOCK) --group build --output-file requirements.lock $(LOCK_ARGS)
	$(LOCK) --group build --group dev --constraint requirements.lock \
		--output-file requirements-dev.lock $(LOCK_ARGS)
	$(LOCK:pyproject.toml=) --group peers --output-file requirements-peers.lock $(LOCK_ARGS)
	$(LOCK:pyproject.toml=) --group s3 --output-file requirements-s3.lock $(LOCK_ARGS)

pictures: $(VENV)/dev.stamp ## the pictures of README and papers, taken anew of the demo
	.ci/debian-packages
	$(BIN)/python -m tests.pictures

clean: ## away with everything made here
	rm -rf $(VENV) $(VENV)-* build demo dist .coverage htmlcov .hypothesis .import_linter_cache \
		.mypy_cache .pytest_cache .ruff_cache *.egg-info
	find config feeds notifier tests -name __pycache__ -prune -exec rm -rf {} +

# Where no bytecode is written every start would compile again; elsewhere what is used is kept.
define install
	@echo "Installing the $$(grep -c == $(1)) packages of $(1) into $(VENV), each checked by its hash"
	@$(INSTALL) $(VENV) $(if $(PYTHONDONTWRITEBYTECODE),--compile-bytecode) --require-hashes -r $(1)
	@$(INSTALL) $(VENV) -e .
	@$(if $(PYTHONDONTWRITEBYTECODE),$(BIN)/python -m compileall -q config feeds notifier)
endef

$(VENV)/runtime.stamp: requirements.lock pyproject.toml | $(VENV)/build.lock
	$(call install,requirements.lock)
	@touch $@

# All of the runtime is in the development lock, at the same versions.
$(VENV)/dev.stamp: requirements-dev.lock pyproject.toml | $(VENV)/build.lock
	$(call install,requirements-dev.lock)
	@touch $@ $(VENV)/runtime.stamp

# uv installs in seconds what takes pip most of a minute. setuptools goes first: what comes as source
# is built with the locked one, none is fetched unseen.
$(VENV)/build.lock: requirements-dev.lock | $(BIN)/python
	@echo "Fetching the installer, uv"
	@sed -n '/^\(setuptools\|uv\)==/,/[^\\]$$/p' $< >$@.new
	@$(BIN)/python -m pip --disable-pip-version-check $(QUIET) install --no-deps --require-hashes -r $@.new
	@mv $@.new $@

$(BIN)/python:
	$(if $(PYTHON),,$(error Fieldfare needs Python 3.11 or newer on PATH; name one with `make PYTHON=...`))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is $$($(PYTHON) --version), and Fieldfare needs 3.11 or newer" >&2; exit 1; }
	@echo "Making a Python environment in $(VENV), by $(PYTHON)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
