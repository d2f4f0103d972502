"""The adaptive convolution layers: one thin class per rank."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from aconv.layers.base import BaseAdaptiveConv, EnvelopeShape, Identifier
from aconv.layers.method import HasMethod, Method


class _AdaptiveConv(HasMethod, BaseAdaptiveConv):
    """What the ranks share: the arguments, and how inputs meet a kernel."""

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
        envelope_shape: EnvelopeShape = "circle",
        angle_initializer: float | tuple[float, float] | Identifier = None,
        normalize_envelope: bool = True,
        train_aperture: bool = True,
        method: Method = "direct",
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
        """Convolve ``inputs`` with the product kernel, the hook of ``call``.

        Args:
            inputs: The layer's inputs.
            kernel: Product kernel ``W ∘ U``, shape
                ``(*kernel_size, channels // groups, filters)``.

        Returns:
            The outputs, before bias and activation.
        """
        if self.method == "fft":
            return self._by_fft(inputs, kernel, self.groups)
        return super().convolution_op(inputs, kernel)


@keras.saving.register_keras_serializable(package="aconv")
class AdaptiveConv1D(_AdaptiveConv, keras.layers.Conv1D):
    """1D convolution layer that trains the size of its kernels.

    The same layer as ``AdaptiveConv2D`` on inputs of shape ``(batch, steps,
    channels)``. Takes the arguments of ``keras.layers.Conv1D``, causal padding among
    them, and the ``aperture`` and ``envelope`` arguments documented there.
    """

    def convolution_op(
        self, inputs: keras.KerasTensor, kernel: keras.KerasTensor
    ) -> keras.KerasTensor:
        """Convolve ``inputs`` with the product kernel, also with causal padding."""
        # ``Conv1D.call`` of Keras 3.15 does the padding, and has no hook.
        if self.method == "fft" or self.padding != "causal":
            return super().convolution_op(inputs, kernel)
        left = self.dilation_rate[0] * (self.kernel_size[0] - 1)
        steps = 1 if self.data_format == "channels_last" else 2
        padding = [(left, 0) if axis == steps else (0, 0) for axis in range(3)]
        return ops.conv(
            ops.pad(inputs, padding),
            kernel,
            strides=list(self.strides),
            padding="valid",
            dilation_rate=self.dilation_rate,
            data_format=self.data_format,
        )


@keras.saving.register_keras_serializable(package="aconv")
class AdaptiveConv2D(_AdaptiveConv, keras.layers.Conv2D):
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
            (Section 4.2), ``n`` the longer side of the kernel. See "Bounds" below.
        aperture_regularizer: Keras regularizer of the apertures that the layer computes
            with. Decoupled weight decay of an optimiser acts on apertures, too, unless
            it is told to exclude the name "aperture".
        envelope_shape: ``"circle"``, the paper's envelope of one aperture per filter;
            ``"ellipse"``, an aperture per filter and spatial axis; ``"rotated"``, an
            ellipse whose axes are turned by an angle per filter, in two dimensions
            only. See "Shapes" below.
        angle_initializer: Initial angles of ``"rotated"``, in radians: a number for all
            filters; a pair ``(low, high)``, linearly spaced; or a Keras initializer.
            By default from 0 to a quarter turn. None for the other shapes.
        normalize_envelope: bool, whether to apply Eq. (21).
        train_aperture: bool, whether the apertures, and angles, are trained or stay as
            they are.
        method: How the convolution is computed: ``"direct"``, as Keras does, or
            ``"fft"``, by Fourier transforms. See "Method" below.
        **kwargs: ``name``, ``dtype``, ``trainable`` and the like.

    Bounds:
        The layer computes with ``effective_aperture()``: the weight ``aperture``,
        clipped to the bounds, from the first call on, whether apertures are trained or
        not. The gradient goes straight through that clip, so that an aperture beyond a
        bound comes back by its gradients. One update differs from Algorithm 1, which
        clips after each update only: there initial apertures below the lower bound act
        as they are until the first one.
        The weight itself is clipped after each update, by a constraint. Keras
        optimisers apply constraints (at every batch where they accumulate gradients);
        other training loops do not, and averages of weights (``use_ema=True``) are
        taken before, so that the weight may lie outside the bounds, and what acts does
        not. In such a loop a steady slope, as of a price of the size, moves the weight
        on beyond the bound, and it takes as many updates to come back: assign
        ``layer.aperture.constraint(layer.aperture)`` after each.

    Shapes:
        Beyond the paper, ``||g - mu||^2 / sigma^2`` of Eq. (11) becomes the sum of
        ``(g_a - mu_a)^2 / sigma_a^2`` over the axes, with an aperture per axis; with
        ``"rotated"``, ``g - mu`` is turned before, by an angle ``theta`` from the first
        axis (rows) towards the second (columns). The quadratic form is positive
        definite by construction. Angles need no bounds: a half turn changes nothing.
        All shapes are normalised by Eq. (21), so that Theorem 3.1 is about all of them.
        A number, or a pair, of ``aperture_initializer`` gives every filter equal
        apertures: a circle, that training stretches. ``with_aperture_rate`` counts an
        angle as an aperture. ``effective_size()`` gives each filter's size along each
        axis in pixels.

    Method:
        With ``"fft"`` the layer computes the same up to rounding, and so are its
        gradients, at a cost that grows slowly with the grid: images and kernels are
        transformed by products with constant matrices, and multiplied in the space of
        frequencies. It pays for large grids; for 3x3 ``"direct"`` is faster, with
        TensorFlow up to 7x7.
        Transforms are computed in float32, also under mixed precision, and in float64
        in a layer of that dtype: exact to its last digits on TensorFlow and, where
        ``jax_enable_x64`` is set, on JAX; to 1e-6 on PyTorch, where Keras multiplies
        matrices of float64 in float32. The sizes of images must be known where the
        layer is called, which in a graph of TensorFlow they are from the model's
        inputs only.

        Memory, for images of ``N`` pixels, counted with the border that the kernel
        reaches over: the transforms of inputs, kernels and outputs have about ``N``
        numbers for each image and channel, each pair of channel and filter, and each
        image and filter. With few channels that is little: a step of 32 to 32 channels
        at 32x32 pixels and batches of 32 takes some 5 to 100 MiB at its peak, by size
        and backend, and at 31x31 less than directly on TensorFlow and PyTorch. Where
        there are many channels the kernels' part is large: 512 times 512 kernels and
        40x40 pixels have 1.7 GB, and a step holds that several times. The time of a
        transform grows with the pixels times the image's side, so that it is for images
        of a few hundred pixels a side, not for more.
        A folded or cropped model is an ordinary one and computes directly.

    Changing a layer:
        ``train_aperture``, ``aperture_bounds``, ``aperture_regularizer``,
        ``normalize_envelope`` and ``method`` may be set at any time and act from then
        on; as with ``trainable`` of Keras, a model that holds the layer must be
        compiled anew.
        ``envelope_shape`` cannot be set.

    Subclassing:
        ``convolution_op(inputs, kernel)`` is the hook, as in ``keras.layers.Conv2D``.
        An override receives the product kernel ``W ∘ U``; whatever it computes is the
        output, before bias and activation. ``super().convolution_op`` is the ordinary
        convolution.

    Input shape:
        ``(batch, height, width, channels)``, or ``(batch, channels, height, width)``
        with ``data_format="channels_first"``.

    Output shape:
        ``(batch, new_height, new_width, filters)``, or
        ``(batch, filters, new_height, new_width)``.

    Attributes:
        kernel: The weights ``W``, shape
            ``(*kernel_size, channels // groups, filters)``.
        aperture: The apertures ``sigma``, in grid units, as a weight: shape
            ``(filters,)``. Where ``envelope_shape`` is not ``"circle"``, shape
            ``(filters * 2,)``, the two of a filter side by side: on one axis, since
            optimisers such as Muon take a matrix for a kernel.
            ``effective_aperture()`` has them by filter and axis.
        angle: The angles of ``"rotated"``, shape ``(filters,)``, in radians; the weight
            is named ``aperture_angle``. None for the other shapes.

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
class AdaptiveConv3D(_AdaptiveConv, keras.layers.Conv3D):
    """3D convolution layer that trains the size of its kernels.

    The same layer as ``AdaptiveConv2D`` on inputs of shape
    ``(batch, depth, height, width, channels)``. Takes the arguments of
    ``keras.layers.Conv3D`` and the ``aperture`` and ``envelope`` arguments documented
    there.
    """
