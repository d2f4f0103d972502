"""The paper's three networks, with adaptive or ordinary convolutions by one argument.

Each function returns an uncompiled Keras model. Where the paper and the authors' code
differ, the networks follow the code, because it made the results.
"""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from aconv.companion.training.convolutions import (
    Aperture,
    convolution,
    further_convolution,
)
from aconv.companion.training.kinds import Kind
from aconv.companion.training.variant import AS_PUBLISHED, Variant
from aconv.layers.base import BaseAdaptiveConv


def simple_cnn(
    input_shape: Sequence[int],
    classes: int,
    *,
    kernel_size: int,
    kind: Kind = "adaptive",
    filters: int = 32,
    units: int = 256,
    dropout: float = 0.5,
    aperture: Aperture = (0.1, 0.5),
    variant: Variant = AS_PUBLISHED,
) -> keras.Model:
    """The simple network of Section 4.2 and Table 1, left.

    Two convolutions with ReLU, 2x2 max-pooling, dropout, a dense layer with batch
    normalisation and ReLU, dropout, softmax. The paper says that batch normalisation
    follows every layer; the authors' code, and this, has it after the dense layer only.

    Args:
        input_shape: Height, width and channels of the images.
        classes: Number of classes, at least two.
        kernel_size: Size ``n`` of the square kernels of both convolutions.
        kind: ``"adaptive"`` (He-uniform kernels, no bias, L2 of 1e-5 on the apertures
            of the first layer) or ``"ordinary"`` (Glorot-uniform kernels, bias).
        filters: Filters of each convolution.
        units: Units of the dense layer.
        dropout: Rate of both dropout layers, in [0, 1).
        aperture: Initial aperture in grid units, or a pair ``(low, high)``.
        variant: How the convolutions depart from these.

    Returns:
        A model from ``(batch, height, width, channels)`` to class probabilities
        ``(batch, classes)``.

    Raises:
        ValueError: If an argument is not as above.

    Example:
        >>> simple_cnn((28, 28, 1), 10, kernel_size=5).output_shape
        (None, 10)
    """
    _check_classes(classes)
    x = inputs = _image_input(input_shape)
    for number, aperture_l2 in ((1, 1e-5), (2, None)):
        x = convolution(
            x,
            kind,
            filters,
            kernel_size,
            aperture=aperture,
            aperture_l2=aperture_l2,
            variant=variant,
            activation="relu",
            name=f"conv_{number}",
        )
    x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(dropout)(x)
    x = layers.Dense(units, kernel_initializer="he_uniform", name="dense")(x)
    x = layers.BatchNormalization(name="dense_norm")(x)
    x = layers.ReLU()(x)
    x = layers.Dropout(dropout)(x)
    outputs = _softmax(x, classes, kernel_initializer="he_uniform")
    return keras.Model(inputs, outputs, name="simple_cnn")


def resnet(
    input_shape: Sequence[int],
    classes: int,
    *,
    kernel_size: int,
    kind: Kind = "adaptive",
    blocks: int = 1,
    filters: int = 16,
    dropout: float = 0.0,
    aperture: Aperture = (0.1, 0.3),
    l2: float = 1e-4,
    variant: Variant = AS_PUBLISHED,
) -> keras.Model:
    """The residual network of Section 4.3 and Table 1, right.

    Three levels of residual blocks of two convolutions, with ``filters``,
    ``2 filters`` and ``4 filters`` filters; the second and third level halve the image.
    The shortcut at their beginning is parameter-free, as in the authors' code: every
    second pixel, concatenated with itself. It has ``6 blocks + 2`` weighted layers,
    which is 8 for one block per level where Table 1 says 11.

    Args:
        input_shape: Height, width and channels of the images.
        classes: Number of classes, at least two.
        kernel_size: Size ``n`` of the square kernels of all convolutions.
        kind: ``"adaptive"`` (He-uniform kernels, no bias) or ``"ordinary"`` (He-normal
            kernels, bias).
        blocks: Residual blocks per level, one or more.
        filters: Filters of the first level.
        dropout: Rate of the dropout after each level and after the global pooling, in
            [0, 1); no dropout layers if zero.
        aperture: Initial aperture in grid units, or a pair ``(low, high)``.
        l2: L2 penalty on the kernels of the convolutions and the dense layer.
        variant: How the convolutions depart from these.

    Returns:
        A model from ``(batch, height, width, channels)`` to class probabilities
        ``(batch, classes)``.

    Raises:
        ValueError: If an argument is not as above.

    Example:
        >>> resnet((32, 32, 3), 10, kernel_size=7, blocks=3).output_shape
        (None, 10)
    """
    _check_classes(classes)
    if not isinstance(blocks, int) or blocks < 1:
        raise ValueError(f"`blocks` must be an integer >= 1. Received: {blocks!r}")

    def convolve_and_normalize(
        x: keras.KerasTensor, name: str, filters: int, strides: int = 1
    ) -> keras.KerasTensor:
        x = convolution(
            x,
            kind,
            filters,
            kernel_size,
            aperture=aperture,
            ordinary_initializer="he_normal",
            variant=variant,
            strides=strides,
            kernel_regularizer=keras.regularizers.L2(l2),
            name=name,
        )
        return layers.BatchNormalization(
            momentum=0.9, epsilon=1e-5, name=f"{name}_norm"
        )(x)

    def drop(x: keras.KerasTensor) -> keras.KerasTensor:
        return layers.Dropout(dropout)(x) if dropout else x

    inputs = _image_input(input_shape)
    x = layers.ReLU()(convolve_and_normalize(inputs, "stem", filters))
    for level in range(3):
        for block in range(blocks):
            name = f"level_{level + 1}_block_{block + 1}"
            widens = level > 0 and block == 0
            shortcut = x
            if widens:
                shortcut = layers.MaxPooling2D(1, strides=2, padding="same")(shortcut)
                shortcut = layers.Concatenate()([shortcut, shortcut])
            width = filters * 2**level
            x = convolve_and_normalize(
                x, f"{name}_conv_1", width, strides=2 if widens else 1
            )
            x = convolve_and_normalize(layers.ReLU()(x), f"{name}_conv_2", width)
            x = layers.ReLU()(layers.Add()([x, shortcut]))
        x = drop(x)
    x = drop(layers.GlobalAveragePooling2D()(x))
    outputs = _softmax(
        x,
        classes,
        kernel_initializer="he_normal",
        kernel_regularizer=keras.regularizers.L2(l2),
    )
    return keras.Model(inputs, outputs, name="resnet")


def unet(
    input_shape: Sequence[int],
    classes: int = 3,
    *,
    kernel_size: int,
    kind: Kind = "adaptive",
    down: Sequence[int] = (48, 64, 96),
    up: Sequence[int] = (96, 64, 48, 32),
    aperture: Aperture = (0.1, 0.25),
    aperture_l2: float = 1e-10,
    variant: Variant = AS_PUBLISHED,
) -> keras.Model:
    """The U-shaped segmentation network of Section 4.4.

    The Keras segmentation example with fewer filters and ELU activations: separable
    convolutions on the way down, transposed ones on the way up, a 1x1 convolution of
    the block's input added to each block's output. Only the first convolution, of
    stride 2, is what the paper compares; the others have 3x3 kernels, and are ordinary
    unless ``variant.everywhere``.

    Args:
        input_shape: Height, width and channels of the images. Height and width must be
            multiples of ``2 ** (len(down) + 1)``.
        classes: Number of classes of a pixel, at least two.
        kernel_size: Size ``n`` of the square kernels of the first convolution.
        kind: Of the first convolution: ``"adaptive"`` (no bias) or ``"ordinary"``; of
            all larger than 1x1 with ``variant.everywhere``.
        down: Filters of the blocks on the way down.
        up: Filters of the blocks on the way up, one more than on the way down.
        aperture: Initial aperture in grid units, or a pair ``(low, high)``.
        aperture_l2: L2 penalty on the apertures.
        variant: How the convolutions depart from these.

    Returns:
        A model from ``(batch, height, width, channels)`` to the logits of the classes
        ``(batch, height, width, classes)``.

    Raises:
        ValueError: If an argument is not as above.

    Example:
        >>> unet((128, 128, 3), kernel_size=7).output_shape
        (None, 128, 128, 3)
    """
    _check_classes(classes)
    if len(up) != len(down) + 1:
        raise ValueError(
            "`up` must have one block more than `down`. "
            f"Received: up={tuple(up)}, down={tuple(down)}"
        )
    reduction = 2 ** len(up)
    inputs = _image_input(input_shape)
    if any(side % reduction for side in input_shape[:2]):
        raise ValueError(
            f"Height and width in `input_shape` must be multiples of {reduction}. "
            f"Received: {tuple(input_shape)}"
        )

    adaptive = {"aperture": aperture, "aperture_l2": aperture_l2, "variant": variant}

    def block(
        x: keras.KerasTensor, filters: int, layer: type[layers.Layer], name: str
    ) -> keras.KerasTensor:
        for number in (1, 2):
            x = layers.Activation("elu")(x)
            x = further_convolution(
                x,
                layer,
                kind,
                filters,
                3,
                # Records name adaptive layers; kept weights of the published networks
                # know these by the names that Keras gave them.
                name=f"{name}_conv_{number}" if variant.everywhere else None,
                **adaptive,
            )
            x = layers.BatchNormalization()(x)
        return x

    x = convolution(inputs, kind, 32, kernel_size, strides=2, name="first", **adaptive)
    x = layers.Activation("elu")(layers.BatchNormalization()(x))
    for number, filters in enumerate(down, start=1):
        shortcut = layers.Conv2D(filters, 1, strides=2, padding="same")(x)
        x = block(x, filters, layers.SeparableConv2D, f"down_{number}")
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
        x = layers.Add()([x, shortcut])
    for number, filters in enumerate(up, start=1):
        shortcut = layers.Conv2D(filters, 1, padding="same")(layers.UpSampling2D(2)(x))
        x = block(x, filters, layers.Conv2DTranspose, f"up_{number}")
        x = layers.Add()([layers.UpSampling2D(2)(x), shortcut])
    # float32 also under mixed precision: a loss on 16-bit logits is inexact.
    outputs = further_convolution(
        x, layers.Conv2D, kind, classes, 3, dtype="float32", name="classes", **adaptive
    )
    return keras.Model(inputs, outputs, name="unet")


@dataclasses.dataclass(frozen=True)
class ParameterCount:
    """How many numbers a network has.

    Attributes:
        trainable: Numbers that training changes by gradients, apertures included.
        non_trainable: The others: the moving statistics of batch normalisation.
        apertures: Apertures among the trainable numbers.
    """

    trainable: int
    non_trainable: int
    apertures: int

    @property
    def total(self) -> int:
        """All numbers, what ``keras.Model.count_params`` gives."""
        return self.trainable + self.non_trainable


def count_parameters(model: keras.Model) -> ParameterCount:
    """Counts the parameters of a network, for Table 1.

    Args:
        model: A built model.

    Returns:
        The counts.

    Example:
        >>> count_parameters(simple_cnn((28, 28, 1), 10, kernel_size=3)).apertures
        64
    """

    def size(weights: Sequence[keras.Variable]) -> int:
        return sum(math.prod(weight.shape) for weight in weights)

    return ParameterCount(
        trainable=size(model.trainable_weights),
        # Seeds of dropout layers are state, but no parameters of the network.
        non_trainable=size(model.non_trainable_weights),
        apertures=size(
            # Apertures that are kept are no parameters that training changes.
            [
                layer.aperture
                for layer in adaptive_layers(model).values()
                if layer.train_aperture
            ],
        ),
    )


def adaptive_layers(model: keras.Model) -> dict[str, BaseAdaptiveConv]:
    """Returns the adaptive convolutions of ``model`` by name, input side first."""
    return {
        layer.name: layer
        for layer in model.layers
        if isinstance(layer, BaseAdaptiveConv)
    }


def _softmax(x: keras.KerasTensor, classes: int, **kwargs: Any) -> keras.KerasTensor:
    # float32 also under mixed precision: a loss on 16-bit probabilities is inexact.
    return layers.Dense(
        classes, activation="softmax", dtype="float32", name="classes", **kwargs
    )(x)


def _image_input(input_shape: Sequence[int]) -> keras.KerasTensor:
    if len(input_shape) != 3 or not all(
        isinstance(side, int) and side > 0 for side in input_shape
    ):
        raise ValueError(
            "`input_shape` must be three positive integers: height, width, channels. "
            f"Received: {input_shape!r}"
        )
    return keras.Input(tuple(input_shape), name="images")


def _check_classes(classes: int) -> None:
    if not isinstance(classes, int) or classes < 2:
        raise ValueError(f"`classes` must be an integer >= 2. Received: {classes!r}")
