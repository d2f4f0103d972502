"""A run's curves depend on its spec, not on what else its process does."""

import concurrent.futures
import random
import threading

import keras
import numpy as np
import pytest

from aconv.companion.runs import RunStore, execute, make_spec, open_executor
from aconv.companion.runs.sweeps import do_run

TIMES = ("train_seconds", "test_seconds")


def spec(seed=31):
    return make_spec("simple", "face_patches", "adaptive", 3, seed, epochs=1)


def curves(record):
    assert record.status == "done"
    return {name: c for name, c in record.curves.items() if name not in TIMES}


@pytest.fixture(scope="module")
def alone():
    return curves(execute(spec())[0])


@pytest.fixture
def drawing():
    """A thread that draws from the global generators, as a Dask worker's does."""
    stop = threading.Event()

    def draw():
        while not stop.is_set():
            random.random()
            np.random.rand()  # noqa: NPY002

    thread = threading.Thread(target=draw, daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.mark.backend
def test_a_thread_that_draws_changes_nothing(alone, drawing):
    assert curves(execute(spec())[0]) == alone


def test_runs_in_several_threads_of_one_process_are_those_of_one(alone, tmp_path):
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        specs = [spec(seed) for seed in (31, 48, 65)]
        reports = list(pool.map(lambda s: do_run(s, tmp_path), specs))
    assert [report.outcome for report in reports] == ["done"] * 3
    store = RunStore(tmp_path)
    assert curves(store.get(specs[0])) == alone
    assert curves(store.get(specs[1])) == curves(execute(specs[1])[0])


def test_processes_give_what_one_process_gives(alone, tmp_path):
    with open_executor("processes", workers=1) as (executor, _):
        report = executor.submit(do_run, spec(), tmp_path).result()
    assert report.outcome == "done"
    assert curves(RunStore(tmp_path).get(spec())) == alone


@pytest.mark.backend
@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("floatx", "float64"),
        ("image_data_format", "channels_first"),
        ("epsilon", 1e-3),
    ],
)
def test_a_users_keras_settings_are_set_aside_and_given_back(alone, setting, value):
    before = getattr(keras.config, setting)()
    put = getattr(keras.config, f"set_{setting}")
    put(value)
    try:
        assert curves(execute(spec())[0]) == alone
        assert getattr(keras.config, setting)() == value
    finally:
        put(before)


@pytest.mark.parametrize("threads", ["2,1", "auto", "", "0", "x"])
def test_threads_that_a_user_names_in_any_way_do_not_end_a_run(threads, monkeypatch):
    from aconv.companion.runs import provenance

    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    expected = 2 if threads == "2,1" else provenance.processors()
    assert provenance.threads() == expected


def test_packages_under_other_names_are_recorded(monkeypatch):
    import importlib.metadata

    def unknown(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", unknown)
    record, _ = execute(spec())
    assert record.provenance.packages[keras.backend.backend()]
    assert record.provenance.packages["keras"] == keras.__version__


def test_a_run_whose_test_loss_is_not_finite_is_failed_with_its_curves(monkeypatch):
    from aconv.companion.training import algorithm

    class Poisoned(algorithm._Log):
        def on_epoch_end(self, epoch, logs=None):
            super().on_epoch_end(epoch, logs | {"val_loss": float("nan")})

    monkeypatch.setattr(algorithm, "_Log", Poisoned)
    record, weights = execute(spec())
    assert (record.status, weights) == ("failed", None)
    assert "DivergedError" in record.error
    assert record.curves["val_loss"] == (None,)
    assert record.curves["accuracy"][0] > 0
    assert type(record).from_json(record.to_json()) == record


@pytest.mark.parametrize("fault", [OSError("disk"), MemoryError()])
def test_a_fault_of_the_machine_is_no_record(fault, monkeypatch, tmp_path):
    from aconv.companion.runs import execution

    def fail(spec):
        raise fault

    monkeypatch.setattr(execution, "load_data", fail)
    with pytest.raises(type(fault)):
        do_run(spec(), tmp_path)
    assert RunStore(tmp_path).records() == []
