"""From a spec to a record: one training run."""

import contextlib
import dataclasses
import functools
import math
import random
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from keras.src.random import seed_generator

from aconv.companion import datasets
from aconv.companion.measures import segmentation
from aconv.companion.runs.checkpointer import Checkpointer
from aconv.companion.runs.faults import machine_fault
from aconv.companion.runs.provenance import Provenance
from aconv.companion.runs.record import RunRecord
from aconv.companion.studies.catalog import SEEDS, get_study
from aconv.companion.studies.spec import RunSpec
from aconv.companion.training import networks, preprocessing
from aconv.companion.training.algorithm import train
from aconv.companion.training.backends import check_backend
from aconv.companion.training.history import DivergedError, History
from aconv.companion.training.networks import adaptive_layers, count_parameters
from aconv.companion.training.settings import HELD_OUT
from aconv.companion.training.state import StateError, TrainingState

# What a run gives: its record, and weights to keep or None.
Result = tuple[RunRecord, dict[str, np.ndarray] | None]

# Up to this many parameters a network is kept whole, above only its convolutions.
_SMALL = 1_000_000
# Keras and PyTorch keep state that belongs to a process, so it does one run at a time,
# also where a Dask worker has several threads.
_ONE_AT_A_TIME = threading.Lock()


def execute(spec: RunSpec, checkpointer: Checkpointer | None = None) -> Result:
    """Do a run, or a part of it; return its record and the folded weights to keep.

    Its failure is a record, too; faults of the machine are raised. Equal specs give
    equal results on one machine with the same number of threads.
    """
    check_backend([spec.kind])
    with _ONE_AT_A_TIME:
        if checkpointer is not None:
            checkpointer.begin()
        return _execute(spec, checkpointer)


def _execute(spec: RunSpec, checkpointer: Checkpointer | None) -> Result:
    earlier = () if checkpointer is None else checkpointer.earlier
    provenance = Provenance.collect()
    dataset = load_data(spec)

    def record_of(history: History, model: keras.Model, **options: Any) -> RunRecord:
        return RunRecord.from_history(
            spec,
            history,
            dataclasses.asdict(count_parameters(model)),
            provenance.completed(dataset.sha256, earlier),
            **options,
        )

    def keep(state: TrainingState, model: keras.Model) -> bool:
        updates = math.ceil(len(dataset.y_train) / spec.settings.batch_size)
        history = History.from_state(state, updates)
        return checkpointer.keep(state, record_of(history, model, status="partial"))

    try:
        model, history = train_network(
            spec,
            dataset,
            resume=None if checkpointer is None else checkpointer.state,
            on_state=None if checkpointer is None else keep,
        )
        if len(history.loss) < spec.settings.epochs:
            return record_of(history, model, status="partial"), None
        scores = {}
        if dataset.task == "segmentation":
            _, x_test = prepare_inputs(spec, dataset)
            classes = model.predict(x_test, batch_size=64, verbose=0).argmax(axis=-1)
            names = dataset.class_names
            scores = segmentation.scores(dataset.y_test, classes, names)
        # The arms that the paper compares have the names of their kinds.
        is_kept = spec.seed == SEEDS[0] and spec.kernels in get_study(spec.study).kept
        weights = folded_weights(model) if is_kept else None
    except (OSError, StateError):
        raise
    except DivergedError as error:
        model = build_model(spec, dataset)
        failed = {"status": "failed", "error": traceback.format_exc()}
        return record_of(error.history, model, **failed), None
    except Exception as error:
        fault = machine_fault(spec, error)
        if fault is not None:
            raise fault from error
        source = provenance.completed(dataset.sha256, earlier)
        return RunRecord(spec, "failed", source, traceback.format_exc()), None
    return record_of(history, model, scores=scores), weights


def train_network(
    spec: RunSpec,
    dataset: datasets.Dataset,
    *,
    resume: TrainingState | None = None,
    on_state: Callable[[TrainingState, keras.Model], bool] | None = None,
) -> tuple[keras.Model, History]:
    """Train the network of a run, for what a record does not keep."""
    with isolated_keras(spec.seed):
        model = build_model(spec, dataset)
        x_train, x_test = prepare_inputs(spec, dataset)
        history = train(
            model,
            (x_train, dataset.y_train),
            (x_test, dataset.y_test),
            spec.settings,
            seed=spec.seed,
            resume=resume,
            on_state=None if on_state is None else lambda state: on_state(state, model),
        )
    return model, history


@contextlib.contextmanager
def isolated_keras(seed: int) -> Iterator[None]:
    """Give Keras the settings and seeds of a run for as long as the context lasts.

    Keras draws the seeds of layers from Python's global generator, as do other threads
    of a process (the heartbeat of a Dask worker). Here they come from one of their own.
    """
    config = keras.config
    before = {
        config.set_floatx: config.floatx(),
        config.set_epsilon: config.epsilon(),
        config.set_image_data_format: config.image_data_format(),
        config.set_dtype_policy: config.dtype_policy(),
    }
    shared = seed_generator.python_random
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    try:
        config.set_floatx("float32")
        config.set_epsilon(1e-7)
        config.set_image_data_format("channels_last")
        config.set_dtype_policy("float32")
        seed_generator.python_random = random.Random(seed)
        yield
    finally:
        seed_generator.python_random = shared
        for set_value, value in before.items():
            set_value(value)


def load_data(spec: RunSpec) -> datasets.Dataset:
    """Load the data set of a run, cut to the images that all runs on it have."""
    seed = spec.seed if datasets.info(spec.dataset).resplit_per_seed else 0
    dataset = _loaded(spec.dataset, seed)
    random = np.random.default_rng(0)
    chosen = {}
    for part in ("train", "test"):
        count = getattr(spec.settings, f"{part}_images")
        images, labels = getattr(dataset, f"x_{part}"), getattr(dataset, f"y_{part}")
        order = random.permutation(len(images))
        if count is not None and count < len(images):
            index = np.sort(order[:count])
            chosen |= {f"x_{part}": images[index], f"y_{part}": labels[index]}
    dataset = dataclasses.replace(dataset, **chosen)
    if not spec.settings.held_out:
        return dataset
    # A part of the training images in the place of the test images.
    count = len(dataset.x_train)
    held = np.zeros(count, bool)
    held[random.permutation(count)[: count // HELD_OUT]] = True
    return dataclasses.replace(
        dataset,
        x_train=dataset.x_train[~held],
        y_train=dataset.y_train[~held],
        x_test=dataset.x_train[held],
        y_test=dataset.y_train[held],
    )


@functools.lru_cache(maxsize=1)
def _loaded(name: str, seed: int) -> datasets.Dataset:
    # The time slices of a sweep come back to one set again and again.
    return datasets.load(name, seed=seed)


def prepare_inputs(
    spec: RunSpec, dataset: datasets.Dataset
) -> tuple[np.ndarray, np.ndarray]:
    """Make the inputs of a run from the images of its data set, as ``prepare`` does."""
    return preprocessing.prepare(spec.settings, dataset.x_train, dataset.x_test)


def build_model(spec: RunSpec, dataset: datasets.Dataset) -> keras.Model:
    """Build the untrained network of a run on its data set."""
    return networks.build_network(
        spec.settings, spec.kernel_size, dataset.image_shape, len(dataset.class_names)
    )


def folded_weights(model: keras.Model) -> dict[str, np.ndarray]:
    """Return the weights of a network with product kernels, by ``"layer/weight"``.

    Of a network of more than a million parameters only the convolutions. Kernels are
    ``float16``, a relative error of at most 0.0005; vectors are ``float32``.
    """
    adaptive = adaptive_layers(model)
    whole = model.count_params() <= _SMALL
    weights = {}
    for layer in model.layers:
        if not whole and len(getattr(layer, "kernel_size", ())) != 2:
            continue
        values = {weight.name: weight for weight in layer.weights}
        if layer.name in adaptive:
            del values["aperture"]
            values[layer.kernel_name] = layer.effective_kernel()
        for name, value in values.items():
            array = keras.ops.convert_to_numpy(value)
            kind = "float16" if array.ndim > 1 else "float32"
            weights[f"{layer.name}/{name}"] = array.astype(kind)
    return weights
