"""A training run between two epochs, as arrays: enough to go on as if never stopped."""

import dataclasses
import io
import json
from typing import Any, Self

import numpy as np

_FORMAT = 1


class StateError(ValueError):
    """A state cannot be gone on from."""


@dataclasses.dataclass(frozen=True)
class TrainingState:
    """Everything that the next epoch depends on, and the results so far.

    Attributes:
        results: Of each epoch done, what ``History`` holds of it, by name.
        variables: Weights, moving averages and states of random generators.
        optimizer: Variables of the optimiser, in its order: momenta, rates, steps.
        generator: State of the backend's global random generator, ``uint8``; empty
            where nothing draws from one. On PyTorch dropout does.
        sessions: What is said of each part of the run that led here, in JSON's types.
    """

    results: tuple[dict[str, float], ...]
    apertures: dict[str, np.ndarray]
    correct: dict[str, np.ndarray]
    variables: tuple[np.ndarray, ...]
    optimizer: tuple[np.ndarray, ...]
    generator: np.ndarray
    schedule: dict[str, float]
    backend: str
    sessions: tuple[dict[str, Any], ...] = ()

    @property
    def epochs(self) -> int:
        """Epochs done."""
        return len(self.results)

    def to_bytes(self) -> bytes:
        """Return the state as the content of one file, without pickled objects."""
        facts = {
            "format": _FORMAT,
            "results": self.results,
            "schedule": self.schedule,
            "backend": self.backend,
            "layers": list(self.apertures),
            "correct": list(self.correct),
            "sessions": self.sessions,
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
        """Return the state that ``to_bytes`` came from, or raise a ``StateError``."""
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
                    sessions=tuple(facts.get("sessions", ())),  # not in old states
                )
        except StateError:
            raise
        except Exception as error:  # of a damaged file there are many kinds
            raise StateError(f"it is damaged: {error!r}") from error
