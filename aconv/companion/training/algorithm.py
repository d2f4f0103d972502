"""Algorithm 1: training with a test score after every epoch.

One function, ``train``, for all networks. What differs between the paper's runs is a
``Recipe``: the optimiser, its rates and their schedule. The rate of the apertures is a
multiple of that of the weights, and their layer clips them.
"""

import math
import time
from collections.abc import Callable
from typing import Any, Literal, get_args

import keras
import numpy as np

from aconv.companion.training.augmentation import Augmentation, augmented_batches
from aconv.companion.training.history import DivergedError, History
from aconv.companion.training.networks import adaptive_layers
from aconv.companion.training.recipe import (
    PLATEAU_LEAST_GAIN,
    PLATEAU_LOWEST_RATE,
    TEST_BATCH,
    Recipe,
    one_cycle_rate,
)
from aconv.companion.training.state import (
    Restored,
    TrainingState,
    capture,
    restore,
)
from aconv.layers.optimizers import with_aperture_rate

Engine = Literal["auto", "fit", "compiled", "recorded"]
EpochCallback = Callable[[int, dict[str, float]], None]
StateCallback = Callable[[TrainingState], bool]


def train(
    model: keras.Model,
    train_data: tuple[np.ndarray, np.ndarray],
    test_data: tuple[np.ndarray, np.ndarray],
    recipe: Recipe,
    *,
    seed: int,
    from_logits: bool = False,
    augmentation: Augmentation | None = None,
    on_epoch: EpochCallback | None = None,
    resume: TrainingState | None = None,
    on_state: StateCallback | None = None,
    engine: Engine = "auto",
) -> History:
    """Trains a network by Algorithm 1, in place.

    As in the paper the test images are scored after every epoch and the plateau
    schedule watches their loss. So ``History.peak`` is selected on them;
    ``History.last`` is not, except through that schedule.

    Order and augmentation of the images depend on ``seed``, the epoch and the batch
    only. For the same weights and dropout too, call ``keras.utils.set_random_seed``
    before the model is made. Then the same seed gives the same history on a CPU.

    Args:
        model: Network with class probabilities or logits as output. It is compiled
            here.
        train_data: Images, ``float32``, shape ``(n, height, width, channels)``, and
            class indices, integers of shape ``(n,)`` or ``(n, height, width)``.
        test_data: The same for the images that are scored.
        recipe: How to train.
        seed: Zero or more.
        from_logits: Whether the network's output is logits.
        augmentation: How to vary the training images; not at all if None.
        on_epoch: Called after each epoch with its number, from 0, and its results.
        resume: State after an earlier epoch of the same run, which goes on from there
            as if it had never been stopped; from the beginning if None.
        on_state: Called after each epoch with the state that the run could go on from;
            training stops there if it returns True.
        engine: ``"fit"`` is ``keras.Model.fit``. ``"compiled"`` keeps the data on the
            device and makes an epoch one compiled call; it needs JAX. ``"recorded"``
            replays recorded operations; it needs PyTorch on a CPU. ``"auto"`` takes
            ``"recorded"`` where it can, ``"compiled"`` where it can and JAX has an
            accelerator, and else ``"fit"``, which is faster than ``"compiled"`` on a
            CPU.

    Returns:
        The ``History``, of fewer epochs than the recipe's if it was stopped.

    Raises:
        ValueError: If data do not fit together, or the engine cannot run here.
        StateError: If ``resume`` is of another network or backend.
        DivergedError: If a loss is no longer finite after an epoch.

    Example:
        >>> from aconv.companion.training.networks import simple_cnn
        >>> model = simple_cnn((8, 8, 1), 2, kernel_size=3)
        >>> x, y = np.zeros((8, 8, 8, 1), "float32"), np.arange(8) % 2
        >>> recipe = Recipe(epochs=2, batch_size=4, learning_rate=0.1,
        ...                 aperture_rate=0.02)
        >>> history = train(model, (x, y), (x, y), recipe, seed=31)
        >>> len(history.val_accuracy)
        2
    """
    train_data = _standardize_data("train_data", train_data, model)
    test_data = _standardize_data("test_data", test_data, model)
    engine = _standardize_engine(engine)
    optimizer = make_optimizer(recipe)
    model.compile(
        optimizer=optimizer,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        jit_compile=_jit_compile(),
    )
    optimizer.build(model.trainable_variables)
    steps = math.ceil(len(train_data[0]) / recipe.batch_size)

    def score() -> np.ndarray:
        # Not ``predict``: on PyTorch it draws from the generator that dropout uses.
        images, labels = test_data
        parts = range(0, len(images), TEST_BATCH)
        outputs = [model.predict_on_batch(images[i : i + TEST_BATCH]) for i in parts]
        return np.concatenate(outputs).argmax(axis=-1) == labels

    # A tri-map has too many pixels to keep which of them are right.
    scored = score if test_data[1].ndim == 1 else None
    log = _Log(recipe.epochs, steps, scored, on_epoch)
    schedule = _schedule_callbacks(recipe)
    # The log comes first: it reads an epoch's rate before a schedule changes it.
    callbacks = [log, *schedule]
    done = 0
    if resume is not None:
        restore(model, resume)
        log.go_on(resume)
        callbacks.append(Restored(schedule, resume))
        done = resume.epochs
    if on_state is not None:
        # The state is that after the schedule has changed the rate for the next epoch.
        callbacks.append(_Keeper(log, schedule, on_state))
    if done >= recipe.epochs:
        log.set_model(model)
        return log.history()
    if engine == "compiled":
        from aconv.companion.training.epoch_jax import fit_compiled

        fit_compiled(
            model,
            train_data,
            test_data,
            recipe,
            seed=seed,
            augmentation=augmentation,
            first_epoch=done,
            callbacks=callbacks,
        )
    else:
        batches = augmented_batches(
            *train_data,
            augmentation or Augmentation(),
            batch_size=recipe.batch_size,
            seed=seed,
            first_epoch=done,
        )
        if engine == "recorded":
            from aconv.companion.training.epoch_torch import fit_recorded

            fit_recorded(
                model,
                batches,
                test_data,
                recipe,
                steps=steps,
                first_epoch=done,
                callbacks=callbacks,
            )
        else:
            model.fit(
                batches,
                initial_epoch=done,
                epochs=recipe.epochs,
                steps_per_epoch=steps,
                shuffle=False,
                validation_data=test_data,
                validation_batch_size=max(recipe.batch_size, TEST_BATCH),
                verbose=0,
                callbacks=callbacks,
            )
    return log.history()


def make_optimizer(recipe: Recipe) -> keras.optimizers.Optimizer:
    """Make the optimiser of Algorithm 1, with the recipe's ratio of both rates.

    Args:
        recipe: How a network is trained.

    Returns:
        A new optimiser.
    """
    if recipe.optimizer == "sgd":
        optimizer = keras.optimizers.SGD(
            recipe.learning_rate,
            momentum=recipe.momentum,
            clipvalue=recipe.clip_value,
        )
    else:
        optimizer = keras.optimizers.Adam(
            recipe.learning_rate, clipvalue=recipe.clip_value
        )
    # Of nothing every multiple is nothing.
    rate = recipe.learning_rate
    return with_aperture_rate(optimizer, recipe.aperture_rate / rate if rate else 1)


def _schedule_callbacks(recipe: Recipe) -> list[keras.callbacks.Callback]:
    if recipe.schedule == "plateau":
        return [
            keras.callbacks.ReduceLROnPlateau(
                monitor="val_loss",
                factor=recipe.plateau_factor,
                patience=recipe.plateau_patience,
                cooldown=recipe.plateau_cooldown,
                min_delta=PLATEAU_LEAST_GAIN,
                min_lr=PLATEAU_LOWEST_RATE,
            )
        ]
    if recipe.schedule == "one_cycle":
        return [_OneCycle(recipe)]
    return []


def _rate(value: Any) -> float:
    return float(keras.ops.convert_to_numpy(value))


class _OneCycle(keras.callbacks.Callback):
    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self._recipe = recipe

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.model.optimizer.learning_rate = one_cycle_rate(
            epoch, self._recipe.epochs, self._recipe.learning_rate
        )


class _Keeper(keras.callbacks.Callback):
    """Hands over the state after each epoch, and stops training when told to."""

    def __init__(
        self,
        log: "_Log",
        schedule: list[keras.callbacks.Callback],
        on_state: StateCallback,
    ) -> None:
        super().__init__()
        self._log, self._schedule, self._on_state = log, schedule, on_state

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self._on_state(self._log.state(self._schedule)):
            self.model.stop_training = True


class _Log(keras.callbacks.Callback):
    """Keeps what ``History`` holds.

    Args:
        epochs: Epochs of the whole run.
        steps: Updates per epoch.
        score: Tells which test images are right; None where that is not kept.
        on_epoch: See ``train``.
    """

    def __init__(
        self,
        epochs: int,
        steps: int,
        score: Callable[[], np.ndarray] | None,
        on_epoch: EpochCallback | None,
    ) -> None:
        super().__init__()
        self._epochs, self._steps = epochs, steps
        self._score, self._on_epoch = score, on_epoch
        self.results: list[dict[str, float]] = []
        self.apertures: dict[str, list[np.ndarray]] = {}
        self.correct: dict[str, np.ndarray] = {}

    def go_on(self, state: TrainingState) -> None:
        """Takes up the results of a state, before training begins."""
        self.results = [dict(of_epoch) for of_epoch in state.results]
        self.correct = dict(state.correct)
        self.apertures = {name: list(path) for name, path in state.apertures.items()}

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._layers = adaptive_layers(self.model)
        if not self.results:
            self.apertures = {name: [] for name in self._layers}
            self._keep_apertures()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._began = self._tested = time.perf_counter()

    def on_test_begin(self, logs: dict | None = None) -> None:
        # Reading a weight waits until the device has done the epoch's last step.
        keras.ops.convert_to_numpy(self.model.trainable_variables[0])
        self._tested = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        ended = time.perf_counter()
        results = {
            name: float(logs[name])
            for name in ("loss", "accuracy", "val_loss", "val_accuracy")
        }
        results["learning_rate"] = _rate(self.model.optimizer.learning_rate)
        results["train_seconds"] = self._tested - self._began
        results["test_seconds"] = ended - self._tested
        self.results.append(results)
        self._keep_apertures()
        self._keep_correct((logs or {}).get("matches"))
        for name in ("loss", "val_loss"):
            if not math.isfinite(results[name]):
                raise DivergedError(
                    f"`{name}` is {results[name]} after epoch {epoch + 1}: training "
                    "diverged.",
                    self.history(),
                )
        if self._on_epoch is not None:
            self._on_epoch(epoch, results)

    def _keep_apertures(self) -> None:
        for name, layer in self._layers.items():
            self.apertures[name].append(
                np.array(keras.ops.convert_to_numpy(layer.aperture))
            )

    def _keep_correct(self, matches: np.ndarray | None) -> None:
        """Keeps which test images are right, where an epoch may be scored by it."""
        accuracies = [of_epoch["val_accuracy"] for of_epoch in self.results]
        is_peak = accuracies.index(max(accuracies)) == len(accuracies) - 1
        is_last = matches is not None or len(accuracies) == self._epochs
        if self._score is None or not (is_peak or is_last):
            return
        # One engine knows already; for the others it is one more look at the images.
        found = self._score() if matches is None else matches
        if is_peak:
            self.correct["peak"] = found
        if is_last:
            self.correct["last"] = found

    def history(self) -> History:
        """Returns what training went through so far."""
        state = self.state([])
        return History.from_state(state, self._steps)

    def state(self, schedule: list[keras.callbacks.Callback]) -> TrainingState:
        """Returns the state after the last epoch done."""
        return capture(self.model, self.results, self.apertures, self.correct, schedule)


def _standardize_data(
    name: str, data: tuple[np.ndarray, np.ndarray], model: keras.Model
) -> tuple[np.ndarray, np.ndarray]:
    images, labels = data
    if images.shape[1:] != model.input_shape[1:]:
        raise ValueError(
            f"Images in `{name}` must have shape {model.input_shape[1:]}. "
            f"Received: {images.shape[1:]}"
        )
    if len(images) == 0 or len(images) != len(labels):
        raise ValueError(
            f"`{name}` must hold as many labels as images, at least one. "
            f"Received: {len(images)} images, {len(labels)} labels"
        )
    classes = model.output_shape[-1]
    if labels.shape[1:] != model.output_shape[1:-1] or not (
        labels.min() >= 0 and labels.max() < classes
    ):
        raise ValueError(
            f"Labels in `{name}` must be integers below {classes} of shape "
            f"(n, *{model.output_shape[1:-1]}). Received: shape {labels.shape}, values "
            f"from {labels.min()} to {labels.max()}"
        )
    return np.asarray(images, "float32"), np.asarray(labels, "int32")


def _standardize_engine(engine: Engine) -> Engine:
    if engine not in get_args(Engine):
        raise ValueError(
            f"`engine` must be one of {get_args(Engine)}. Received: {engine!r}"
        )
    backend = keras.backend.backend()
    can_compile = backend == "jax"
    can_record = backend == "torch" and not _has_accelerator()
    for name, can, needs in (
        ("compiled", can_compile, "the JAX backend"),
        ("recorded", can_record, "the PyTorch backend on a CPU"),
    ):
        if engine == name and not can:
            raise ValueError(
                f'`engine="{name}"` needs {needs}. Received: backend {backend}'
            )
    if engine != "auto":
        return engine
    if can_record:
        return "recorded"
    return "compiled" if can_compile and _has_accelerator() else "fit"


def _jit_compile() -> bool | Literal["auto"]:
    # XLA makes TensorFlow's convolutions slower on a CPU: a step of the U-Net takes 1.7
    # times as long, and the first one twice.
    on_cpu = keras.backend.backend() == "tensorflow" and not _has_accelerator()
    return False if on_cpu else "auto"


def _has_accelerator() -> bool:
    if keras.backend.backend() == "torch":
        # Keras lists no devices there, but puts tensors on the one that it has chosen.
        return keras.ops.zeros(1).device.type != "cpu"
    devices = keras.distribution.list_devices()
    return any(not device.startswith("cpu") for device in devices)
