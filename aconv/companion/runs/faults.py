"""Errors of the machine, apart from those of the run that met them."""

import re

from aconv.companion.studies.spec import RunSpec

# By name and by words: a backend that is not in use is not imported, and Keras makes
# some errors of it anew as plain ``RuntimeError``.
_MEMORY_ERRORS = {"MemoryError", "ResourceExhaustedError", "OutOfMemoryError"}
_MEMORY = re.compile(
    "RESOURCE_EXHAUSTED|OOM when allocating|out of memory|ALLOC_FAILED"
    "|can't allocate memory|not enough memory"
)
_DEVICE_ERRORS = {
    *("InternalError", "UnavailableError", "AbortedError", "DataLossError"),
    "AcceleratorError",
}
_DEVICE = re.compile(
    "CUDA|cuDNN|CUDNN|cuBLAS|CUBLAS|NCCL|HIP error"
    "|(?:^|[^A-Z_])(?:INTERNAL|UNAVAILABLE|ABORTED|DATA_LOSS): "
)
_STYLE = re.compile("\x1b\\[[0-9;]*m")  # Keras writes in bold
# Of a message, which may hold a whole graph.
_LENGTH = 300


def machine_fault(spec: RunSpec, error: Exception) -> MemoryError | OSError | None:
    """Return what to raise for an error of memory or of the device; None for others.

    Such an error says nothing of the run: it may go well with more memory, or when the
    device is well again. The backends have classes of their own for it, which other
    processes may lack.
    """
    classes = {cls.__name__ for cls in type(error).__mro__}
    known = classes & {"MemoryError", "RuntimeError", "OpError"}
    # What is not implemented stays so. Python has it among the ``RuntimeError``s.
    if not known or isinstance(error, (NotImplementedError, RecursionError)):
        return None
    text = str(error)
    if classes & _MEMORY_ERRORS or _MEMORY.search(text):
        reason = _sentence(error, _MEMORY)
        return MemoryError(f"The memory does not suffice for {spec}: {reason}")
    if classes & _DEVICE_ERRORS or _DEVICE.search(text):
        reason = _sentence(error, _DEVICE)
        return OSError(f"The device failed at {spec}: {reason}")
    return None


def _sentence(error: Exception, words: re.Pattern[str]) -> str:
    """The line of a message that says what it is; Keras writes others around it."""
    plain = _STYLE.sub("", str(error))
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    telling = [line for line in lines if words.search(line)] or lines
    return ": ".join([type(error).__name__, *telling[:1]])[:_LENGTH]
