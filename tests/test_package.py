"""What `import aconv` promises."""

import re
import subprocess
import sys
from pathlib import Path

import aconv

# All that the extras bring and the package itself must do without.
FORBIDDEN = (
    "distributed",
    "matplotlib",
    "pandas",
    "pooch",
    "scipy",
    "seaborn",
    "skimage",
    "sklearn",
    "tqdm",
    "yaml",
)


def test_import_needs_keras_and_numpy_only():
    # Keras and its backend may use what they find installed, so those imports are made
    # first and what aconv then adds is looked at.
    code = (
        "import sys, keras, numpy\n"
        f"for name in {FORBIDDEN!r}: sys.modules[name] = None\n"
        "before = set(sys.modules)\n"
        "import aconv\n"
        "print(*sorted({m.split('.')[0] for m in set(sys.modules) - before}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == ["aconv"]


def test_all_names_are_there_and_documented():
    for name in aconv.__all__:
        assert getattr(aconv, name).__doc__, name


def test_readme_example_runs():
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    for block in re.findall(r"```python\n(.*?)```", readme, re.DOTALL):
        exec(compile(block, "README.md", "exec"), {})


def test_docstring_examples_print_what_they_say():
    import doctest
    import importlib

    import keras
    import numpy as np

    from aconv import constraints, envelope, gradients, initializers
    from aconv.layers import conv

    finder = doctest.DocTestFinder()
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    names = {"np": np, "keras": keras}
    # The name in the package is the function.
    fold = importlib.import_module("aconv.fold")
    for module in (constraints, envelope, fold, gradients, initializers, conv):
        for test in finder.find(module, globs={**vars(module), **names}):
            runner.run(test)
    assert runner.tries > 5
    assert runner.failures == 0
