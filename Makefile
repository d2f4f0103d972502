# Everything the project does, from one environment made from uv.lock.
#   make book    the book in _build/html        make test    the tests
#   make lint    style                          make bench   the cost of the layer
#   make format  mend the style                 make clean   forget what was built
PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
STAMP := .venv/.synced

# TensorFlow's start-up log is noise in a terminal and in a page.
export TF_CPP_MIN_LOG_LEVEL ?= 2

# JAX compiles every operation for every shape, and the tests run each only once: a quick
# compiler saves nearly half of their time.
XLA_FAST_BUILD := --xla_backend_optimization_level=0 \
	--xla_llvm_disable_expensive_passes=true

# Most tests wait for imports and compilers, which use one processor.
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

.PHONY: env book test lint format bench clean

env: $(STAMP)

$(STAMP): pyproject.toml uv.lock
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	# Compiled here once, and not by every kernel that the book and the tests start.
	$(BIN)/uv sync --locked --all-extras --inexact --quiet --compile-bytecode
	touch $@

book: $(STAMP)
	$(BIN)/jupyter-book build book/ -W -n --keep-going

test: $(STAMP)
	KERAS_BACKEND=tensorflow $(PYTEST)
	XLA_FLAGS="$(XLA_FAST_BUILD)" KERAS_BACKEND=jax $(PYTEST) -m backend
	if $(BIN)/python -c "import torch" 2>/dev/null; then \
		KERAS_BACKEND=torch $(PYTEST) -m backend; fi

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
