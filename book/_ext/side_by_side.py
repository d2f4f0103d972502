"""Runs notebooks side by side before Sphinx reads them, which it does one by one.

A chapter starts a kernel, imports its packages and judges its claims, mostly on one
processor. What is run here is in the cache of executed notebooks when Sphinx comes to
it. Where a notebook fails or its kernel is killed, the build ends once the others are
done.
"""

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from myst_nb.core.read import create_nb_reader
from nbclient import NotebookClient
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util.display import progress_message

LOG_LINES = 5  # of a kernel, in the message that names it


def setup(app: Sphinx) -> dict:
    """Connect the step to Sphinx."""
    # Pages with times that others at work would change.
    app.add_config_value("run_alone", [], "env", [list])
    # Pages that train nothing: they are run with Keras's smallest backend.
    app.add_config_value("without_training", [], "env", [list])
    app.connect("env-before-read-docs", run)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def run(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Run the notebooks among the pages that are not in the cache, side by side.

    An error names those that fail, and the logs of their kernels.
    """
    config = env.mystnb_config
    if config.execution_mode != "cache":
        return
    cache = get_cache(config.execution_cache_path)
    found = [Notebook(name, app, cache) for name in docnames]
    waiting = [notebook for notebook in found if notebook.add(env)]
    if not waiting:
        return
    alone = [book for book in waiting if book.name in app.config.run_alone]
    together = [book for book in waiting if book not in alone]
    with progress_message(f"running {len(waiting)} notebooks side by side"):
        failures = [*run_all(together, os.cpu_count()), *run_all(alone, 1)]
    if failures:
        raise ExtensionError("\n".join(["notebooks failed", *failures]))


def run_all(notebooks: "Sequence[Notebook]", workers: int) -> Iterator[str]:
    """Run notebooks, put their results into the cache and say what failed.

    Threads suffice: the work is that of the kernels, which are processes.
    """
    with ThreadPoolExecutor(workers) as pool:
        jobs: dict[Future, Notebook] = {
            pool.submit(notebook.execute): notebook for notebook in notebooks
        }
        try:
            for job in as_completed(jobs):
                notebook = jobs[job]
                if job.exception() is None:
                    notebook.keep(seconds=job.result())
                    print(f" {notebook.name.rpartition('/')[2]}", flush=True)
                else:
                    yield notebook.failure(job.exception())
        except BaseException:
            # Kernels do not hear of an interrupt at the terminal.
            pool.shutdown(wait=False, cancel_futures=True)
            for notebook in notebooks:
                notebook.kill()
            raise


class Notebook:
    """A page with code, its kernel and its log."""

    def __init__(self, name: str, app: Sphinx, cache: JupyterCacheAbstract) -> None:
        self.name = name
        self._path = Path(app.env.doc2path(name))
        self._log = Path(app.outdir).parent / "kernels" / f"{self._path.stem}.log"
        self._cache = cache
        self._timeout = app.env.mystnb_config.execution_timeout
        self._env = dict(os.environ)
        if name in app.config.without_training:
            self._env.setdefault("KERAS_BACKEND", "numpy")

    def add(self, env: BuildEnvironment) -> bool:
        """Add the page to those that the cache knows of, if it has to be run."""
        text = self._path.read_text(encoding="utf-8")
        reader = create_nb_reader(
            str(self._path), env.myst_config, env.mystnb_config, text
        )
        if reader is None:
            return False
        try:
            self._cache.match_cache_notebook(reader.read(text))
        except KeyError:
            options = {"read_data": reader.read_fmt} if reader.read_fmt else {}
            record = self._cache.add_nb_to_project(str(self._path), **options)
            self._content = self._cache.get_project_notebook(record.pk).nb
            self._client = NotebookClient(
                self._content,
                timeout=self._timeout,
                # Times in a cell's metadata would make it another one for the cache.
                record_timing=False,
                resources={"metadata": {"path": str(self._path.parent)}},
            )
            return True
        return False

    def execute(self) -> float:
        """Run the cells and return the seconds that they took.

        What the kernel, TensorFlow and other libraries write past the cells goes to the
        log.
        """
        begin = time.monotonic()
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            self._client.execute(stderr=log, env=self._env)
        return time.monotonic() - begin

    def keep(self, seconds: float) -> None:
        """Put the results into the cache."""
        bundle = CacheBundleIn(
            self._content, str(self._path), data={"execution_seconds": seconds}
        )
        self._cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)

    def failure(self, error: BaseException) -> str:
        """The page, what happened, and the end of the kernel's log."""
        log = self._log.read_text(errors="replace") if self._log.exists() else ""
        last = "\n".join(log.splitlines()[-LOG_LINES:])
        return f"{self.name}: {type(error).__name__}: {error}\n{self._log}:\n{last}"

    def kill(self) -> None:
        """Kill the kernel, if it is at work."""
        process = getattr(
            getattr(self._client.km, "provisioner", None), "process", None
        )
        if process is not None:
            process.kill()
