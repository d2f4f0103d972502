"""What is no fault of a run leaves it as far as it was."""

import keras
import pytest

from aconv.companion.runs import RunStore, execution, make_spec, sweep
from aconv.companion.runs.execution import execute
from aconv.companion.runs.faults import machine_fault
from aconv.companion.runs.sweeps import do_run
from aconv.companion.training.backends import BackendError

SPEC = make_spec("simple", "face_patches", "adaptive", 3, 31, epochs=3)
OP_ERROR = type("OpError", (Exception,), {})


def error(name, message="", base=RuntimeError):
    """Stands for an error of a backend that is not installed."""
    return type(name, (base,), {})(message)


def jax(message):
    return error("JaxRuntimeError", message)


def of_keras(failure):
    """What a failure inside of a layer becomes."""

    class Failing(keras.layers.Layer):
        def call(self, inputs):
            raise failure

    with pytest.raises(Exception, match="Exception encountered when calling") as raised:
        Failing()(keras.ops.zeros((1, 1)))
    return raised.value


class ResourceExhaustedError(Exception):
    """As TensorFlow's, which Keras cannot make anew from a message."""

    def __init__(self, status, message):
        super().__init__(status, message)


FAULTS = {
    MemoryError: [
        MemoryError(),
        error("ResourceExhaustedError", "OOM when allocating", OP_ERROR),
        error("OutOfMemoryError", "CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
        jax("RESOURCE_EXHAUSTED: Out of memory allocating"),
        of_keras(jax("RESOURCE_EXHAUSTED: Out of memory")),
        of_keras(ResourceExhaustedError(8, "OOM")),
    ],
    OSError: [
        error("InternalError", "the stream is bad", OP_ERROR),
        RuntimeError("CUDA error: unspecified launch failure"),
        error("AcceleratorError", "an illegal access"),
        jax("INTERNAL: launch failed"),
        of_keras(jax("INTERNAL: launch failed")),
    ],
    # Of the run itself.
    type(None): [
        ValueError("CUDA is mentioned, but the shapes do not fit"),
        RuntimeError("tensors on cuda:0 and cpu cannot be added"),
        jax("INVALID_ARGUMENT: shapes"),
        error("InvalidArgumentError", "shapes", OP_ERROR),
        of_keras(jax("INVALID_ARGUMENT: shapes")),
        NotImplementedError("Could not run 'op' with the 'CUDA' backend"),
    ],
}


@pytest.mark.parametrize(
    ("kind", "failure"),
    [(kind, failure) for kind, found in FAULTS.items() for failure in found],
)
def test_faults_of_memory_and_device_are_told_by_what_backends_say(kind, failure):
    fault = machine_fault(SPEC, failure)
    assert type(fault) is kind
    if fault is not None:
        assert str(SPEC) in str(fault)
        assert str(fault).isprintable()


def break_after(epochs, failure, monkeypatch):
    """Makes every run raise after an epoch that it has kept, or before any."""
    train = execution.train

    def broken(*args, on_state, **options):
        def keep(state):
            over = on_state(state)
            if state.epochs == epochs:
                raise failure
            return over

        if epochs == 0:
            raise failure
        return train(*args, on_state=keep, **options)

    monkeypatch.setattr(execution, "train", broken)


@pytest.mark.parametrize("kind", [MemoryError, OSError])
def test_fault_of_the_machine_ends_the_sweep_and_loses_no_epoch(
    tmp_path, monkeypatch, kind
):
    store = RunStore(tmp_path)
    with monkeypatch.context() as broken:
        break_after(1, FAULTS[kind][3], broken)
        with pytest.raises(kind, match="simple paper face_patches adaptive"):
            sweep([SPEC], store)
    assert (store.get(SPEC).status, store.get(SPEC).epochs) == ("partial", 1)
    assert store.state(SPEC).epochs == 1
    assert sweep([SPEC], store).done == (SPEC,)
    assert len(store.get(SPEC).provenance.earlier) == 1


def test_before_the_first_epoch_failures_are_records_and_faults_are_not(
    monkeypatch, tmp_path
):
    break_after(0, OSError("disk"), monkeypatch)
    with pytest.raises(OSError, match="disk"):
        do_run(SPEC, tmp_path)
    assert RunStore(tmp_path).records() == []
    break_after(0, RuntimeError("the disk is on fire"), monkeypatch)
    assert do_run(SPEC, tmp_path).outcome == "failed"
    record = RunStore(tmp_path).get(SPEC)
    assert "RuntimeError: the disk is on fire" in record.error
    assert record.provenance.data_sha256


def test_unknown_faults_of_a_run_keep_its_epochs_and_its_state(tmp_path, monkeypatch):
    store = RunStore(tmp_path)
    do_run(SPEC, tmp_path, slice_seconds=0.0)
    with monkeypatch.context() as broken:
        break_after(2, OP_ERROR("the kernels are on fire"), broken)
        assert sweep([SPEC], store).failed == (SPEC,)
    record = store.get(SPEC)
    assert (record.status, record.epochs) == ("failed", 2)
    assert "the kernels are on fire" in record.error
    assert len(record.provenance.earlier) == 1
    assert store.state(SPEC).epochs == 2
    # Done again it begins anew, and nothing of the first time is lost.
    store.archive_failed([SPEC])
    assert store.state(SPEC) is None
    aside = sorted(path.suffix for path in (tmp_path / "aside").iterdir())
    assert aside == [".json", ".npz"]
    assert do_run(SPEC, tmp_path).outcome == "done"
    assert store.get(SPEC).provenance.earlier == ()
    assert not store.state_path(SPEC).exists()


def test_backend_that_cannot_train_is_refused_and_nothing_is_recorded(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(keras.backend, "backend", lambda: "numpy")
    for attempt in (
        lambda: sweep([SPEC], RunStore(tmp_path)),
        lambda: sweep([SPEC], RunStore(tmp_path), execute=execute),
        lambda: do_run(SPEC, tmp_path),
        lambda: execute(SPEC),
    ):
        with pytest.raises(BackendError, match=r"KERAS_BACKEND.*Received: 'numpy'"):
            attempt()
        assert RunStore(tmp_path).records() == []
