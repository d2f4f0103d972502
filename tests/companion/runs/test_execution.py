"""A run's record depends on its spec, not on what else its process does."""

import concurrent.futures
import random
import threading

import attrs
import keras
import numpy as np
import pytest

from aconv.companion import datasets
from aconv.companion.runs import RunStore, execution, make_spec, provenance
from aconv.companion.runs.execution import execute
from aconv.companion.runs.executors import open_executor
from aconv.companion.runs.sweeps import do_run
from aconv.companion.training import algorithm

TIMES = ("train_seconds", "test_seconds")


def tiny(seed=31, **changes):
    spec = make_spec("simple", "face_patches", "adaptive", 3, seed, epochs=2)
    return attrs.evolve(spec, settings=attrs.evolve(spec.settings, **changes))


def curves(record):
    assert (record.status, record.error) == ("done", None)
    return {name: c for name, c in record.curves.items() if name not in TIMES}


@pytest.fixture(scope="module")
def result():
    return execute(tiny())


@pytest.fixture(scope="module")
def alone(result):
    return curves(result[0])


def test_record_of_a_run_holds_what_happened(result):
    record, weights = result
    assert {len(curve) for curve in record.curves.values()} == {2}
    assert record.steps == 5  # 150 images, 32 a step
    assert 0 <= record.last <= record.peak <= 1
    assert {len(path.values) for path in record.apertures.values()} == {3}
    assert record.parameters["apertures"] == 64
    assert set(weights) == {"conv_1/kernel", "conv_2/kernel"}
    assert record.provenance.backend == keras.backend.backend()
    assert record.provenance.packages["keras"] == keras.__version__
    assert record.provenance.started <= record.provenance.ended
    dataset = datasets.load("face_patches", seed=31)
    assert record.provenance.data_sha256 == dict(dataset.sha256)


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
def test_same_spec_gives_the_same_record_beside_a_thread_that_draws(result, drawing):
    first, weights = result
    second, others = execute(tiny())
    assert curves(second) == curves(first)
    assert second.apertures == first.apertures
    assert {name: bytes(w) for name, w in others.items()} == {
        name: bytes(w) for name, w in weights.items()
    }


def test_runs_in_several_threads_of_one_process_are_those_of_one(alone, tmp_path):
    specs = [tiny(seed) for seed in (31, 48, 65)]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        reports = list(pool.map(lambda s: do_run(s, tmp_path), specs))
    assert [report.outcome for report in reports] == ["done"] * 3
    store = RunStore(tmp_path)
    assert curves(store.get(specs[0])) == alone
    assert curves(store.get(specs[1])) == curves(execute(specs[1])[0]) != alone


def test_processes_give_what_one_process_gives(alone, tmp_path):
    with open_executor("processes", workers=1) as (executor, _):
        assert executor.submit(do_run, tiny(), tmp_path).result().outcome == "done"
    assert curves(RunStore(tmp_path).get(tiny())) == alone


SETTINGS = {"floatx": "float64", "image_data_format": "channels_first", "epsilon": 0.1}


@pytest.mark.backend
def test_a_users_keras_settings_are_set_aside_and_given_back(alone):
    before = {name: getattr(keras.config, name)() for name in SETTINGS}
    try:
        for name, value in SETTINGS.items():
            getattr(keras.config, f"set_{name}")(value)
        assert curves(execute(tiny())[0]) == alone
        assert {name: getattr(keras.config, name)() for name in SETTINGS} == SETTINGS
    finally:
        for name, value in before.items():
            getattr(keras.config, f"set_{name}")(value)


@pytest.mark.parametrize("threads", ["2,1", "auto", "", "0", "x"])
def test_threads_that_a_user_names_in_any_way_do_not_end_a_run(threads, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    expected = 2 if threads == "2,1" else provenance.processors()
    assert provenance.threads() == expected


SLOW = {"marks": pytest.mark.slow}


@pytest.mark.parametrize(
    # Only the first of the paper's seeds keeps weights, and only of published arms.
    ("study", "dataset", "kernel_size", "arm", "seed", "layers"),
    [
        ("resnet", "face_patches", 3, "adaptive", 1, 7),
        pytest.param("unet", "coins_trimap", 7, "adaptive", 1, 1, **SLOW),
        pytest.param("unet", "coins_trimap", 7, "all-adaptive", 31, 16, **SLOW),
    ],
)
def test_runs_of_the_other_studies_keep_their_apertures_and_scores(
    study, dataset, kernel_size, arm, seed, layers
):
    spec = make_spec(study, dataset, arm, kernel_size, seed, epochs=1)
    settings = attrs.evolve(spec.settings, train_images=32, test_images=16)
    record, weights = execute(attrs.evolve(spec, settings=settings))
    assert (record.status, record.error, weights) == ("done", None, None)
    paths = [np.array(path.values) for path in record.apertures.values()]
    assert len(paths) == layers
    assert all(len(path) == 2 and (path[0] != path[1]).any() for path in paths)
    assert record.parameters["apertures"] == sum(path.shape[1] for path in paths)
    scores = {"mean_iou", "iou_border", "border_accuracy"} if study == "unet" else set()
    assert set(record.scores) >= scores
    assert bool(record.scores) == bool(scores)
    assert type(record).from_json(record.to_json()) == record


def test_a_run_whose_test_loss_is_not_finite_is_failed_with_its_curves(monkeypatch):
    class Poisoned(algorithm._Log):
        def on_epoch_end(self, epoch, logs=None):
            super().on_epoch_end(epoch, logs | {"val_loss": float("nan")})

    monkeypatch.setattr(algorithm, "_Log", Poisoned)
    record, weights = execute(tiny())
    assert (record.status, weights) == ("failed", None)
    assert "DivergedError" in record.error
    assert record.curves["val_loss"] == (None,)
    assert record.curves["accuracy"][0] > 0
    assert type(record).from_json(record.to_json()) == record


def pairs(images, labels):
    return list(zip(map(bytes, images), labels.tolist(), strict=True))


def test_subset_is_the_same_in_all_runs_and_whole_sets_stay_whole():
    def images(seed, **changes):
        spec = make_spec("simple", "digits", "adaptive", 3, seed)
        settings = attrs.evolve(spec.settings, **changes)
        return execution.load_data(attrs.evolve(spec, settings=settings))

    one, two = images(31, train_images=20), images(48, train_images=20)
    assert one.x_train.shape[0] == 20
    assert one.sha256 == two.sha256
    whole = datasets.load("digits")
    # Each image of the subset keeps its label.
    every = pairs(whole.x_train, whole.y_train)
    assert set(pairs(one.x_train, one.y_train)) <= set(every)
    assert images(31, train_images=None, test_images=10**6).sha256 == whole.sha256


def test_held_out_images_are_training_images_that_no_step_sees():
    arms = ("adaptive-tuning-x1", "ordinary-tuning-x10")
    specs = [make_spec("simple", "digits", arm, 3, n) for n, arm in enumerate(arms)]
    parts = [execution.load_data(spec) for spec in specs]
    seen = execution.load_data(make_spec("simple", "digits", "adaptive", 3, seed=0))
    assert len(seen.x_train) < len(datasets.load("digits").x_train)
    for part in parts:
        assert (len(part.x_train), len(part.x_test)) == (384, 96)
        np.testing.assert_array_equal(part.x_test, parts[0].x_test)
        # Each image with its label.
        split = pairs(part.x_train, part.y_train) + pairs(part.x_test, part.y_test)
        assert sorted(split) == sorted(pairs(seen.x_train, seen.y_train))
    record, weights = execute(make_spec("simple", "digits", arms[0], 3, 31, epochs=1))
    assert (record.status, weights) == ("done", None)
    assert record.steps == 12  # 384 images, 32 a step
