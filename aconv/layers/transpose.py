"""The adaptive transposed convolution layers: one thin class per rank."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from aconv.layers.base import BaseAdaptiveConv, EnvelopeShape, Identifier


class _AdaptiveConvTranspose(BaseAdaptiveConv):
    """What the ranks share: the arguments, and how inputs meet a kernel."""

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        output_padding: int | Sequence[int] | None = None,
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
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
            output_padding=output_padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
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

    def _arranged(self, envelope: keras.KerasTensor) -> keras.KerasTensor:
        # The kernel of a transposed convolution has its filters before its channels.
        return ops.swapaxes(envelope, -1, -2)

    def convolution_op(
        self, inputs: keras.KerasTensor, kernel: keras.KerasTensor
    ) -> keras.KerasTensor:
        """Apply the transposed convolution, the hook of ``call``.

        Args:
            inputs: The layer's inputs.
            kernel: Product kernel ``W ∘ U``, shape
                ``(*kernel_size, filters, channels)``.

        Returns:
            The outputs, before bias and activation.
        """
        return ops.conv_transpose(
            inputs,
            kernel,
            strides=list(self.strides),
            padding=self.padding,
            output_padding=self.output_padding,
            dilation_rate=self.dilation_rate,
            data_format=self.data_format,
        )


@keras.saving.register_keras_serializable(package="aconv")
class AdaptiveConv1DTranspose(_AdaptiveConvTranspose, keras.layers.Conv1DTranspose):
    """1D transposed convolution layer that trains the size of its kernels.

    The same layer as ``AdaptiveConv2DTranspose`` on inputs of shape ``(batch, steps,
    channels)``. Takes the arguments of ``keras.layers.Conv1DTranspose``, and the
    ``aperture`` and ``envelope`` arguments documented in ``AdaptiveConv2D``.
    """


@keras.saving.register_keras_serializable(package="aconv")
class AdaptiveConv2DTranspose(_AdaptiveConvTranspose, keras.layers.Conv2DTranspose):
    """2D transposed convolution layer that trains the size of its kernels.

    Takes the place of ``keras.layers.Conv2DTranspose``: its arguments in its order, and
    the ``aperture`` and ``envelope`` arguments of ``AdaptiveConv2D``, which documents
    them. Beyond the paper, which has no adaptive transposed convolutions.

    Every filter has an aperture. Its envelope multiplies the kernels that spread each
    input pixel over the output, of all input channels alike, and is normalised over the
    kernel's grid as in ``AdaptiveConv2D``: Theorem 3.1 is about the kernel. With
    strides above 1 an output pixel meets only every ``strides``-th coefficient. Those
    near the centre of a small envelope are large and those at its border small, so that
    a small aperture writes a pattern of the strides into the output.

    Args:
        output_padding: int or pair of ints, or None: see
            ``keras.layers.Conv2DTranspose``. All others are as in ``AdaptiveConv2D``,
            but that there is neither ``groups`` nor ``method``.

    Attributes:
        kernel: The weights ``W``, shape ``(*kernel_size, filters, channels)``.
        aperture: The apertures, shape ``(filters,)``, or ``(filters * 2,)`` where
            ``envelope_shape`` is not ``"circle"``, see ``AdaptiveConv2D``.

    Raises:
        ValueError: If an argument is out of its range.

    Example:
    >>> x = np.random.rand(4, 14, 14, 8)
    >>> layer = AdaptiveConv2DTranspose(16, 5, strides=2, padding="same")
    >>> tuple(layer(x).shape)
    (4, 28, 28, 16)
    >>> tuple(layer.envelope().shape)
    (5, 5, 16, 1)
    """


@keras.saving.register_keras_serializable(package="aconv")
class AdaptiveConv3DTranspose(_AdaptiveConvTranspose, keras.layers.Conv3DTranspose):
    """3D transposed convolution layer that trains the size of its kernels.

    The same layer as ``AdaptiveConv2DTranspose`` on inputs of shape ``(batch, depth,
    height, width, channels)``. Takes the arguments of ``keras.layers.Conv3DTranspose``
    in its order, which has ``data_format`` before ``output_padding``, and the
    ``aperture`` and ``envelope`` arguments documented in ``AdaptiveConv2D``.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        output_padding: int | Sequence[int] | None = None,
        dilation_rate: int | Sequence[int] = 1,
        activation: Identifier = None,
        use_bias: bool = True,
        kernel_initializer: Identifier = "glorot_uniform",
        bias_initializer: Identifier = "zeros",
        kernel_regularizer: Identifier = None,
        bias_regularizer: Identifier = None,
        activity_regularizer: Identifier = None,
        kernel_constraint: Identifier = None,
        bias_constraint: Identifier = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            filters,
            kernel_size,
            strides=strides,
            padding=padding,
            output_padding=output_padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
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
