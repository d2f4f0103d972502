import attrs
import keras
import numpy as np
import pytest

from aconv.companion import datasets
from aconv.companion.runs import (
    RunStore,
    execute,
    execution,
    grid,
    make_spec,
    sweep,
)


def tiny(kind="adaptive", seed=31, study="simple", dataset="face_patches", epochs=2):
    return make_spec(study, dataset, kind, 3, seed, epochs=epochs)


@pytest.fixture(scope="module")
def result():
    return execute(tiny())


def test_record_of_a_run_holds_what_happened(result):
    record, weights = result
    assert (record.status, record.error) == ("done", None)
    assert {len(curve) for curve in record.curves.values()} == {2}
    assert record.steps == 5  # 150 images, 32 a step
    assert 0 <= record.last <= record.peak <= 1
    assert {len(path.values) for path in record.apertures.values()} == {3}
    assert record.parameters["apertures"] == 64
    assert set(weights) == {"conv_1/kernel", "conv_2/kernel"}
    provenance = record.provenance
    assert provenance.backend == keras.backend.backend()
    assert provenance.packages["keras"] == keras.__version__
    assert provenance.started <= provenance.ended
    dataset = datasets.load("face_patches", seed=31)
    assert provenance.data_sha256 == dict(dataset.sha256)


def test_same_spec_twice_gives_the_same_record_bit_for_bit(result):
    first, first_weights = result
    second, second_weights = execute(tiny())
    timings = ("train_seconds", "test_seconds")
    for name, curve in first.curves.items():
        assert name in timings or second.curves[name] == curve
    assert second.apertures == first.apertures
    for name, value in first_weights.items():
        np.testing.assert_array_equal(second_weights[name], value)


@pytest.mark.parametrize(
    ("study", "dataset", "kernel_size"),
    [
        ("resnet", "face_patches", 3),
        pytest.param("unet", "coins_trimap", 7, marks=pytest.mark.slow),
    ],
)
def test_quick_runs_of_the_other_studies_end_well(study, dataset, kernel_size):
    spec = make_spec(study, dataset, "adaptive", kernel_size, 1, epochs=1)
    settings = attrs.evolve(spec.settings, train_images=32, test_images=16)
    record, weights = execute(attrs.evolve(spec, settings=settings))
    assert record.error is None
    assert ("border_accuracy" in record.scores) == (study == "unet")
    assert weights is None  # only the first of the paper's seeds keeps them


@pytest.mark.slow
def test_run_of_the_all_adaptive_unet_keeps_all_its_apertures():
    (spec,) = grid("unet", "demo", arms=["all-adaptive"], seeds=[31], epochs=1)
    assert (spec.kind, spec.kernel_size) == ("adaptive", 7)
    settings = attrs.evolve(spec.settings, train_images=16, test_images=8)
    spec = attrs.evolve(spec, settings=settings)
    record, weights = execute(spec)
    assert record.error is None
    assert record.status == "done"
    assert weights is None  # only published arms keep them
    assert len(record.apertures) == 16
    assert {len(path.values) for path in record.apertures.values()} == {2}
    of_layers = sum(len(path.values[0]) for path in record.apertures.values())
    assert record.parameters["apertures"] == of_layers
    moved = [
        np.any(np.asarray(path.values[0]) != np.asarray(path.values[-1]))
        for path in record.apertures.values()
    ]
    assert all(moved)
    assert set(record.scores) >= {"mean_iou", "iou_border", "border_accuracy"}
    again = type(record).from_json(record.to_json())
    assert again == record


def test_failure_is_a_record_with_its_error(monkeypatch, tmp_path):
    def broken(*args, **kwargs):
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(execution, "train", broken)
    store = RunStore(tmp_path)
    outcome = sweep([tiny()], store)
    assert outcome.failed == (tiny(),)
    record = store.get(tiny())
    assert record.status == "failed"
    assert "RuntimeError: the disk is on fire" in record.error
    assert record.provenance.data_sha256


def test_subset_is_the_same_in_all_runs_and_whole_sets_stay_whole():
    def images(seed, **changes):
        spec = make_spec("simple", "digits", "adaptive", 3, seed)
        settings = attrs.evolve(spec.settings, **changes)
        return execution.load_data(attrs.evolve(spec, settings=settings))

    one, two = images(31, train_images=20), images(48, train_images=20)
    assert one.x_train.shape[0] == 20
    np.testing.assert_array_equal(one.x_train, two.x_train)
    np.testing.assert_array_equal(one.y_test, two.y_test)
    whole = datasets.load("digits")
    # Each image of the subset keeps its label.
    for image, label in zip(one.x_train, one.y_train, strict=True):
        same = (whole.x_train == image).all(axis=(1, 2, 3))
        assert set(whole.y_train[same]) == {label}
    all_images = images(31, train_images=None, test_images=10**6)
    np.testing.assert_array_equal(all_images.x_train, whole.x_train)
    np.testing.assert_array_equal(all_images.x_test, whole.x_test)


def pairs(images, labels):
    both = zip(images, labels, strict=True)
    return [(image.tobytes(), int(label)) for image, label in both]


def test_held_out_images_are_training_images_that_no_step_sees():
    dataset = datasets.load("digits")
    whole = make_spec("simple", "digits", "adaptive", 3, seed=0)
    arms = ("adaptive-tuning-x1", "ordinary-tuning-x10")
    parts = [
        execution.load_data(make_spec("simple", "digits", arm, 3, seed))
        for seed, arm in enumerate(arms)
    ]
    seen = execution.load_data(whole)
    assert len(seen.x_train) < len(dataset.x_train)
    for part in parts:
        assert (len(part.x_train), len(part.x_test)) == (384, 96)
        assert (len(part.y_train), len(part.y_test)) == (384, 96)
        np.testing.assert_array_equal(part.x_test, parts[0].x_test)
        # Each image with its label.
        trained, scored = (
            pairs(part.x_train, part.y_train),
            pairs(part.x_test, part.y_test),
        )
        assert sorted(trained + scored) == sorted(pairs(seen.x_train, seen.y_train))
    record, weights = execute(make_spec("simple", "digits", arms[0], 3, 31, epochs=1))
    assert record.status == "done"
    assert record.steps == 12  # 384 images, 32 a step
    assert weights is None
