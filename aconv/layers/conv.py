"""The adaptive convolution layers: one thin class per rank."""

import keras
from keras import ops

from aconv.layers.base import BaseAdaptiveConv


@keras.saving.register_keras_serializable(package="aconv")
class AdaptiveConv1D(BaseAdaptiveConv, keras.layers.Conv1D):
    """1D convolution layer that trains the size of its kernels.

    The same layer as ``AdaptiveConv2D`` on inputs of shape ``(batch, steps,
    channels)``. Takes the arguments of ``keras.layers.Conv1D``, causal padding among
    them, and the ``aperture`` and ``envelope`` arguments documented there.
    """

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """Convolves ``inputs`` with the product kernels, Eq. (3)."""
        # ``Conv1D.call`` of Keras 3.15 has no hook for the kernel; that of its base
        # class, which the other ranks use, calls ``convolution_op``.
        return super(keras.layers.Conv1D, self).call(inputs)

    def convolution_op(
        self, inputs: keras.KerasTensor, kernel: keras.KerasTensor
    ) -> keras.KerasTensor:
        """Convolves ``inputs`` with the product kernels, also with causal padding."""
        if self.padding != "causal":
            return super().convolution_op(inputs, kernel)
        left = self.dilation_rate[0] * (self.kernel_size[0] - 1)
        steps = 1 if self.data_format == "channels_last" else 2
        padding = [(left, 0) if axis == steps else (0, 0) for axis in range(3)]
        return ops.conv(
            ops.pad(inputs, padding),
            self._product(kernel),
            strides=list(self.strides),
            padding="valid",
            dilation_rate=self.dilation_rate,
            data_format=self.data_format,
        )


@keras.saving.register_keras_serializable(package="aconv")
class AdaptiveConv2D(BaseAdaptiveConv, keras.layers.Conv2D):
    """2D convolution layer that trains the size of its kernels.

    Takes the place of ``keras.layers.Conv2D``. The kernel ``W`` of each filter is
    multiplied by a Gaussian envelope ``U`` on the kernel's grid, with one trainable
    aperture ``sigma`` per filter, before it meets the input ``X``:

    ``O = X * (W ∘ U)``, ``U = s exp(-||g - mu||^2 / (2 sigma^2))``

    (Eqs. 3 and 11), where ``g`` runs over a symmetric grid from 0 to 1 along each side
    of the kernel, ``mu = 0.5`` is its centre and ``s`` scales the envelope's sum of
    squares to ``n^2`` (Eq. 21), so that ``W ∘ U`` has the mean variance of ``W``
    (Theorem 3.1). A small aperture leaves a small kernel in the middle of the grid; a
    large one leaves ``W`` as it is, and the layer is then an ordinary convolution.

    Args:
        filters: int, the number of filters.
        kernel_size: int or pair of ints, the size of the kernel's grid; any size, also
            even or not square. Each side has a grid from 0 to 1 of its own, so the
            envelope keeps the kernel's aspect ratio.
        strides: See ``keras.layers.Conv2D``, like all arguments up to
            ``bias_constraint``: same names, order and defaults.
        padding: ``"valid"`` or ``"same"``.
        data_format: ``"channels_last"`` or ``"channels_first"``.
        dilation_rate: int or pair of ints; the envelope is dilated with the kernel.
        groups: int, number of groups of input channels.
        activation: Activation function.
        use_bias: bool. The authors' code has no bias in adaptive layers; the paper
            does not say so, and the default is that of Keras.
        kernel_initializer: Initializer of ``W``.
        bias_initializer: Initializer of the bias.
        kernel_regularizer: Regularizer of ``W``.
        bias_regularizer: Regularizer of the bias.
        activity_regularizer: Regularizer of the output.
        kernel_constraint: Constraint of ``W``.
        bias_constraint: Constraint of the bias.
        aperture_initializer: Initial apertures, in grid units (1 is one kernel width):
            a positive number for all filters; a pair ``(low, high)``, linearly spaced
            over the filters; or a Keras initializer of positive values. Default
            ``(0.1, 0.5)``, as in Section 4.2.
        aperture_bounds: Pair ``(low, high)``, ``0 < low < high``, of the apertures
            that the layer computes with, in grid units. Default ``(1 / n, n)``
            (Section 3.3), ``n`` the longer side of the kernel. See "Bounds" below.
        aperture_regularizer: Keras regularizer of the apertures.
        normalize_envelope: bool, whether to apply Eq. (21).
        train_aperture: bool, whether the apertures are trained or stay as initialised.
        **kwargs: ``name``, ``dtype``, ``trainable`` and the like.

    Bounds:
        As in Algorithm 1, the initial apertures act as they are, also below the lower
        bound, and are clipped after each update, by a constraint of the weight. Keras
        optimisers apply constraints; other training loops do not, and averages of
        weights (``use_ema=True``) are taken before. So the layer clips again where it
        computes, as soon as its apertures are no longer the initial ones (a number or
        a pair; values of an initializer are clipped from the beginning):
        ``effective_aperture()`` is what acts, in every loop. The gradient goes straight
        through that clip, so that an aperture beyond a bound comes back by its
        gradients.

    Subclassing:
        ``convolution_op(inputs, kernel)`` is the hook, as in ``keras.layers.Conv2D``.
        An override receives ``W`` and calls ``super().convolution_op``, which applies
        the envelope.

    Input shape:
        ``(batch, height, width, channels)``, or ``(batch, channels, height, width)``
        with ``data_format="channels_first"``.

    Output shape:
        ``(batch, new_height, new_width, filters)``, or
        ``(batch, filters, new_height, new_width)``.

    Attributes:
        kernel: The weights ``W``, shape
            ``(*kernel_size, channels // groups, filters)``.
        aperture: The apertures ``sigma``, shape ``(filters,)``, in grid units.

    Raises:
        ValueError: If an argument is out of its range, as above or as in
            ``keras.layers.Conv2D``.

    Reference:
        Tek, Çam, Karlı, "Adaptive convolution kernel for artificial neural networks",
        J. Vis. Commun. Image Represent. 75, 103015 (2021).

    Example:
    >>> x = np.random.rand(4, 28, 28, 3)
    >>> layer = AdaptiveConv2D(32, 9, padding="same", activation="relu")
    >>> tuple(layer(x).shape)
    (4, 28, 28, 32)
    >>> tuple(layer.envelope().shape)
    (9, 9, 1, 32)
    """


@keras.saving.register_keras_serializable(package="aconv")
class AdaptiveConv3D(BaseAdaptiveConv, keras.layers.Conv3D):
    """3D convolution layer that trains the size of its kernels.

    The same layer as ``AdaptiveConv2D`` on inputs of shape
    ``(batch, depth, height, width, channels)``. Takes the arguments of
    ``keras.layers.Conv3D`` and the ``aperture`` and ``envelope`` arguments documented
    there.
    """
