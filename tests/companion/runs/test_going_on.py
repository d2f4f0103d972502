"""Runs that are stopped go on as if they had not been."""

import base64
import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import attrs
import long_run
import numpy as np
import pytest

from aconv.companion.runs import RunStore, make_spec, run_missing, sweep
from aconv.companion.runs.execution import execute
from aconv.companion.runs.sweeps import do_run

EPOCHS = 8


def spec(epochs=EPOCHS, dataset="digits"):
    return make_spec("simple", dataset, "adaptive", 3, 31, epochs=epochs)


def assert_equal(record, expected):
    assert record.status == expected.status == "done"
    for name in record.curves.keys() - {"train_seconds", "test_seconds"}:
        assert record.curves[name] == expected.curves[name]
    assert record.apertures == expected.apertures
    assert record.correct == expected.correct


@pytest.fixture(scope="module")
def uninterrupted():
    return execute(spec())[0]


SHORT = spec(epochs=3, dataset="face_patches")


@pytest.fixture(scope="module")
def first_epoch(tmp_path_factory):
    """The folder of a store with one epoch of three of a run."""
    folder = tmp_path_factory.mktemp("first_epoch")
    report = do_run(SHORT, folder, seconds=1e-6)
    assert (report.outcome, report.epochs) == ("partial", 1)
    return folder


@pytest.fixture(scope="module")
def short_uninterrupted():
    return execute(SHORT)[0]


@pytest.fixture
def begun(store, first_epoch):
    """A run of which one epoch of three is done."""
    shutil.copytree(first_epoch, store.folder, dirs_exist_ok=True)
    return SHORT


@pytest.mark.slow
def test_killed_three_times_a_run_ends_with_the_same_record(store, uninterrupted):
    helpers = Path(long_run.__file__).parent
    paths = os.pathsep.join(map(str, (helpers, helpers.parents[1])))
    command = [sys.executable, long_run.__file__, str(store.folder), str(EPOCHS)]
    done = 0
    for _ in range(3):
        process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": paths})
        while process.poll() is None:
            state = store.state(spec())
            if state is not None and state.epochs > done:
                break
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        state = store.state(spec())
        if state is None:  # it was faster than we
            break
        assert state.epochs > done
        done = state.epochs
    assert done > 0
    sweep([spec()], store)
    record = store.get(spec())
    assert_equal(record, uninterrupted)
    assert len(record.provenance.earlier) >= 1
    assert not store.state_path(spec()).exists()


@pytest.mark.backend
def test_a_slice_that_ends_leaves_a_partial_record_and_goes_on(
    store, begun, short_uninterrupted
):
    assert do_run(begun, store.folder, slice_seconds=0.0).epochs == 2
    partial = store.get(begun)
    assert (partial.status, partial.epochs) == ("partial", 2)
    assert do_run(begun, store.folder).outcome == "done"
    assert do_run(begun, store.folder).outcome == "present"
    assert_equal(store.get(begun), short_uninterrupted)


def test_sessions_of_a_run_are_those_of_its_state(store, begun):
    do_run(begun, store.folder, slice_seconds=0.0)
    state, longer = store.state(begun), store.get(begun)
    assert (state.epochs, longer.epochs) == (2, 2)
    # The state is moved away, and with it what the run would have gone on from.
    store.put_state(begun, None)
    do_run(begun, store.folder, slice_seconds=0.0)
    second = store.state(begun)
    assert store.get(begun) == longer  # it has more epochs
    assert len(longer.provenance.earlier) == len(second.sessions) == 1
    do_run(begun, store.folder)
    record = store.get(begun)
    assert record.status == "done"
    assert record.provenance.earlier == second.sessions


@pytest.mark.backend
def test_a_state_that_does_not_fit_stays_and_its_run_is_left(store, begun):
    state = store.state(begun)
    more = np.append(state.generator, np.zeros(16, "uint8"))
    for change, reason in (
        ({"variables": state.variables[:-1]}, "of another network"),
        ({"generator": more}, "another number of GPUs"),
        ({"backend": "other"}, "of the backend other.*set KERAS_BACKEND=other"),
    ):
        store.put_state(begun, dataclasses.replace(state, **change))
        with (
            pytest.warns(UserWarning, match=f"{store.state_path(begun)}.*{reason}"),
            pytest.raises(RuntimeError, match="is not done"),
        ):
            run_missing([begun], store)
        assert store.get(begun).status == "partial"
    # The remedy that is named.
    store.state_path(begun).rename(store.folder / "elsewhere")
    assert sweep([begun], store).done == (begun,)


@pytest.mark.slow
def test_plateau_schedule_goes_on_where_it_was(tmp_path):
    whole = spec(epochs=5, dataset="face_patches")
    settings = attrs.evolve(
        whole.settings, schedule="plateau", plateau_patience=0, plateau_cooldown=1
    )
    whole = attrs.evolve(whole, settings=settings)
    expected, _ = execute(whole)
    assert len(set(expected.curves["learning_rate"])) > 1
    while do_run(whole, tmp_path, slice_seconds=0.0).outcome == "partial":
        pass
    assert_equal(RunStore(tmp_path).get(whole), expected)


def test_a_damaged_state_is_told_of_and_its_run_begins_anew(
    store, begun, short_uninterrupted
):
    path = store.state_path(begun)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.warns(UserWarning, match="begins anew"):
        assert do_run(begun, store.folder).outcome == "done"
    assert_equal(store.get(begun), short_uninterrupted)


def test_a_shorter_partial_record_does_not_replace_a_longer_one(store, begun):
    do_run(begun, store.folder, slice_seconds=0.0)
    store.put_state(begun, None)  # as in a fresh clone, which has the record only
    assert do_run(begun, store.folder, slice_seconds=0.0).epochs == 1
    assert store.get(begun).epochs == 2


def test_right_images_of_a_record_are_those_of_the_accuracy(uninterrupted):
    count = spec().settings.test_images
    for epoch in ("peak", "last"):
        packed = base64.b64decode(uninterrupted.correct[epoch])
        right = np.unpackbits(np.frombuffer(packed, "uint8"), count=count)
        accuracy = getattr(uninterrupted, epoch)
        assert np.mean(right) == pytest.approx(accuracy, abs=1e-6)
