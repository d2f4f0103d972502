"""A pool of one worker that sleeps, for tests that kill it. Argument: a file."""

import os
import sys
import time
from pathlib import Path

from aconv.companion.runs.executors import open_executor


def sleep(path):
    Path(path).write_text(str(os.getpid()))
    time.sleep(600)


if __name__ == "__main__":
    with open_executor("processes", workers=1) as (executor, _):
        executor.submit(sleep, sys.argv[1]).result()
