# Everything the project does, from one environment made from requirements.lock.
#   make book    the book in _build/html        make test    the tests
#   make lint    style                          make bench   the cost of the layer
#   make format  mend the style                 make clean   forget what was built
#   make lock    requirements.lock anew, from pyproject.toml
#   make test-slow   the tests that take longest, which continuous integration runs, too
#   make test-pages  the built pages in a browser, skipped where there is none
#   make pdf         the built book as one PDF beside its pages, by Chromium
# The first that fits of python3.13, python3.12, python3.11 and python3, else uv's; or
# make PYTHON=...
PYTHON ?=
BIN := .venv/bin
STAMP := .venv/.synced

# A user's own settings of pip and uv must not lead elsewhere than into .venv.
unexport PIP_PREFIX PIP_ROOT PIP_TARGET PIP_USER PIP_CONSTRAINT PIP_REQUIRE_VIRTUALENV
unexport UV_PROJECT UV_PROJECT_ENVIRONMENT UV_PYTHON UV_SYSTEM_PYTHON UV_WORKING_DIR
unexport UV_CONSTRAINT UV_OVERRIDE UV_NO_BINARY UV_ONLY_BINARY UV_NO_BUILD_ISOLATION
unexport VIRTUAL_ENV PYTHONHOME

# TensorFlow's start-up log is noise in a terminal and in a page.
export TF_CPP_MIN_LOG_LEVEL ?= 2

# JAX compiles every operation for every shape, and the tests run each only once: a quick
# compiler saves nearly half of their time. What one process compiled the others read.
ON_JAX := KERAS_BACKEND=jax \
	XLA_FLAGS="--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true" \
	JAX_COMPILATION_CACHE_DIR="$(CURDIR)/.pytest_cache/jax" \
	JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0 \
	JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES=-1

# Most tests wait for imports and compilers, which use one processor.
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal
# Only the files that hold such tests, so that no process reads the others.
ON_BACKENDS := $$(grep -rl --include='test_*.py' pytest.mark.backend tests)

# Pages print commands as they are typed in an active environment.
COMMANDS := echo "For aconv and other commands of the pages type $(BIN)/aconv, or once" \
	"source $(BIN)/activate"

.PHONY: env new-venv lock book test test-slow test-pages pdf lint format bench clean

env: $(STAMP)

# Another Python, or a folder that was moved or copied: .venv is made anew.
UNFIT := $(shell sh tools/check_venv.sh "$(PYTHON)")

$(STAMP): pyproject.toml requirements.lock $(if $(UNFIT),new-venv)
	# uv first, as the lock has it: it installs the rest in seconds where pip takes minutes.
	sed -n '/^uv==/,/# via/p' requirements.lock > .venv/uv.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --require-hashes -r .venv/uv.txt
	# Compiled here once, and not by every kernel that the book and the tests start.
	$(BIN)/uv pip install --python $(BIN)/python --quiet --compile-bytecode \
		--no-deps --require-hashes -r requirements.lock
	$(BIN)/uv pip install --python $(BIN)/python --quiet \
		--no-deps --no-build-isolation -e .
	touch $@
	@$(COMMANDS)

new-venv:
	@python=$$(sh tools/find_python.sh "$(PYTHON)") && rm -rf .venv && \
		echo "making .venv with $$python" && "$$python" -m venv .venv

# Keeps the versions that are in the lock, where pyproject.toml allows them.
lock: $(STAMP)
	$(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
		--all-extras --group dev --group relevance --generate-hashes \
		--custom-compile-command "make lock" -o requirements.lock

book: $(STAMP)
	$(BIN)/jupyter-book build book/ -W -n --keep-going
	@$(COMMANDS)

test: $(STAMP)
	KERAS_BACKEND=tensorflow $(PYTEST) --ignore=tests/pages
	$(ON_JAX) $(PYTEST) -m "backend and not slow" $(ON_BACKENDS)
	if $(BIN)/python -c "import torch" 2>/dev/null; then \
		KERAS_BACKEND=torch $(PYTEST) -m "backend and not slow" $(ON_BACKENDS); fi

test-slow: $(STAMP)
	KERAS_BACKEND=tensorflow $(PYTEST) --ignore=tests/pages -m slow
	$(ON_JAX) $(PYTEST) -m "backend and slow" $(ON_BACKENDS)
	if $(BIN)/python -c "import torch" 2>/dev/null; then \
		KERAS_BACKEND=torch $(PYTEST) -m "backend and slow" $(ON_BACKENDS); fi

test-pages: $(STAMP)
	$(PYTEST) tests/pages

pdf: $(STAMP)
	$(BIN)/python book/print_book.py

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)
	$(BIN)/python benchmarks/training_step.py

clean:
	rm -rf _build book/notebooks dist
