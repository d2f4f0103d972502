"""What all adaptive convolution layers share, whatever their rank."""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any

import keras
from keras import ops

from aconv.layers.constraints import ApertureBounds, within_bounds
from aconv.layers.envelope import envelope
from aconv.layers.initializers import get_aperture_initializer, known_values

# What ``keras.initializers.get`` and its like accept.
Identifier = str | dict | Callable | None


class BaseAdaptiveConv:
    """Rank-generic part of the adaptive convolution layers.

    A mixin: a subclass derives from it and from the Keras convolution layer of its
    rank, which brings argument checks, the kernel, the bias, LoRA and the output shape.
    The documentation of the arguments is in ``AdaptiveConv2D``.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        groups: int = 1,
        activation: Identifier = None,
        use_bias: bool = True,
        kernel_initializer: Identifier = "glorot_uniform",
        bias_initializer: Identifier = "zeros",
        kernel_regularizer: Identifier = None,
        bias_regularizer: Identifier = None,
        activity_regularizer: Identifier = None,
        kernel_constraint: Identifier = None,
        bias_constraint: Identifier = None,
        *,
        aperture_initializer: float | tuple[float, float] | Identifier = (0.1, 0.5),
        aperture_bounds: tuple[float, float] | None = None,
        aperture_regularizer: Identifier = None,
        normalize_envelope: bool = True,
        train_aperture: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            filters,
            kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            groups=groups,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            **kwargs,
        )
        for name, value in (
            ("normalize_envelope", normalize_envelope),
            ("train_aperture", train_aperture),
        ):
            if not isinstance(value, bool):
                raise ValueError(f"`{name}` must be a boolean. Received: {value!r}")
        self.aperture_initializer = get_aperture_initializer(
            aperture_initializer, self.filters
        )
        self.aperture_regularizer = keras.regularizers.get(aperture_regularizer)
        self.aperture_bounds = self._standardize_bounds(aperture_bounds)
        self.normalize_envelope = normalize_envelope
        self.train_aperture = train_aperture

    def _standardize_bounds(
        self, bounds: tuple[float, float] | None
    ) -> tuple[float, float]:
        if bounds is None:
            largest = max(self.kernel_size)
            # A 1x1 kernel has one coefficient and its envelope is 1 at every aperture;
            # [1/n, n] would be empty there.
            return (1 / largest, float(largest)) if largest > 1 else (0.5, 1.0)
        try:
            low, high = bounds
            constraint = ApertureBounds(low, high)
        except (TypeError, ValueError):
            raise ValueError(
                "`aperture_bounds` must be a pair (low, high) with 0 < low < high. "
                f"Received: {bounds!r}"
            ) from None
        return constraint.low, constraint.high

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the apertures, the kernel and the bias for ``input_shape``."""
        # Before the other weights: Keras allows a layer no new ones once LoRA is
        # enabled, which its ``build`` may do. And the weights of an ordinary layer,
        # given by position, then meet a shape that is not theirs and are refused.
        self.aperture = self.add_weight(
            name="aperture",
            shape=(self.filters,),
            initializer=self.aperture_initializer,
            regularizer=self.aperture_regularizer,
            constraint=ApertureBounds(*self.aperture_bounds),
            trainable=self.train_aperture,
            dtype=self.dtype,
            # Under mixed precision the envelope is still computed in float32: it costs
            # nothing next to the convolution, and exp(-r^2 / sigma^2) and its gradient
            # lose most of their digits in 16 bits.
            autocast=False,
        )
        super().build(input_shape)

    def effective_aperture(self) -> keras.KerasTensor:
        """Apertures that the layer computes with.

        They are ``aperture``, clipped to ``aperture_bounds`` once training has begun.
        Until then a layer acts at the apertures that it was given, as in Algorithm 1.

        Returns:
            A tensor of shape ``(filters,)``, in grid units.

        Raises:
            AttributeError: If the layer is not built.
        """
        self._check_built("effective_aperture")
        return within_bounds(
            ops.convert_to_tensor(self.aperture),
            *self.aperture_bounds,
            initial=known_values(self.aperture_initializer, self.filters),
        )

    def envelope(self) -> keras.KerasTensor:
        """Envelope ``U`` of each filter at its present aperture, Eqs. (11) and (21).

        Returns:
            A tensor of shape ``(*kernel_size, 1, filters)``, float64 in a layer of
            that dtype and float32 in all others.

        Raises:
            AttributeError: If the layer is not built.
        """
        self._check_built("envelope")
        return envelope(
            self.effective_aperture(), self.kernel_size, self.normalize_envelope
        )

    def effective_kernel(self) -> keras.KerasTensor:
        """Product kernel ``W ∘ U`` that the layer convolves with, Eq. (3).

        An ordinary convolution with this kernel computes the same as the layer.

        Returns:
            A tensor of shape ``(*kernel_size, channels // groups, filters)``.

        Raises:
            AttributeError: If the layer is not built.
        """
        self._check_built("effective_kernel")
        return self._product(self.kernel)

    def _product(self, kernel: keras.KerasTensor) -> keras.KerasTensor:
        kernel = ops.convert_to_tensor(kernel)
        return kernel * ops.cast(self.envelope(), kernel.dtype)

    def _check_built(self, method: str) -> None:
        if not self.built:
            raise AttributeError(f"You must build the layer before calling `{method}`.")

    def convolution_op(
        self, inputs: keras.KerasTensor, kernel: keras.KerasTensor
    ) -> keras.KerasTensor:
        """Convolves ``inputs`` with the product kernels, Eq. (3).

        The hook that ``call`` of the Keras layer calls. An override receives the
        weights ``W``; it calls this one with what it makes of them, and the envelope
        is applied here.

        Args:
            inputs: The layer's inputs.
            kernel: Weights ``W``, shape ``(*kernel_size, channels // groups,
                filters)``.

        Returns:
            The outputs, before bias and activation.
        """
        return super().convolution_op(inputs, self._product(kernel))

    # The convolution layers of Keras save the kernel and the bias by name and would
    # leave the apertures out.
    def save_own_variables(self, store: MutableMapping) -> None:
        """Puts the kernel, the bias and the apertures into ``store``."""
        super().save_own_variables(store)
        if self.built:
            store["aperture"] = self.aperture

    def load_own_variables(self, store: Mapping) -> None:
        """Takes the kernel, the bias and the apertures from ``store``."""
        super().load_own_variables(store)
        if self.built:
            self.aperture.assign(store["aperture"])

    def get_config(self) -> dict:
        """Returns the arguments that make an equal layer, JSON-serialisable."""
        config = super().get_config()
        config.update(
            {
                "aperture_initializer": keras.initializers.serialize(
                    self.aperture_initializer
                ),
                "aperture_bounds": self.aperture_bounds,
                "aperture_regularizer": keras.regularizers.serialize(
                    self.aperture_regularizer
                ),
                "normalize_envelope": self.normalize_envelope,
                "train_aperture": self.train_aperture,
            }
        )
        return config
