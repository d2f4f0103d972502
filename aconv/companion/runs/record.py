"""The result of a run, as one JSON text."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal, Self

import numpy as np

from aconv.companion.runs.provenance import Provenance
from aconv.companion.runs.spec import RunSpec, canonical_json
from aconv.companion.training.algorithm import History
from aconv.companion.training.networks import ParameterCount

Status = Literal["done", "failed"]
FORMAT = 1
CURVES = tuple(
    field.name
    for field in dataclasses.fields(History)
    if field.name not in ("apertures", "steps")
)

# A layer's apertures are kept before training, after the last epoch, and at most so
# many times in all.
_PATH_LENGTH = 12


class CorruptRecordError(ValueError):
    """A record's text is not what was written."""


@dataclasses.dataclass(frozen=True)
class AperturePath:
    """The apertures of one layer through training.

    Attributes:
        epochs: Epochs done at each point: 0 first, all of them last.
        values: Apertures in grid units, a row a point, a column a filter.
    """

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


@dataclasses.dataclass(frozen=True)
class RunRecord:
    """What a run gave, or how it failed.

    Attributes:
        spec: What was run.
        status: ``"done"`` or ``"failed"``.
        provenance: Where it came from.
        error: Traceback of a failed run, else None.
        curves: By name, one value an epoch: what ``training.algorithm.History`` holds.
            Accuracies in [0, 1], times in seconds. Empty if the run failed.
        steps: Updates an epoch.
        apertures: By layer; empty for ordinary networks.
        parameters: ``trainable``, ``non_trainable`` and ``apertures``.
        scores: Of a segmentation, what ``measures.segmentation.scores`` gives on the
            test images after the last epoch; else empty.
        weights_sha256: sha256 of the file with the folded weights, or None.
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
    weights_sha256: str | None = None

    @classmethod
    def from_history(
        cls,
        spec: RunSpec,
        history: History,
        parameters: ParameterCount,
        provenance: Provenance,
        *,
        scores: Mapping[str, float] | None = None,
        weights_sha256: str | None = None,
    ) -> Self:
        """Makes the record of a run that went well."""
        return cls(
            spec=spec,
            status="done",
            provenance=provenance,
            # Nine digits tell any two float32 numbers apart.
            curves={name: _rounded(getattr(history, name), 9) for name in CURVES},
            steps=history.steps,
            apertures={
                name: _path(values) for name, values in history.apertures.items()
            },
            parameters=dataclasses.asdict(parameters),
            scores=_rounded_values(scores or {}, 9),
            weights_sha256=weights_sha256,
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
        return sum(self.curves["train_seconds"]) + sum(self.curves["test_seconds"])

    def to_json(self) -> str:
        """Returns the text of the record's file, with a checksum of its content."""
        content = {
            "format": FORMAT,
            **{
                field.name: getattr(self, field.name)
                for field in dataclasses.fields(self)
            },
            "spec": self.spec.to_dict(),
            "provenance": self.provenance.to_dict(),
            "apertures": {
                name: dataclasses.asdict(path) for name, path in self.apertures.items()
            },
        }
        content["sha256"] = _checksum(content)
        # One entry a line: small enough, and a difference can be read.
        lines = (
            f"{json.dumps(key)}: {canonical_json(value)}"
            for key, value in content.items()
        )
        return "{\n" + ",\n".join(lines) + "\n}\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Reads the text of a record's file.

        Args:
            text: What ``to_json`` returned.

        Returns:
            An equal record.

        Raises:
            CorruptRecordError: If the text is cut off, was edited, or is no record.
        """
        try:
            content = json.loads(text)
            stored = content.pop("sha256")
        except (ValueError, TypeError, KeyError, AttributeError):
            raise CorruptRecordError("the text is cut off or no record") from None
        if content.get("format") != FORMAT:
            raise CorruptRecordError(
                f"the format is {content.get('format')!r} and not {FORMAT}"
            )
        if stored != _checksum(content):
            raise CorruptRecordError("its content does not have its checksum")
        try:
            return cls._from_content(content)
        except (KeyError, TypeError, ValueError) as error:
            raise CorruptRecordError(f"its content is no record: {error!r}") from error

    @classmethod
    def _from_content(cls, content: Mapping[str, Any]) -> Self:
        values = dict(content)
        del values["format"]
        values["spec"] = RunSpec.from_dict(values["spec"])
        values["provenance"] = Provenance(**values["provenance"])
        values["curves"] = {
            name: tuple(curve) for name, curve in values["curves"].items()
        }
        values["apertures"] = {
            name: AperturePath(
                epochs=tuple(path["epochs"]),
                values=tuple(tuple(row) for row in path["values"]),
            )
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


def _rounded_values(values: Mapping[str, float], digits: int) -> dict[str, float]:
    return dict(zip(values, _rounded(values.values(), digits), strict=True))


def _rounded(values: Any, digits: int) -> tuple[float, ...]:
    return tuple(float(f"{value:.{digits}g}") for value in values)
