# The two commands of a new user: `make demo` and `make test`. Everything lands in .venv; nothing else is touched.
# COVERAGE=1 measures branch coverage while testing; ARGS goes to pytest (`make test ARGS="-k queue"`).

VENV  := .venv
BIN   := $(VENV)/bin
STAMP := $(VENV)/.complete
FLOOR := 95
SOURCES := src tests bench

.DEFAULT_GOAL := help
.PHONY: help demo test check static cover bench conformance fuzz fmt lock

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

demo: $(STAMP) ## play the main job through real processes; KEEP=1 leaves them running
	@$(BIN)/fhirbridge demo $(if $(KEEP),--keep)

test: $(STAMP) ## run the tests
	@$(BIN)/python -m pytest $(if $(COVERAGE),--cov --cov-report=term:skip-covered --cov-fail-under=$(FLOOR)) $(ARGS)

check: static cover ## formatter, linter, types, import contracts, tests with branch coverage

static: $(STAMP) ## the parts of check that run no test
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports

cover: ## the tests with branch coverage
	@$(MAKE) --no-print-directory test COVERAGE=1

bench: $(STAMP) ## measure against the floor and against hand-written code
	@$(BIN)/python -m bench

conformance: $(STAMP) ## ask HL7's validator and compare; DATA=FOLDER has us-core/ and hl7-validator-cases/
	@$(BIN)/python -m bench.conformance $(if $(DATA),--data $(DATA)) $(PARTS)

SECONDS := 60
SEED := 1
fuzz: $(STAMP) ## break maps and messages at random; SECONDS=600 for longer, SEED=2 for others
	@$(BIN)/python -m bench.fuzz $(SECONDS) $(SEED)

fmt: $(STAMP) ## put the code into the one format
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

lock: $(STAMP) ## resolve the dependencies anew, with hashes (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --all-extras --group dev \
	  --output-file requirements.lock pyproject.toml

# A virtual environment from the lock, with uv where it is there, else with pip, which also steps in where uv cannot
# reach the registry. Made once for each lock.
$(STAMP): requirements.lock pyproject.toml
	@python=''; \
	for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	  if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then python=$$name; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo 'fhirbridge needs Python 3.11 or newer; none was found on PATH. Install one, then run make again.' >&2; exit 1; \
	fi; \
	echo "Setting up $(VENV) with $$($$python --version) ..."; \
	if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python "$$($$python -c 'import sys; print(sys.executable)')" $(VENV) \
	  && uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock \
	  && uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . \
	  && touch $@ && exit 0; \
	  echo 'uv could not do it; trying pip ...' >&2; \
	fi; \
	$$python -m venv $(VENV) || { \
	  echo 'Python came without its venv module; install it (on Debian: python3-venv) or install uv.' >&2; exit 1; }; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock \
	&& $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . \
	&& touch $@
