"""The result of a run, as one JSON text."""

import base64
import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any, Literal, Self

import numpy as np

from aconv.companion.runs.provenance import Provenance
from aconv.companion.studies.spec import RunSpec, canonical_json
from aconv.companion.training.history import CURVES, History

Status = Literal["done", "partial", "failed"]
FORMAT = 2

# A layer's apertures are kept before training, after the last epoch, and at most so
# many times in all.
_PATH_LENGTH = 12


class CorruptRecordError(ValueError):
    """A record's text is not what was written."""


class OtherFormatError(ValueError):
    """A record was written by another version of this package."""


@dataclasses.dataclass(frozen=True)
class AperturePath:
    """Apertures of a layer in grid units, a row for each of so many epochs done."""

    epochs: tuple[int, ...]
    values: tuple[tuple[float, ...], ...]

    @property
    def first(self) -> tuple[float, ...]:
        """Apertures before training."""
        return self.values[0]

    @property
    def last(self) -> tuple[float, ...]:
        """Apertures after training."""
        return self.values[-1]

    def until(self, epochs: int) -> Self:
        """Return the points that lie in the first epochs."""
        points = sum(point <= epochs for point in self.epochs)
        return AperturePath(self.epochs[:points], self.values[:points])


@dataclasses.dataclass(frozen=True)
class RunRecord:
    """What a run gave, or how it failed.

    Attributes:
        curves: One value per epoch done, by the names of ``History``; None for what is
            not finite.
        steps: Updates per epoch.
        parameters: ``trainable``, ``non_trainable`` and ``apertures``.
        scores: Of a segmentation, those of the last epoch.
        correct: Which test images were right: by name as in ``History``, bits in the
            order of the images as base64 of ``numpy.packbits``.
    """

    spec: RunSpec
    status: Status
    provenance: Provenance
    error: str | None = None
    curves: dict[str, tuple[float, ...]] = dataclasses.field(default_factory=dict)
    steps: int = 0
    apertures: dict[str, AperturePath] = dataclasses.field(default_factory=dict)
    parameters: dict[str, int] = dataclasses.field(default_factory=dict)
    scores: dict[str, float] = dataclasses.field(default_factory=dict)
    correct: dict[str, str] = dataclasses.field(default_factory=dict)
    weights_sha256: str | None = None

    @classmethod
    def from_history(
        cls,
        spec: RunSpec,
        history: History,
        parameters: Mapping[str, int],
        provenance: Provenance,
        *,
        status: Status = "done",
        error: str | None = None,
        scores: Mapping[str, float] | None = None,
    ) -> Self:
        """Return the record of a run from what it went through."""
        scores = scores or {}
        return cls(
            spec=spec,
            status=status,
            provenance=provenance,
            error=error,
            # Nine digits tell any two float32 numbers apart.
            curves={name: _rounded(getattr(history, name), 9) for name in CURVES},
            steps=history.steps,
            apertures={name: _path(rows) for name, rows in history.apertures.items()},
            parameters=dict(parameters),
            scores=dict(zip(scores, _rounded(scores.values(), 9), strict=True)),
            correct={
                name: base64.b64encode(np.packbits(bits)).decode()
                for name, bits in history.correct.items()
            },
        )

    @property
    def epochs(self) -> int:
        """Epochs done."""
        return len(self.curves.get("loss", ()))

    def first(self, epochs: int) -> Self:
        """Return what the record would have been after fewer epochs, at least one."""
        if epochs >= self.epochs:
            return self
        curves = {name: curve[:epochs] for name, curve in self.curves.items()}
        paths = {name: path.until(epochs) for name, path in self.apertures.items()}
        gone = {"scores": {}, "correct": {}, "weights_sha256": None}
        return dataclasses.replace(
            self, status="partial", curves=curves, apertures=paths, **gone
        )

    @property
    def peak(self) -> float:
        """Best test accuracy of all epochs, the score of Algorithm 1."""
        return max(self.curves["val_accuracy"])

    @property
    def last(self) -> float:
        """Test accuracy after the last epoch."""
        return self.curves["val_accuracy"][-1]

    @property
    def seconds(self) -> float:
        """Time spent on training and scoring."""
        names = ("train_seconds", "test_seconds")
        return sum(sum(self.curves.get(name, ())) for name in names)

    @property
    def reason(self) -> str:
        """Last line of what is known of a failure."""
        *_, last = ("for no known reason", *(self.error or "").strip().splitlines())
        return last

    @property
    def on_processor(self) -> bool:
        """Whether the run was done on a CPU."""
        return self.provenance.device.startswith("cpu")

    def to_json(self) -> str:
        """Return the text of the record's file, with a checksum of its content."""
        content = {
            "format": FORMAT,
            **vars(self),
            "spec": self.spec.to_dict(),
            "provenance": self.provenance.to_dict(),
            "apertures": {
                name: dataclasses.asdict(path) for name, path in self.apertures.items()
            },
        }
        content["sha256"] = _checksum(content)
        # One entry a line: small enough, and a difference can be read.
        lines = (f'"{key}": {canonical_json(v)}' for key, v in content.items())
        return "{\n" + ",\n".join(lines) + "\n}\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the record that ``to_json`` came from."""
        try:
            content = json.loads(text)
            stored = content.pop("sha256")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise CorruptRecordError("the text is cut off or no record") from None
        version = content.get("format")
        if isinstance(version, int) and version > 0 and version != FORMAT:
            raise OtherFormatError(
                f"the format is {version}: this version of aconv knows {FORMAT}"
            )
        if version != FORMAT:
            raise CorruptRecordError(f"the format is {version!r} and not {FORMAT}")
        try:
            # NaN, which no record is written with, has no checksum.
            if stored == _checksum(content):
                return cls._from_content(content)
        except (KeyError, TypeError, ValueError) as error:
            raise CorruptRecordError(f"its content is no record: {error!r}") from error
        raise CorruptRecordError("its content does not have its checksum")

    @classmethod
    def _from_content(cls, content: Mapping[str, Any]) -> Self:
        values = dict(content)
        del values["format"]
        values["spec"] = RunSpec.from_dict(values["spec"])
        values["provenance"] = Provenance.from_dict(values["provenance"])
        values["curves"] = {name: tuple(c) for name, c in values["curves"].items()}
        values["apertures"] = {
            name: AperturePath(tuple(path["epochs"]), tuple(map(tuple, path["values"])))
            for name, path in values["apertures"].items()
        }
        return cls(**values)


def _checksum(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def _path(values: np.ndarray) -> AperturePath:
    epochs = len(values) - 1
    points = np.linspace(0, epochs, min(_PATH_LENGTH, epochs + 1)).round().astype(int)
    return AperturePath(
        epochs=tuple(int(point) for point in points),
        values=tuple(_rounded(values[point], 5) for point in points),
    )


def _rounded(values: Any, digits: int) -> tuple[float | None, ...]:
    return tuple(
        float(f"{value:.{digits}g}") if math.isfinite(value) else None
        for value in values
    )
