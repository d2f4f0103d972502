"""The history of a training run: its curves, apertures and right images."""

import dataclasses
from typing import Self

import numpy as np

from aconv.companion.training.state import TrainingState

CURVES = (
    "loss",
    "accuracy",
    "val_loss",
    "val_accuracy",
    "learning_rate",
    "train_seconds",
    "test_seconds",
)


@dataclasses.dataclass(frozen=True)
class History:
    """What a training run went through, one entry per epoch done.

    Attributes:
        loss: Mean training loss, penalties included, over the epoch.
        accuracy: Training accuracy over the epoch, in [0, 1], with dropout on.
        train_seconds: Without the test score. The first one holds the compilation.
        apertures: By adaptive layer, before training and after each epoch, shape
            ``(epochs + 1, filters)``.
        steps: Updates per epoch.
        correct: Which test images were right, ``bool``, shape ``(n,)``, in the first
            epoch of the best accuracy (``"peak"``) and after the last (``"last"``).
    """

    loss: tuple[float, ...]
    accuracy: tuple[float, ...]
    val_loss: tuple[float, ...]
    val_accuracy: tuple[float, ...]
    learning_rate: tuple[float, ...]
    train_seconds: tuple[float, ...]
    test_seconds: tuple[float, ...]
    apertures: dict[str, np.ndarray]
    steps: int
    correct: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)

    @classmethod
    def from_state(cls, state: TrainingState, steps: int) -> Self:
        """Return the history of the epochs that a state has behind it, at least one."""
        curves = [tuple(epoch[name] for epoch in state.results) for name in CURVES]
        return cls(*curves, state.apertures, steps, state.correct)

    @property
    def last(self) -> float:
        """Test accuracy after the last epoch, which nothing was selected for."""
        return self.val_accuracy[-1]


class DivergedError(FloatingPointError):
    """Training diverged; ``history`` has the epoch that diverged, too."""

    def __init__(self, message: str, history: History) -> None:
        super().__init__(message)
        self.history = history
