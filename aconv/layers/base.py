"""What all adaptive convolution layers share, whatever their kind and rank."""

import math
from collections.abc import Callable
from typing import Any, Literal, get_args

import keras
import numpy as np
from keras import ops

from aconv.layers.constraints import ApertureBounds, within_bounds
from aconv.layers.envelope import axis_sizes, envelope
from aconv.layers.initializers import (
    check_values,
    get_angle_initializer,
    get_aperture_initializer,
    in_full_precision,
)
from aconv.layers.saving import SavedByName
from aconv.layers.size import SizePenalty

# What ``keras.initializers.get`` and its like accept.
Identifier = str | dict | Callable | None
EnvelopeShape = Literal["circle", "ellipse", "rotated"]

# Turned by a quarter an ellipse is one of exchanged apertures: axes in all directions.
_ALL_DIRECTIONS = (0.0, np.pi / 2)


class BaseAdaptiveConv(SavedByName):
    """The part of the adaptive convolution layers that is about the envelope.

    A mixin: a subclass derives from it and from the Keras convolution layer of its kind
    and rank, which brings argument checks, the weights, the bias and the output shape.
    Of its kind it says how many envelopes there are (``_count``), which weights they
    multiply (``kernel_name``), how they lie on those (``_arranged``), and how inputs
    meet a kernel (``convolution_op``). The documentation of the arguments is in
    ``AdaptiveConv2D``.
    """

    kernel_name = "kernel"

    def __init__(
        self,
        *args: Any,
        aperture_initializer: float | tuple[float, float] | Identifier,
        aperture_bounds: tuple[float, float] | None,
        aperture_regularizer: Identifier,
        envelope_shape: EnvelopeShape,
        angle_initializer: float | tuple[float, float] | Identifier,
        normalize_envelope: bool,
        train_aperture: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._envelope_shape = self._standardize_shape(envelope_shape)
        self.aperture_initializer = get_aperture_initializer(aperture_initializer)
        self.angle_initializer = self._standardize_angle(angle_initializer)
        if self._count() is not None:
            self._check_initial(self._aperture_shape())
        self.aperture_regularizer = aperture_regularizer
        self.aperture_bounds = aperture_bounds
        self.normalize_envelope = normalize_envelope
        self.train_aperture = train_aperture

    # What may be set after the layer is built, too, acts on its weights at once.

    @property
    def envelope_shape(self) -> EnvelopeShape:
        """Shape of the envelopes, which decides on the weights; it cannot be set."""
        return self._envelope_shape

    @envelope_shape.setter
    def envelope_shape(self, value: str) -> None:
        raise AttributeError(
            "`envelope_shape` must be given to a new layer: other shapes have other "
            f"weights. Received: {value!r} for {self.name!r}"
        )

    @property
    def aperture_regularizer(self) -> keras.regularizers.Regularizer | None:
        """Regularizer of the apertures."""
        return self._aperture_regularizer

    @aperture_regularizer.setter
    def aperture_regularizer(self, identifier: Identifier) -> None:
        self._aperture_regularizer = self._standardize_penalty(identifier)
        if self.built:
            self.aperture.regularizer = self._penalty_of_weight()

    @property
    def aperture_bounds(self) -> tuple[float, float]:
        """Smallest and largest aperture that the layer computes with, in grid units."""
        if self._given_bounds is not None:
            return self._given_bounds
        largest = max(self.kernel_size)
        # A 1x1 kernel has one coefficient and its envelope is 1 at every aperture;
        # [1/n, n] would be empty there.
        return (1 / largest, float(largest)) if largest > 1 else (0.5, 1.0)

    @aperture_bounds.setter
    def aperture_bounds(self, bounds: tuple[float, float] | None) -> None:
        self._given_bounds = self._standardize_bounds(bounds)
        if self.built:
            self.aperture.constraint = ApertureBounds(*self.aperture_bounds)

    @property
    def normalize_envelope(self) -> bool:
        """Whether envelopes are normalised, Eq. (21)."""
        return self._normalize_envelope

    @normalize_envelope.setter
    def normalize_envelope(self, value: bool) -> None:
        _check_boolean("normalize_envelope", value)
        self._normalize_envelope = value

    @property
    def train_aperture(self) -> bool:
        """Whether apertures, and angles, are trained where the layer is."""
        return self._train_aperture

    @train_aperture.setter
    def train_aperture(self, value: bool) -> None:
        _check_boolean("train_aperture", value)
        self._train_aperture = value
        self._mark_trained_apertures()

    @property
    def trainable(self) -> bool:
        """Whether the layer is trained, as in every layer of Keras."""
        return super().trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        # ``super()`` has no setters.
        keras.layers.Layer.trainable.fset(self, value)
        self._mark_trained_apertures()

    def _mark_trained_apertures(self) -> None:
        # Not ``built``, which some layers of Keras are only after their ``build``.
        for name in ("aperture", "angle"):
            weight = getattr(self, name, None)
            if weight is not None:
                weight.trainable = self.trainable and self.train_aperture

    def _standardize_shape(self, shape: str) -> str:
        allowed = get_args(EnvelopeShape)
        if self.rank != 2:
            allowed = tuple(name for name in allowed if name != "rotated")
        if not isinstance(shape, str) or shape not in allowed:
            raise ValueError(
                f"`envelope_shape` must be one of {allowed} for a kernel of "
                f"{self.rank} dimension(s). Received: {shape!r}"
            )
        return shape

    def _standardize_angle(
        self, initializer: float | tuple[float, float] | Identifier
    ) -> keras.initializers.Initializer | None:
        if initializer is None:
            return None
        if self.envelope_shape != "rotated":
            raise ValueError(
                '`angle_initializer` is for `envelope_shape="rotated"` and must be '
                f"None for {self.envelope_shape!r}. Received: {initializer!r}"
            )
        return get_angle_initializer(initializer)

    def _standardize_penalty(
        self, identifier: Identifier
    ) -> keras.regularizers.Regularizer | None:
        regularizer = keras.regularizers.get(identifier)
        if not isinstance(regularizer, SizePenalty):
            return regularizer
        # Apertures alone do not tell a penalty on size how many pixels they make.
        penalty = regularizer.of_rank(self.rank)
        if penalty.kernel_size != tuple(self.kernel_size):
            raise ValueError(
                "`aperture_regularizer` must be about kernels of the layer's size, "
                f"{tuple(self.kernel_size)}. Received: one about {penalty.kernel_size}"
            )
        return penalty

    def _standardize_bounds(
        self, bounds: tuple[float, float] | None
    ) -> tuple[float, float] | None:
        if bounds is None:
            return None
        try:
            low, high = bounds
            constraint = ApertureBounds(low, high)
        except (TypeError, ValueError):
            raise ValueError(
                "`aperture_bounds` must be a pair (low, high) with 0 < low < high. "
                f"Received: {bounds!r}"
            ) from None
        return constraint.low, constraint.high

    def _count(self, channels: int | None = None) -> int | None:
        """Number of envelopes; None where it takes the input's channels to know it."""
        return self.filters

    def _aperture_shape(self, channels: int | None = None) -> tuple[int, ...]:
        count = self._count(channels)
        return (count,) if self.envelope_shape == "circle" else (count, self.rank)

    def _check_initial(self, shape: tuple[int, ...]) -> None:
        """Refuse initial values that are none, of apertures of ``shape``."""
        check_values(
            "aperture_initializer", self.aperture_initializer, shape, positive=True
        )
        if self.angle_initializer is not None:
            check_values(
                "angle_initializer", self.angle_initializer, shape[:1], positive=False
            )

    def _by_filter(self, aperture: keras.KerasTensor) -> keras.KerasTensor:
        """Apertures on the axis of the weight as ``(filters,)`` or ``(filters, rank)``.

        The weight has one axis whatever the shape of the envelopes: a matrix of
        apertures would be taken for a kernel by optimisers that treat matrices as such
        (Muon makes their updates orthogonal, Adafactor keeps sums of their rows and
        columns), and what one filter learns would move all others.
        """
        if self.envelope_shape == "circle":
            return aperture
        return ops.reshape(aperture, (-1, self.rank))

    def _acting(self, aperture: keras.KerasTensor) -> keras.KerasTensor:
        """The apertures that the layer computes with, of those of the weight."""
        return within_bounds(self._by_filter(aperture), *self.aperture_bounds)

    def _penalty_of_weight(self) -> Callable | None:
        return None if self.aperture_regularizer is None else self._penalty

    def _penalty(self, aperture: keras.KerasTensor) -> keras.KerasTensor:
        """The regularizer of the weight: the layer's, of the apertures that act."""
        return self.aperture_regularizer(self._acting(ops.convert_to_tensor(aperture)))

    def _arranged(self, envelope: keras.KerasTensor) -> keras.KerasTensor:
        """The envelopes, of shape ``(*kernel_size, 1, count)``, as the weights lie."""
        return envelope

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the apertures, the kernel and the bias for ``input_shape``."""
        channel_axis = -1 if self.data_format == "channels_last" else 1
        channels = input_shape[channel_axis]
        if channels is None:
            raise ValueError(
                "`input_shape` must have a known number of channels. "
                f"Received: {tuple(input_shape)} with data format {self.data_format!r}"
            )
        # Refuses images that are too small, also where the layer of Keras would not.
        super().compute_output_shape(input_shape)
        shape = self._aperture_shape(channels)
        if self._count() is None:
            self._check_initial(shape)
        before, spec = self._own_weights(), self.input_spec
        try:
            # Before the other weights: Keras allows a layer no new ones once LoRA is
            # enabled, which its ``build`` may do. And the weights of an ordinary layer,
            # given by position, then meet a shape that is not theirs and are refused.
            self._add_envelope_weights(shape)
            super().build(input_shape)
        except Exception:
            # The next build would make the weights once more, and no file can hold two
            # of a name.
            self.input_spec = spec
            for weight in self._own_weights():
                if not any(weight is kept for kept in before):
                    self._untrack_variable(weight)
            raise
        self._mark_trained_apertures()

    def _add_envelope_weights(self, shape: tuple[int, ...]) -> None:
        initial = in_full_precision(self.aperture_initializer)
        self.aperture = self.add_weight(
            name="aperture",
            shape=(math.prod(shape),),
            initializer=lambda flat, dtype: ops.reshape(initial(shape, dtype), flat),
            regularizer=self._penalty_of_weight(),
            constraint=ApertureBounds(*self.aperture_bounds),
            dtype=self.dtype,
            # Under mixed precision the envelope is still computed in float32: it costs
            # nothing next to the convolution, and exp(-r^2 / sigma^2) and its gradient
            # lose most of their digits in 16 bits.
            autocast=False,
        )
        self.angle = None
        if self.envelope_shape == "rotated":
            self.angle = self.add_weight(
                name="aperture_angle",
                shape=shape[:1],
                initializer=in_full_precision(
                    self.angle_initializer or get_angle_initializer(_ALL_DIRECTIONS)
                ),
                dtype=self.dtype,
                autocast=False,
            )

    def effective_aperture(self) -> keras.KerasTensor:
        """Apertures that the layer computes with.

        They are ``aperture``, clipped to ``aperture_bounds``, from the first call on
        and whether apertures are trained or not. The gradient with respect to
        ``aperture`` is one everywhere, also outside the bounds.

        Returns:
            A tensor in grid units: shape ``(filters,)``, or ``(filters, rank)`` where
            ``envelope_shape`` is not ``"circle"``; in a depthwise or separable layer
            ``channels * depth_multiplier`` in place of ``filters``.

        Raises:
            AttributeError: If the layer is not built.
        """
        self._check_built("effective_aperture")
        return self._acting(ops.convert_to_tensor(self.aperture))

    def envelope(self) -> keras.KerasTensor:
        """Envelope ``U`` of each filter at its present aperture, Eqs. (11) and (21).

        Returns:
            A tensor that broadcasts over the weights ``W``, float64 in a layer of that
            dtype and float32 in all others: shape ``(*kernel_size, 1, filters)`` in an
            ordinary convolution, ``(*kernel_size, filters, 1)`` in a transposed one and
            ``(*kernel_size, channels, depth_multiplier)`` in a depthwise or separable
            one.

        Raises:
            AttributeError: If the layer is not built.
        """
        self._check_built("envelope")
        return self._arranged(self._envelopes(self.normalize_envelope))

    def _envelopes(self, normalize: bool) -> keras.KerasTensor:
        return envelope(
            self.effective_aperture(),
            self.kernel_size,
            normalize,
            None if self.angle is None else ops.convert_to_tensor(self.angle),
        )

    def effective_size(self) -> np.ndarray:
        """Size of the kernel of each filter along each axis, in pixels.

        What ``aconv.layers.envelope.axis_sizes`` makes of the present envelopes: for a
        turned ellipse the sizes along the axes of the kernel, and not along its own.
        Whether they are normalised does not matter.

        Returns:
            A NumPy array of shape ``(filters, rank)``; in a depthwise or separable
            layer ``(channels * depth_multiplier, rank)``.

        Raises:
            AttributeError: If the layer is not built.
        """
        self._check_built("effective_size")
        # One that is not normalised may vanish as a whole.
        return axis_sizes(self._envelopes(normalize=True))

    def effective_kernel(self) -> keras.KerasTensor:
        """Product kernel ``W ∘ U`` that the layer convolves with, Eq. (3).

        The ordinary layer with this kernel computes the same.

        Returns:
            A tensor of the shape of the weights.

        Raises:
            AttributeError: If the layer is not built.
        """
        self._check_built("effective_kernel")
        kernel = ops.convert_to_tensor(getattr(self, self.kernel_name))
        return kernel * ops.cast(self.envelope(), kernel.dtype)

    def _check_built(self, method: str) -> None:
        if not self.built:
            raise AttributeError(f"You must build the layer before calling `{method}`.")

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """Convolve ``inputs`` with the product kernels, Eq. (3)."""
        # As in the Keras layer, which has a hook for the kernel in some kinds only.
        outputs = self.convolution_op(inputs, self.effective_kernel())
        if self.use_bias:
            shape = [1] * (self.rank + 2)
            shape[-1 if self.data_format == "channels_last" else 1] = -1
            # By the operator: on TensorFlow, `ops.add` of Keras 3.15 takes the last
            # axis for the channels where it has as many entries as there are filters.
            outputs = outputs + ops.reshape(self.bias, shape)
        if self.activation is not None:
            return self.activation(outputs)
        return outputs

    def get_config(self) -> dict:
        """Return the arguments that make an equal layer, JSON-serialisable."""
        config = super().get_config()
        config.update(
            {
                "aperture_initializer": keras.initializers.serialize(
                    self.aperture_initializer
                ),
                # As given: a default goes with the size of the kernel.
                "aperture_bounds": self._given_bounds,
                "aperture_regularizer": keras.regularizers.serialize(
                    self.aperture_regularizer
                ),
                "envelope_shape": self.envelope_shape,
                "angle_initializer": keras.initializers.serialize(
                    self.angle_initializer
                ),
                "normalize_envelope": self.normalize_envelope,
                "train_aperture": self.train_aperture,
            }
        )
        return config


def _check_boolean(name: str, value: bool) -> None:
    if not isinstance(value, bool):
        raise ValueError(f"`{name}` must be a boolean. Received: {value!r}")
