"""A training run between two epochs, as arrays: enough to go on as if never stopped."""

import dataclasses
import io
import json
from collections.abc import Mapping
from typing import Any, Self

import keras
import numpy as np

_FORMAT = 1
# What the plateau schedule remembers from epoch to epoch, in Keras's callback.
_PLATEAU = ("best", "wait", "cooldown_counter")


class StateError(ValueError):
    """A state cannot be gone on from."""


@dataclasses.dataclass(frozen=True)
class TrainingState:
    """Everything that the next epoch depends on, and the results so far.

    Attributes:
        results: Of each epoch done, what ``History`` holds of it, by name.
        apertures: By adaptive layer, before training and after each epoch, shape
            ``(epochs + 1, filters)``.
        correct: Which test images were right in scored epochs, ``bool`` arrays by name.
        variables: Weights, moving averages and states of random generators, in the
            order of the model.
        optimizer: Variables of the optimiser, in its order: momenta, rates, steps.
        generator: State of the backend's global random generator, ``uint8``; empty
            where nothing draws from one. On PyTorch dropout does.
        schedule: What the schedule remembers.
        backend: Keras backend; random numbers and rounding are its own.
    """

    results: tuple[dict[str, float], ...]
    apertures: dict[str, np.ndarray]
    correct: dict[str, np.ndarray]
    variables: tuple[np.ndarray, ...]
    optimizer: tuple[np.ndarray, ...]
    generator: np.ndarray
    schedule: dict[str, float]
    backend: str

    @property
    def epochs(self) -> int:
        """Epochs done."""
        return len(self.results)

    def to_bytes(self) -> bytes:
        """Returns the state as the content of one file, without pickled objects."""
        facts = {
            "format": _FORMAT,
            "results": self.results,
            "schedule": self.schedule,
            "backend": self.backend,
            "layers": list(self.apertures),
            "correct": list(self.correct),
        }
        arrays = {"facts": np.array(json.dumps(facts)), "generator": self.generator}
        for group, values in (
            ("variables", self.variables),
            ("optimizer", self.optimizer),
            ("apertures", self.apertures.values()),
            ("correct", self.correct.values()),
        ):
            arrays |= {f"{group}_{i}": value for i, value in enumerate(values)}
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Reads the content of a file.

        Args:
            data: What ``to_bytes`` returned.

        Returns:
            An equal state.

        Raises:
            StateError: If the data are damaged or no state.
        """
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                facts = json.loads(str(arrays["facts"]))
                if facts["format"] != _FORMAT:
                    raise StateError(f"its format is {facts['format']!r}")

                def group(name: str) -> list[np.ndarray]:
                    count = sum(key.startswith(f"{name}_") for key in arrays)
                    return [arrays[f"{name}_{i}"] for i in range(count)]

                return cls(
                    results=tuple(facts["results"]),
                    apertures=dict(
                        zip(facts["layers"], group("apertures"), strict=True)
                    ),
                    correct=dict(zip(facts["correct"], group("correct"), strict=True)),
                    variables=tuple(group("variables")),
                    optimizer=tuple(group("optimizer")),
                    generator=arrays["generator"],
                    schedule=facts["schedule"],
                    backend=facts["backend"],
                )
        except StateError:
            raise
        except Exception as error:  # of a damaged file there are many kinds
            raise StateError(f"it is damaged: {error!r}") from error


def capture(
    model: keras.Model,
    results: list[dict[str, float]],
    apertures: Mapping[str, list[np.ndarray]],
    correct: Mapping[str, np.ndarray],
    callbacks: list[keras.callbacks.Callback],
) -> TrainingState:
    """Takes the state of a compiled model after an epoch.

    Args:
        model: The model.
        results: Results of the epochs done.
        apertures: Apertures so far by layer, an array per point in time.
        correct: Which test images were right in scored epochs, by name.
        callbacks: The schedule's callbacks.

    Returns:
        The ``TrainingState``; later training does not change it.
    """
    return TrainingState(
        results=tuple(dict(of_epoch) for of_epoch in results),
        apertures={name: np.stack(values) for name, values in apertures.items()},
        correct=dict(correct),
        variables=_arrays(_variables(model)),
        optimizer=_arrays(model.optimizer.variables),
        generator=_generator_state(),
        schedule={
            name: float(getattr(callback, name))
            for callback in callbacks
            if isinstance(callback, keras.callbacks.ReduceLROnPlateau)
            for name in _PLATEAU
        },
        backend=keras.backend.backend(),
    )


def restore(model: keras.Model, state: TrainingState) -> None:
    """Puts the variables of a state into a compiled model with a built optimiser.

    Args:
        model: A model equal to the one that the state was taken from.
        state: The state.

    Raises:
        StateError: If they do not fit together; nothing is changed then.
    """
    if state.backend != keras.backend.backend():
        raise StateError(
            f"it is of the backend {state.backend}, and this is "
            f"{keras.backend.backend()}: set KERAS_BACKEND={state.backend}"
        )
    if state.generator.size != _generator_state().size:
        raise StateError("it is of a machine with another number of GPUs")
    pairs = []
    for variables, arrays in (
        (_variables(model), state.variables),
        (model.optimizer.variables, state.optimizer),
    ):
        shapes = [tuple(v.shape) for v in variables]
        if shapes != [array.shape for array in arrays]:
            raise StateError("it is of another network or another version of aconv")
        pairs += zip(variables, arrays, strict=True)
    for variable, array in pairs:
        variable.assign(array)


class Restored(keras.callbacks.Callback):
    """Gives back what Keras or PyTorch changes at the start of training.

    Keras resets the schedule then, and PyTorch draws from its global generator when it
    begins to go over data.

    Args:
        schedule: The schedule's callbacks, which come before this one.
        state: The state that training goes on from.
    """

    def __init__(
        self, schedule: list[keras.callbacks.Callback], state: TrainingState
    ) -> None:
        super().__init__()
        self._schedule = schedule
        self._state = state
        self._begun = False

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Sets what the plateau schedule remembers."""
        for callback in self._schedule:
            if isinstance(callback, keras.callbacks.ReduceLROnPlateau):
                for name in _PLATEAU:
                    value = self._state.schedule[name]
                    setattr(callback, name, value if name == "best" else int(value))

    def on_train_batch_begin(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Sets the random generator, before the first batch only."""
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
