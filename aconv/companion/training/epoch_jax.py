"""An epoch as one compiled call, with the data on the device. Imports JAX.

On an accelerator a step of the paper's small networks is shorter than what Python needs
to start it. Here Python starts an epoch: ``jax.lax.scan`` goes over the batches, and
the images are gathered from an array that stays in the device's memory, or from one
that holds the augmented images of the epoch.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np

from aconv.companion.training.augmentation import (
    Augmentation,
    augmented_epoch,
    epoch_order,
)
from aconv.companion.training.settings import Settings

# Trainable, non-trainable and optimiser variables.
State = tuple[list[jax.Array], list[jax.Array], list[jax.Array]]
TEST_BATCH = 500


def fit_compiled(
    model: keras.Model,
    train_data: tuple[np.ndarray, np.ndarray],
    test_data: tuple[np.ndarray, np.ndarray],
    settings: Settings,
    *,
    seed: int,
    augmentation: Augmentation,
    first_epoch: int,
    callbacks: Sequence[keras.callbacks.Callback],
) -> None:
    """Do what ``model.fit`` does in ``algorithm.train``, equal to rounding."""
    images, labels = (jax.device_put(array) for array in train_data)
    test_arrays = tuple(jax.device_put(array) for array in test_data)
    run_epoch, run_test = _compile_epoch(model), _compile_test(model)
    called = keras.callbacks.CallbackList(callbacks, model=model)
    called.on_train_begin()
    model.stop_training = False
    for epoch in range(first_epoch, settings.epochs):
        called.on_epoch_begin(epoch)
        if augmentation == Augmentation():
            order = epoch_order(len(images), seed=seed, epoch=epoch)
        else:
            images, labels = augmented_epoch(
                *train_data,
                augmentation,
                batch_size=settings.batch_size,
                seed=seed,
                epoch=epoch,
            )
            order = np.arange(len(images))
        state, loss, accuracy = run_epoch(
            _state_of(model), images, labels, *_batches(order, settings.batch_size)
        )
        _put_state(model, state)
        # Reading a number waits for the device, so that callbacks see true times.
        logs = {"loss": float(loss), "accuracy": float(accuracy)}
        called.on_test_begin()
        val_loss, matches = run_test(
            state, *test_arrays, *_batches(np.arange(len(test_data[0])), TEST_BATCH)
        )
        logs |= {"val_loss": float(val_loss), "val_accuracy": float(matches.mean())}
        # Which test images are right: nobody has to look at them once more.
        logs["matches"] = np.asarray(matches) == 1
        called.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    called.on_train_end()


def _batches(order: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Full batches of indices, shape (steps, size), and the smaller last one."""
    full = len(order) // size * size
    return order[:full].reshape(-1, size), order[full:]


def _variables(model: keras.Model) -> tuple[list[keras.Variable], ...]:
    optimizer = model.optimizer.variables
    return model.trainable_variables, model.non_trainable_variables, optimizer


def _state_of(model: keras.Model) -> State:
    # Copies, because the compiled epoch takes over the memory of its state.
    return tuple([jnp.copy(v.value) for v in group] for group in _variables(model))


def _put_state(model: keras.Model, state: State) -> None:
    for group, values in zip(_variables(model), state, strict=True):
        for variable, value in zip(group, values, strict=True):
            variable.assign(value)


def _sums(
    model: keras.Model, outputs: jax.Array, labels: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Sum over a batch of the per-image loss and accuracy."""
    count = labels.shape[0]
    matches = keras.metrics.sparse_categorical_accuracy(labels, outputs)
    return model.loss(labels, outputs) * count, jnp.mean(matches) * count


def _compile_epoch(model: keras.Model) -> Callable:
    def loss_of(
        trainable: list, non_trainable: list, images: jax.Array, labels: jax.Array
    ) -> tuple:
        outputs, non_trainable, penalties = model.stateless_call(
            trainable, non_trainable, images, training=True, return_losses=True
        )
        loss, matches = _sums(model, outputs, labels)
        count = labels.shape[0]
        loss = loss / count + sum(penalties)
        return loss, (non_trainable, loss * count, matches)

    def epoch(
        state: State, images: jax.Array, labels: jax.Array, full: Any, rest: Any
    ) -> tuple[State, jax.Array, jax.Array]:
        def step(state: State, index: jax.Array) -> tuple[State, tuple]:
            trainable, non_trainable, of_optimizer = state
            gradient = jax.value_and_grad(loss_of, has_aux=True)
            (_, (non_trainable, *sums)), gradients = gradient(
                trainable, non_trainable, images[index], labels[index]
            )
            trainable, of_optimizer = model.optimizer.stateless_apply(
                of_optimizer, gradients, trainable
            )
            return (trainable, non_trainable, of_optimizer), tuple(sums)

        state, sums = jax.lax.scan(step, state, full)
        loss, matches = (jnp.sum(values) for values in sums)
        if rest.shape[0]:
            state, last = step(state, rest)
            loss, matches = loss + last[0], matches + last[1]
        return state, loss / len(images), matches / len(images)

    return _in_float32(jax.jit(epoch, donate_argnums=0))


def _compile_test(model: keras.Model) -> Callable:
    def test(
        state: State, images: jax.Array, labels: jax.Array, full: Any, rest: Any
    ) -> tuple[jax.Array, jax.Array]:
        def step(carry: None, index: jax.Array) -> tuple[None, tuple]:
            outputs, _, penalties = model.stateless_call(
                state[0], state[1], images[index], training=False, return_losses=True
            )
            loss = (model.loss(labels[index], outputs) + sum(penalties)) * len(index)
            matches = keras.metrics.sparse_categorical_accuracy(labels[index], outputs)
            return carry, (loss, matches)

        _, (losses, matches) = jax.lax.scan(step, None, full)
        loss, matches = jnp.sum(losses), matches.reshape(-1, *matches.shape[2:])
        if rest.shape[0]:
            _, (last, more) = step(None, rest)
            loss, matches = loss + last, jnp.concatenate([matches, more])
        return loss / len(images), matches

    return _in_float32(jax.jit(test))


def _in_float32(compiled: Callable) -> Callable:
    # Recent accelerators round the factors of products to eleven bits unless told.
    return jax.default_matmul_precision("float32")(compiled)
