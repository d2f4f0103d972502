"""Errors of the machine, apart from those of the run that met them."""

from aconv.companion.studies.spec import RunSpec

# By name: a backend that is not in use is not imported. JAX has one class for all, and
# begins its messages with the status.
_OF_MEMORY = {
    *("MemoryError", "ResourceExhaustedError", "OutOfMemoryError"),
    "RESOURCE_EXHAUSTED",
}
_OF_DEVICES = {
    *("InternalError", "UnavailableError", "AbortedError", "DataLossError"),
    *("INTERNAL", "UNAVAILABLE", "ABORTED", "DATA_LOSS"),
    "AcceleratorError",
}
# What PyTorch raises as a plain ``RuntimeError``.
_TEXTS_OF_MEMORY = ("DefaultCPUAllocator", "_STATUS_ALLOC_FAILED")
_TEXTS_OF_DEVICES = ("CUDA error", "cuDNN error", "NCCL error")
# Of a message, which may hold a whole graph.
_LENGTH = 300


def machine_fault(spec: RunSpec, error: Exception) -> MemoryError | OSError | None:
    """Return what to raise for an error of memory or of the device; None for others.

    Such an error says nothing of the run: it may go well with more memory, or when the
    device is well again. The backends have classes of their own for it, which other
    processes may lack.
    """
    # Keras raises errors anew, some as another class, with arguments in the message.
    while hasattr(error, "_keras_call_info_injected") and error.__context__:
        error = error.__context__
    text = str(error)
    names = {cls.__name__ for cls in type(error).__mro__}
    if "RuntimeError" in names:
        names.add(text.partition(":")[0])
    plain = text if type(error) is RuntimeError else ""
    first_line = next(iter(text.strip().splitlines()), "")
    reason = f"{type(error).__name__}: {first_line}"[:_LENGTH]
    if names & _OF_MEMORY or any(part in plain for part in _TEXTS_OF_MEMORY):
        return MemoryError(f"The memory does not suffice for {spec}: {reason}")
    if names & _OF_DEVICES or any(part in plain for part in _TEXTS_OF_DEVICES):
        return OSError(f"The device failed at {spec}: {reason}")
    return None
