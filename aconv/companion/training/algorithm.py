"""Algorithm 1: training with a test score after every epoch.

Apertures are clipped by their layer.
"""

import math
import time
from collections.abc import Callable
from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from aconv.companion.training.augmentation import (
    AUGMENTATIONS,
    Augmentation,
    augmented_batches,
    vary_once,
)
from aconv.companion.training.history import DivergedError, History
from aconv.companion.training.networks import adaptive_layers
from aconv.companion.training.resuming import Restored, capture, restore
from aconv.companion.training.settings import Settings
from aconv.companion.training.state import TrainingState
from aconv.layers.optimizers import with_aperture_rate

# Test images at once, where the batches of the training are no larger.
TEST_BATCH = 128
# The least fall of the test loss that counts, of the plateau schedule.
_LEAST_GAIN = 1e-4

Engine = Literal["fit", "compiled", "recorded"]
StateCallback = Callable[[TrainingState], bool]


def train(
    model: keras.Model,
    train_data: tuple[np.ndarray, np.ndarray],
    test_data: tuple[np.ndarray, np.ndarray],
    settings: Settings,
    *,
    seed: int,
    resume: TrainingState | None = None,
    on_state: StateCallback | None = None,
    engine: Engine | None = None,
) -> History:
    """Train a network by Algorithm 1, in place.

    As in the paper the test images are scored after every epoch and the plateau
    schedule watches their loss. So the best of their accuracies is selected on them;
    the last is not, except through that schedule.

    Images are ``float32``, shape ``(n, height, width, channels)``, labels class indices
    of shape ``(n,)`` or ``(n, height, width)``. Their order and augmentation depend on
    ``seed``, the epoch and the batch only. Training goes on from the state ``resume``,
    and stops after an epoch where ``on_state`` returns True.

    The engine is the fastest one if None: ``keras.Model.fit``, an epoch as one
    ``"compiled"`` call on JAX, or ``"recorded"`` operations of PyTorch on a CPU.
    """
    train_data, test_data = (
        (np.asarray(images, "float32"), np.asarray(labels, "int32"))
        for images, labels in (train_data, test_data)
    )
    engine = engine or _fastest_engine()
    steps = math.ceil(len(train_data[0]) / settings.batch_size)
    augmentation = AUGMENTATIONS[settings.augmentation]
    if augmentation.once:
        train_data = vary_once(augmentation, *train_data, seed=seed)
        augmentation = Augmentation()
    _compile(model, settings, steps)

    def score() -> np.ndarray:
        # Not ``predict``: on PyTorch it draws from the generator that dropout uses.
        images, labels = test_data
        parts = range(0, len(images), TEST_BATCH)
        outputs = [model.predict_on_batch(images[i : i + TEST_BATCH]) for i in parts]
        return np.concatenate(outputs).argmax(axis=-1) == labels

    # A tri-map has too many pixels to keep which of them are right.
    scored = score if test_data[1].ndim == 1 else None
    log = _Log(settings.epochs, steps, scored)
    schedule = _schedule_callbacks(settings)
    callbacks = [log, *schedule]
    done = 0
    if resume is not None:
        restore(model, resume)
        log.go_on(resume)
        callbacks.append(Restored(schedule, resume))
        done = resume.epochs
    if on_state is not None:
        # The state is that after the schedule has changed the rate for the next epoch.
        def hand_over(epoch: int, logs: dict[str, Any]) -> None:
            if on_state(log.state(schedule)):
                model.stop_training = True

        callbacks.append(keras.callbacks.LambdaCallback(on_epoch_end=hand_over))
    if done >= settings.epochs:
        log.set_model(model)
        return log.history()
    if engine == "compiled":
        from aconv.companion.training.epoch_jax import fit_compiled

        fit_compiled(
            model,
            train_data,
            test_data,
            settings,
            seed=seed,
            augmentation=augmentation,
            first_epoch=done,
            callbacks=callbacks,
        )
        return log.history()
    batches = augmented_batches(
        *train_data,
        augmentation,
        batch_size=settings.batch_size,
        seed=seed,
        first_epoch=done,
    )
    test_batch = max(settings.batch_size, TEST_BATCH)
    if engine == "recorded":
        from aconv.companion.training.epoch_torch import fit_recorded

        fit_recorded(
            model,
            batches,
            test_data,
            settings,
            steps=steps,
            test_batch=test_batch,
            first_epoch=done,
            callbacks=callbacks,
        )
    else:
        model.fit(
            batches,
            initial_epoch=done,
            epochs=settings.epochs,
            steps_per_epoch=steps,
            shuffle=False,
            validation_data=test_data,
            validation_batch_size=test_batch,
            verbose=0,
            callbacks=callbacks,
        )
    return log.history()


def _compile(model: keras.Model, settings: Settings, steps: int) -> None:
    optimizer = make_optimizer(settings, steps)
    model.compile(
        optimizer=optimizer,
        loss=keras.losses.SparseCategoricalCrossentropy(
            # The U-Net has no softmax.
            from_logits=len(model.output_shape) > 2
        ),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        jit_compile=_jit_compile(),
    )
    optimizer.build(model.trainable_variables)


def make_optimizer(settings: Settings, steps: int) -> keras.optimizers.Optimizer:
    """Make the optimiser of Algorithm 1 for so many updates per epoch."""
    rate = _rate_of(settings, steps)
    if settings.optimizer == "sgd":
        optimizer = keras.optimizers.SGD(
            rate, momentum=settings.momentum, clipvalue=settings.clip_value
        )
    else:
        optimizer = keras.optimizers.Adam(rate, clipvalue=settings.clip_value)
    if settings.aperture_rate == 1:
        return optimizer
    return with_aperture_rate(optimizer, settings.aperture_rate)


def _rate_of(
    settings: Settings, steps: int
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    if settings.schedule == "one-cycle":
        return OneCycle(settings, steps)
    if settings.schedule == "steps":
        done = range(len(settings.schedule_epochs) + 1)
        return keras.optimizers.schedules.PiecewiseConstantDecay(
            # The last update of an epoch still has its rate.
            [epoch * steps - 1 for epoch in settings.schedule_epochs],
            [settings.rate * settings.schedule_factor**n for n in done],
        )
    return settings.rate


class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """The one-cycle schedule of Section 4.3, as the authors' code has it.

    ``low + peak * exp(-((t - c) / (c / 2))^2)`` at epoch ``t``, highest at ``c``.
    """

    def __init__(self, settings: Settings, steps: int) -> None:
        self._settings, self._steps = settings, steps

    def __call__(self, step: Any) -> Any:
        """Return the rate of an update, counted from 0."""
        settings = self._settings
        epoch = ops.cast(step, "float32") / self._steps
        if not settings.cycle_by_batch:
            # Whole batches are whole numbers of steps, up to rounding.
            epoch = ops.floor(epoch + 0.5 / self._steps)
        top = settings.cycle_top * settings.epochs
        bump = ops.exp(-ops.square((epoch - top) / (0.5 * top)))
        return settings.lowest_rate + settings.rate * bump


def _schedule_callbacks(settings: Settings) -> list[keras.callbacks.Callback]:
    if settings.schedule != "plateau":
        return []
    return [
        keras.callbacks.ReduceLROnPlateau(
            monitor="val_loss",
            factor=settings.schedule_factor,
            patience=settings.plateau_patience,
            cooldown=settings.plateau_cooldown,
            min_delta=_LEAST_GAIN,
            min_lr=settings.lowest_rate,
        )
    ]


class _Log(keras.callbacks.Callback):
    """Keep what ``History`` holds; ``score`` returns which test images are right."""

    def __init__(
        self,
        epochs: int,
        steps: int,
        score: Callable[[], np.ndarray] | None,
    ) -> None:
        super().__init__()
        self._epochs, self._steps = epochs, steps
        self._score = score
        self.results: list[dict[str, float]] = []
        self.apertures: dict[str, list[np.ndarray]] = {}
        self.correct: dict[str, np.ndarray] = {}

    def go_on(self, state: TrainingState) -> None:
        """Take up the results of a state, before training begins."""
        self.results = [dict(of_epoch) for of_epoch in state.results]
        self.correct = dict(state.correct)
        self.apertures = {name: list(path) for name, path in state.apertures.items()}

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._layers = adaptive_layers(self.model)
        if not self.results:
            self.apertures = {name: [] for name in self._layers}
            self._keep_apertures()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        rate = ops.convert_to_numpy(self.model.optimizer.learning_rate)
        self._learning_rate = float(rate)
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
        results["learning_rate"] = self._learning_rate
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

    def _keep_apertures(self) -> None:
        for name, layer in self._layers.items():
            self.apertures[name].append(
                np.array(keras.ops.convert_to_numpy(layer.aperture))
            )

    def _keep_correct(self, matches: np.ndarray | None) -> None:
        """Keep which test images are right, where an epoch may be scored by it."""
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
        """Return what training went through so far."""
        state = self.state([])
        return History.from_state(state, self._steps)

    def state(self, schedule: list[keras.callbacks.Callback]) -> TrainingState:
        """Return the state after the last epoch done."""
        return capture(self.model, self.results, self.apertures, self.correct, schedule)


def _fastest_engine() -> Engine:
    if keras.backend.backend() == "torch" and not _has_accelerator():
        return "recorded"
    # On a CPU a compiled epoch is slower.
    is_jax = keras.backend.backend() == "jax"
    return "compiled" if is_jax and _has_accelerator() else "fit"


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
