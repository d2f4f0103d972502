"""What a command prints."""

import os
import sys
from collections.abc import Callable


def say(text: str, write: Callable[[str], None] = print) -> None:
    """Write a line to the standard output, at once.

    Whoever read it may have left, as in ``aconv status | head -1``. That is no fault
    and ends nothing: the rest goes nowhere, as all does where there is no output.
    """
    if sys.stdout is None:
        return
    try:
        write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
