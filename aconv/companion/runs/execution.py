"""From a spec to a record: one training run."""

import dataclasses
import datetime
import traceback
from collections.abc import Callable, Sequence

import keras
import numpy as np

from aconv.companion import datasets
from aconv.companion.measures import segmentation
from aconv.companion.runs.provenance import Provenance
from aconv.companion.runs.record import RunRecord
from aconv.companion.runs.spec import RunSpec
from aconv.companion.runs.studies import SEEDS, get_study
from aconv.companion.training import augmentation, preprocessing
from aconv.companion.training.algorithm import History, train
from aconv.companion.training.networks import adaptive_layers, count_parameters

Progress = Callable[[int, dict[str, float]], None]
# What a run gives: its record, and weights to keep or None.
Result = tuple[RunRecord, dict[str, np.ndarray] | None]

# Up to this many parameters a network is kept whole, above only its convolutions.
_SMALL = 1_000_000
# Faces are split anew in every run, as in the authors' code. Other sets are made once.
_SPLIT_BY_SEED = ("lfw_faces", "face_patches")


def execute(spec: RunSpec, on_epoch: Progress | None = None) -> Result:
    """Does a run. Its failure is a result, too.

    Args:
        spec: The run.
        on_epoch: Called after each epoch with its number, from 0, and its results.

    Returns:
        The record, and the folded weights of a run that keeps them, else None.
    """
    started = _now()
    data_sha256: dict[str, str] = {}
    try:
        dataset = load_data(spec)
        data_sha256 = dict(dataset.sha256)
        model, history = train_network(spec, dataset, on_epoch)
        scores = _scores(model, spec, dataset)
    except Exception:
        record = RunRecord(
            spec=spec,
            status="failed",
            provenance=Provenance.collect(data_sha256, started, _now()),
            error=traceback.format_exc(),
        )
        return record, None
    record = RunRecord.from_history(
        spec,
        history,
        count_parameters(model),
        Provenance.collect(data_sha256, started, _now()),
        scores=scores,
    )
    return record, folded_weights(model) if keeps_weights(spec) else None


def train_network(
    spec: RunSpec, dataset: datasets.Dataset, on_epoch: Progress | None = None
) -> tuple[keras.Model, History]:
    """Trains the network of a run, for what a record does not keep.

    Args:
        spec: The run.
        dataset: What ``load_data`` returned.
        on_epoch: Called after each epoch with its number, from 0, and its results.

    Returns:
        The trained network, and how its training went.
    """
    keras.backend.clear_session()
    keras.utils.set_random_seed(spec.seed)
    model = build_model(spec, dataset)
    x_train, x_test = prepare_inputs(spec, dataset)
    history = train(
        model,
        (x_train, dataset.y_train),
        (x_test, dataset.y_test),
        spec.settings.recipe,
        seed=spec.seed,
        from_logits=dataset.task == "segmentation",
        augmentation=_augmentation(spec),
        on_epoch=on_epoch,
    )
    return model, history


def load_data(spec: RunSpec) -> datasets.Dataset:
    """Loads the data set of a run, cut to its numbers of images.

    A subset is drawn once and for all: every run on a data set has the same images, so
    that arms differ in nothing else.

    Args:
        spec: The run.

    Returns:
        The ``datasets.Dataset``.

    Raises:
        aconv.companion.datasets.DataFileError: If its files are not there and cannot be
        fetched.
    """
    seed = spec.seed if spec.dataset in _SPLIT_BY_SEED else 0
    dataset = datasets.load(spec.dataset, seed=seed)
    random = np.random.default_rng(0)
    chosen = {}
    for part, count in (
        ("train", spec.settings.train_images),
        ("test", spec.settings.test_images),
    ):
        images, labels = getattr(dataset, f"x_{part}"), getattr(dataset, f"y_{part}")
        order = random.permutation(len(images))
        if count is not None and count < len(images):
            index = np.sort(order[:count])
            chosen |= {f"x_{part}": images[index], f"y_{part}": labels[index]}
    return dataclasses.replace(dataset, **chosen)


def prepare_inputs(
    spec: RunSpec, dataset: datasets.Dataset
) -> tuple[np.ndarray, np.ndarray]:
    """Preprocesses the images of a run as its study does.

    Args:
        spec: The run.
        dataset: What ``load_data`` returned.

    Returns:
        Training and test inputs, ``float32``, shape ``(n, height, width, channels)``.
    """
    prepare = {
        "simple": preprocessing.simple_network_inputs,
        "resnet": preprocessing.resnet_inputs,
        "unet": preprocessing.unet_inputs,
    }[spec.study]
    return prepare(dataset)


def build_model(spec: RunSpec, dataset: datasets.Dataset) -> keras.Model:
    """Builds the untrained network of a run.

    Args:
        spec: The run.
        dataset: Its data set.

    Returns:
        The Keras model.
    """
    return build_network(spec, dataset.image_shape, len(dataset.class_names))


def build_network(
    spec: RunSpec, image_shape: Sequence[int], classes: int
) -> keras.Model:
    """Builds the untrained network of a run for images that are not at hand.

    Args:
        spec: The run.
        image_shape: Height, width and channels of its images.
        classes: Number of classes, at least two.

    Returns:
        The Keras model.

    Raises:
        ValueError: If an argument is not what the network needs.
    """
    settings = spec.settings
    options = {"kernel_size": spec.kernel_size, "kind": spec.kind}
    if settings.dropout is not None:
        options["dropout"] = settings.dropout
    if settings.blocks is not None:
        options["blocks"] = settings.blocks
    network = get_study(spec.study).network
    return network(tuple(image_shape), classes, **options)


def keeps_weights(spec: RunSpec) -> bool:
    """Tells whether a run keeps its weights: the first seed of some arms does."""
    study = get_study(spec.study)
    return spec.seed == SEEDS[0] and spec.arm in study.kept


def folded_weights(model: keras.Model) -> dict[str, np.ndarray]:
    """Returns the weights of a network with ordinary convolutions in it.

    The kernel of an adaptive layer is its product kernel ``W ∘ U``, and its apertures
    are left out: the record has them. Of a network of more than a million parameters,
    nearly all of them in a dense layer, only the convolutions are given.

    Args:
        model: A built model.

    Returns:
        By ``"layer/weight"``. Kernels are ``float16``, to be small: a relative error of
        at most 0.0005. Vectors are ``float32``.
    """
    adaptive = adaptive_layers(model)
    whole = model.count_params() <= _SMALL
    weights = {}
    for layer in model.layers:
        if not whole and len(getattr(layer, "kernel_size", ())) != 2:
            continue
        for weight in layer.weights:
            value = weight
            if layer.name in adaptive and weight.name == "aperture":
                continue
            if layer.name in adaptive and weight.name == "kernel":
                value = layer.effective_kernel()
            array = keras.ops.convert_to_numpy(value)
            weights[f"{layer.name}/{weight.name}"] = array.astype(
                "float16" if array.ndim > 1 else "float32"
            )
    return weights


def _scores(
    model: keras.Model, spec: RunSpec, dataset: datasets.Dataset
) -> dict[str, float]:
    """What accuracy does not say, for segmentation only."""
    if dataset.task != "segmentation":
        return {}
    _, x_test = prepare_inputs(spec, dataset)
    predicted = model.predict(x_test, batch_size=64, verbose=0).argmax(axis=-1)
    return segmentation.scores(dataset.y_test, predicted, dataset.class_names)


def _augmentation(spec: RunSpec) -> augmentation.Augmentation | None:
    if not spec.settings.augment:
        return None
    return {
        "simple": augmentation.SIMPLE_NETWORK_FACES,
        "resnet": augmentation.RESNET,
        "unet": augmentation.UNET,
    }[spec.study]


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
