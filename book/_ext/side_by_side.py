"""Runs notebooks side by side before Sphinx reads them, which it does one by one.

A chapter starts a kernel, imports TensorFlow and judges its claims, mostly on one
processor. What is run here is in the cache of executed notebooks when Sphinx comes to
it. A notebook that fails is run again there, where its error is shown.
"""

import contextlib
import logging
import multiprocessing
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.base import JupyterCacheAbstract
from jupyter_cache.executors import load_executor
from myst_nb.core.read import create_nb_reader
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.display import progress_message

# What the executor's workers report of a notebook, before its path.
_DONE = "Execution Successful: "


def setup(app: Sphinx) -> dict:
    """Connects the step to Sphinx."""
    # Pages with times that others at work would change.
    app.add_config_value("run_alone", [], "env", [list])
    app.connect("env-before-read-docs", run)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def run(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Runs the notebooks among the pages that are not in the cache, side by side."""
    config = env.mystnb_config
    if config.execution_mode != "cache":
        return
    cache = get_cache(config.execution_cache_path)
    together = [name for name in docnames if name not in app.config.run_alone]
    paths = [path for path in map(env.doc2path, together) if add(path, env, cache)]
    if len(paths) < 2:
        return
    # At this level its workers report; none of Sphinx's, where its lines are warnings.
    logger = logging.getLogger(__name__)
    logger.setLevel(logging.INFO)
    with (
        progress_message(f"running {len(paths)} notebooks side by side"),
        told(),
        errors_to(Path(app.outdir).parent / "kernels.log"),
    ):
        load_executor("local-parallel", cache, logger=logger).run_and_cache(
            filter_uris=paths, timeout=config.execution_timeout
        )


def add(path: str, env: BuildEnvironment, cache: JupyterCacheAbstract) -> bool:
    """Adds a page to those that the cache knows of, if it has to be run.

    Args:
        path: File of the page.
        env: What knows how to read it.
        cache: The cache.

    Returns:
        Whether it is a notebook whose results are not in the cache.
    """
    text = Path(path).read_text(encoding="utf-8")
    reader = create_nb_reader(path, env.myst_config, env.mystnb_config, text)
    if reader is None:
        return False
    try:
        cache.match_cache_notebook(reader.read(text))
    except KeyError:
        options = {"read_data": reader.read_fmt} if reader.read_fmt else {}
        cache.add_nb_to_project(path, **options)
        return True
    return False


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Says in the terminal which notebook is done, as the executor's workers report."""
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(lambda record: record.getMessage().startswith(_DONE))
    handler.setFormatter(_NameOnly())
    logger = multiprocessing.get_logger()
    logger.addHandler(handler)
    # Or each worker would write again what waits to be written.
    sys.stdout.flush()
    try:
        yield
    finally:
        logger.removeHandler(handler)


class _NameOnly(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return f" {Path(record.getMessage().removeprefix(_DONE)).stem}"


@contextlib.contextmanager
def errors_to(file: Path) -> Iterator[None]:
    """Sends what processes that are started here write to standard error to a file.

    Kernels and TensorFlow greet there. What a cell writes is caught by its kernel.
    """
    sys.stderr.flush()
    terminal = os.dup(2)
    try:
        with file.open("wb") as log:
            os.dup2(log.fileno(), 2)
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
