"""The adaptive depthwise and separable convolution layers: a thin class per rank."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from aconv.layers.base import BaseAdaptiveConv, EnvelopeShape, Identifier
from aconv.layers.method import HasMethod, Method


class _Depthwise(BaseAdaptiveConv):
    """What depthwise and separable layers share: an envelope per depthwise kernel."""

    def _count(self, channels: int | None = None) -> int | None:
        return None if channels is None else channels * self.depth_multiplier

    def _arranged(self, envelope: keras.KerasTensor) -> keras.KerasTensor:
        # Output channels are counted channel by channel, as the weights lie.
        return ops.reshape(envelope, (*self.kernel_size, -1, self.depth_multiplier))


class _AdaptiveDepthwiseConv(HasMethod, _Depthwise):
    """What the ranks share: the arguments, and how inputs meet a kernel."""

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        activation: Identifier = None,
        use_bias: bool = True,
        depthwise_initializer: Identifier = "glorot_uniform",
        bias_initializer: Identifier = "zeros",
        depthwise_regularizer: Identifier = None,
        bias_regularizer: Identifier = None,
        activity_regularizer: Identifier = None,
        depthwise_constraint: Identifier = None,
        bias_constraint: Identifier = None,
        *,
        aperture_initializer: float | tuple[float, float] | Identifier = (0.1, 0.5),
        aperture_bounds: tuple[float, float] | None = None,
        aperture_regularizer: Identifier = None,
        envelope_shape: EnvelopeShape = "circle",
        angle_initializer: float | tuple[float, float] | Identifier = None,
        normalize_envelope: bool = True,
        train_aperture: bool = True,
        method: Method = "direct",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            kernel_size,
            strides=strides,
            padding=padding,
            depth_multiplier=depth_multiplier,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            depthwise_initializer=depthwise_initializer,
            bias_initializer=bias_initializer,
            depthwise_regularizer=depthwise_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            depthwise_constraint=depthwise_constraint,
            bias_constraint=bias_constraint,
            aperture_initializer=aperture_initializer,
            aperture_bounds=aperture_bounds,
            aperture_regularizer=aperture_regularizer,
            envelope_shape=envelope_shape,
            angle_initializer=angle_initializer,
            normalize_envelope=normalize_envelope,
            train_aperture=train_aperture,
            method=method,
            **kwargs,
        )

    def convolution_op(
        self, inputs: keras.KerasTensor, kernel: keras.KerasTensor
    ) -> keras.KerasTensor:
        """Apply the depthwise convolution, the hook of ``call``.

        Args:
            inputs: The layer's inputs.
            kernel: Product kernel ``W ∘ U``, shape
                ``(*kernel_size, channels, depth_multiplier)``.

        Returns:
            The outputs, before bias and activation.
        """
        if self.method == "fft":
            # A group for each channel, whose filters are one after another.
            grouped = ops.reshape(kernel, (*self.kernel_size, 1, -1))
            return self._by_fft(inputs, grouped, groups=kernel.shape[-2])
        return ops.depthwise_conv(
            inputs,
            kernel,
            strides=self.strides,
            padding=self.padding,
            dilation_rate=self.dilation_rate,
            data_format=self.data_format,
        )


class _AdaptiveSeparableConv(_Depthwise):
    """What the ranks share: the arguments, and how inputs meet a kernel."""

    kernel_name = "depthwise_kernel"

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        depth_multiplier: int = 1,
        activation: Identifier = None,
        use_bias: bool = True,
        depthwise_initializer: Identifier = "glorot_uniform",
        pointwise_initializer: Identifier = "glorot_uniform",
        bias_initializer: Identifier = "zeros",
        depthwise_regularizer: Identifier = None,
        pointwise_regularizer: Identifier = None,
        bias_regularizer: Identifier = None,
        activity_regularizer: Identifier = None,
        depthwise_constraint: Identifier = None,
        pointwise_constraint: Identifier = None,
        bias_constraint: Identifier = None,
        *,
        aperture_initializer: float | tuple[float, float] | Identifier = (0.1, 0.5),
        aperture_bounds: tuple[float, float] | None = None,
        aperture_regularizer: Identifier = None,
        envelope_shape: EnvelopeShape = "circle",
        angle_initializer: float | tuple[float, float] | Identifier = None,
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
            depth_multiplier=depth_multiplier,
            activation=activation,
            use_bias=use_bias,
            depthwise_initializer=depthwise_initializer,
            pointwise_initializer=pointwise_initializer,
            bias_initializer=bias_initializer,
            depthwise_regularizer=depthwise_regularizer,
            pointwise_regularizer=pointwise_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            depthwise_constraint=depthwise_constraint,
            pointwise_constraint=pointwise_constraint,
            bias_constraint=bias_constraint,
            aperture_initializer=aperture_initializer,
            aperture_bounds=aperture_bounds,
            aperture_regularizer=aperture_regularizer,
            envelope_shape=envelope_shape,
            angle_initializer=angle_initializer,
            normalize_envelope=normalize_envelope,
            train_aperture=train_aperture,
            **kwargs,
        )

    def convolution_op(
        self, inputs: keras.KerasTensor, kernel: keras.KerasTensor
    ) -> keras.KerasTensor:
        """Apply the depthwise and the pointwise convolution, the hook of ``call``.

        Args:
            inputs: The layer's inputs.
            kernel: Product of the depthwise kernel and the envelope, shape
                ``(*kernel_size, channels, depth_multiplier)``.

        Returns:
            The outputs, before bias and activation.
        """
        return ops.separable_conv(
            inputs,
            kernel,
            self.pointwise_kernel,
            strides=self.strides,
            padding=self.padding,
            dilation_rate=self.dilation_rate,
            data_format=self.data_format,
        )


@keras.saving.register_keras_serializable(package="aconv")
class AdaptiveDepthwiseConv1D(_AdaptiveDepthwiseConv, keras.layers.DepthwiseConv1D):
    """1D depthwise convolution layer that trains the size of its kernels.

    The same layer as ``AdaptiveDepthwiseConv2D`` on inputs of shape ``(batch, steps,
    channels)``. Takes the arguments of ``keras.layers.DepthwiseConv1D``, and the
    ``aperture`` and ``envelope`` arguments documented in ``AdaptiveConv2D``.
    """


@keras.saving.register_keras_serializable(package="aconv")
class AdaptiveDepthwiseConv2D(_AdaptiveDepthwiseConv, keras.layers.DepthwiseConv2D):
    """2D depthwise convolution layer that trains the size of its kernels.

    Takes the place of ``keras.layers.DepthwiseConv2D``: its arguments in its order, and
    the ``aperture`` and ``envelope`` arguments of ``AdaptiveConv2D``, which documents
    them. Beyond the paper, which has no adaptive depthwise convolutions.

    Every depthwise kernel has an aperture: one per input channel and multiplier, which
    is one per output channel, in the order of the output channels. Each envelope is
    normalised over the grid by itself, Eq. (21), so that each product kernel keeps the
    mean variance of its weights (Theorem 3.1). How many apertures there are is known
    once the layer is built.

    Args:
        depth_multiplier: int, number of output channels per input channel.
        depthwise_initializer: Initializer of the weights ``W``.
        depthwise_regularizer: Regularizer of ``W``.
        depthwise_constraint: Constraint of ``W``.
        aperture_initializer: As in ``AdaptiveConv2D``, and so are all others; a pair is
            spaced over the output channels.

    Attributes:
        kernel: The weights ``W``, shape
            ``(*kernel_size, channels, depth_multiplier)``.
        aperture: The apertures, shape ``(channels * depth_multiplier,)``, and
            ``(channels * depth_multiplier * 2,)`` where ``envelope_shape`` is not
            ``"circle"``, see ``AdaptiveConv2D``.

    Raises:
        ValueError: If an argument is out of its range.

    Example:
    >>> x = np.random.rand(4, 28, 28, 3)
    >>> layer = AdaptiveDepthwiseConv2D(9, padding="same", depth_multiplier=2)
    >>> tuple(layer(x).shape)
    (4, 28, 28, 6)
    >>> tuple(layer.aperture.shape), tuple(layer.envelope().shape)
    ((6,), (9, 9, 3, 2))
    """


@keras.saving.register_keras_serializable(package="aconv")
class AdaptiveSeparableConv1D(_AdaptiveSeparableConv, keras.layers.SeparableConv1D):
    """1D separable convolution layer that trains the size of its depthwise kernels.

    The same layer as ``AdaptiveSeparableConv2D`` on inputs of shape ``(batch, steps,
    channels)``. Takes the arguments of ``keras.layers.SeparableConv1D``, and the
    ``aperture`` and ``envelope`` arguments documented in ``AdaptiveConv2D``.
    """


@keras.saving.register_keras_serializable(package="aconv")
class AdaptiveSeparableConv2D(_AdaptiveSeparableConv, keras.layers.SeparableConv2D):
    """2D separable convolution layer that trains the size of its depthwise kernels.

    Takes the place of ``keras.layers.SeparableConv2D``: its arguments in its order, and
    the ``aperture`` and ``envelope`` arguments of ``AdaptiveConv2D``, which documents
    them. Beyond the paper, which has no adaptive separable convolutions.

    Every depthwise kernel has an aperture, as in ``AdaptiveDepthwiseConv2D``, which
    also tells how it is normalised. The pointwise kernel, of one pixel, has none: a
    filter of this layer mixes kernels of several sizes.

    Args:
        filters: int, the number of filters of the pointwise convolution.
        kernel_size: int or pair of ints, the size of the depthwise kernel's grid.
        depth_multiplier: int, number of depthwise kernels per input channel.
        depthwise_initializer: Initializer of the depthwise weights ``W``.
        pointwise_initializer: Initializer of the pointwise kernel.
        depthwise_regularizer: Regularizer of ``W``.
        pointwise_regularizer: Regularizer of the pointwise kernel.
        depthwise_constraint: Constraint of ``W``.
        pointwise_constraint: Constraint of the pointwise kernel.
        aperture_initializer: As in ``AdaptiveConv2D``, and so are all others, but that
            there is no ``method``; a pair is spaced over the depthwise kernels.

    Attributes:
        depthwise_kernel: The weights ``W``, shape
            ``(*kernel_size, channels, depth_multiplier)``.
        pointwise_kernel: Shape ``(1, 1, channels * depth_multiplier, filters)``.
        aperture: The apertures, shape ``(channels * depth_multiplier,)``, and
            ``(channels * depth_multiplier * 2,)`` where ``envelope_shape`` is not
            ``"circle"``, see ``AdaptiveConv2D``.

    Raises:
        ValueError: If an argument is out of its range.

    Example:
    >>> x = np.random.rand(4, 28, 28, 3)
    >>> layer = AdaptiveSeparableConv2D(16, 9, padding="same")
    >>> tuple(layer(x).shape), tuple(layer.aperture.shape)
    ((4, 28, 28, 16), (3,))
    """
