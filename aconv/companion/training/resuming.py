"""The way between a model in training and its state."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from aconv.companion.training.state import StateError, TrainingState

# What the plateau schedule remembers from epoch to epoch, in Keras's callback.
_PLATEAU = ("best", "wait", "cooldown_counter")


def capture(
    model: keras.Model,
    results: list[dict[str, float]],
    apertures: Mapping[str, list[np.ndarray]],
    correct: Mapping[str, np.ndarray],
    schedule: list[keras.callbacks.ReduceLROnPlateau],
) -> TrainingState:
    """Return the state of a compiled model after an epoch, as copies."""
    return TrainingState(
        results=tuple(dict(of_epoch) for of_epoch in results),
        apertures={name: np.stack(values) for name, values in apertures.items()},
        correct=dict(correct),
        variables=_arrays(_variables(model)),
        optimizer=_arrays(model.optimizer.variables),
        generator=_generator_state(),
        schedule={
            name: float(getattr(plateau, name))
            for plateau in schedule
            for name in _PLATEAU
        },
        backend=keras.backend.backend(),
    )


def restore(model: keras.Model, state: TrainingState) -> None:
    """Put the variables of a state into a compiled model, or change nothing."""
    if state.backend != keras.backend.backend():
        raise StateError(
            f"it is of the backend {state.backend}, and this is "
            f"{keras.backend.backend()}: set KERAS_BACKEND={state.backend}"
        )
    if state.generator.size != _generator_state().size:
        raise StateError("it is of a machine with another number of GPUs")
    variables = [*_variables(model), *model.optimizer.variables]
    arrays = [*state.variables, *state.optimizer]
    if [tuple(v.shape) for v in variables] != [array.shape for array in arrays]:
        raise StateError("it is of another network or another version of aconv")
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


class Restored(keras.callbacks.Callback):
    """Give back what Keras or PyTorch changes at the start of training.

    Keras resets the schedule, PyTorch draws from its generator to go over data.
    """

    def __init__(
        self, schedule: list[keras.callbacks.ReduceLROnPlateau], state: TrainingState
    ) -> None:
        super().__init__()
        self._schedule, self._state = schedule, state
        self._begun = False

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Set what the plateau schedule remembers."""
        for plateau in self._schedule:
            for name in _PLATEAU:
                value = self._state.schedule[name]
                setattr(plateau, name, value if name == "best" else int(value))

    def on_train_batch_begin(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Set the random generator, before the first batch only."""
        if not self._begun:
            _set_generator_state(self._state.generator)
            self._begun = True


def _variables(model: keras.Model) -> list[keras.Variable]:
    # With the states of random generators, which ``weights`` leaves out.
    return [*model.trainable_variables, *model.non_trainable_variables]


def _arrays(variables: list[keras.Variable]) -> tuple[np.ndarray, ...]:
    return tuple(np.array(keras.ops.convert_to_numpy(v)) for v in variables)


def _generator_state() -> np.ndarray:
    if keras.backend.backend() != "torch":
        return np.zeros(0, "uint8")
    import torch

    states = [torch.get_rng_state(), *torch.cuda.get_rng_state_all()]
    return np.concatenate([state.numpy() for state in states])


def _set_generator_state(state: np.ndarray) -> None:
    if not state.size:
        return
    import torch

    size = torch.get_rng_state().numel()
    torch.set_rng_state(torch.from_numpy(state[:size].copy()))
    devices = torch.cuda.device_count()
    if devices:
        rows = state[size:].reshape(devices, -1)
        torch.cuda.set_rng_state_all([torch.from_numpy(row.copy()) for row in rows])
