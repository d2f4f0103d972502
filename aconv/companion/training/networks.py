"""The paper's three networks, built as settings say."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
from keras import layers

from aconv.companion.training import widths
from aconv.companion.training.convolutions import convolution, remaining_convolution
from aconv.companion.training.settings import Settings
from aconv.layers.base import BaseAdaptiveConv


def build_network(
    settings: Settings, kernel_size: int, image_shape: Sequence[int], classes: int
) -> keras.Model:
    """Build the untrained, uncompiled network of a run.

    It gives class probabilities ``(batch, classes)``; the U-Net logits ``(batch,
    height, width, classes)``.
    """
    shape = tuple(image_shape)
    if len(shape) != 3 or not all(isinstance(n, int) and n > 0 for n in shape):
        raise ValueError(
            "`image_shape` must be three positive integers: height, width, channels. "
            f"Received: {image_shape!r}"
        )
    if not isinstance(classes, int) or classes < 2:
        raise ValueError(f"`classes` must be an integer >= 2. Received: {classes!r}")
    inputs = keras.Input(shape, name="images")
    outputs = NETWORKS[settings.network](inputs, settings, kernel_size, classes)
    return keras.Model(inputs, outputs, name=settings.network)


def simple_network(
    inputs: keras.KerasTensor,
    settings: Settings,
    kernel_size: int,
    classes: int,
    *,
    filters: int = widths.SIMPLE_FILTERS,
    units: int = widths.SIMPLE_UNITS,
) -> keras.KerasTensor:
    """Build the simple network of Section 4.2 and Table 1, left, or a narrower one."""
    x = inputs
    for number in range(1, widths.SIMPLE_CONVOLUTIONS + 1):
        x = SIMPLE_BLOCKS[settings.block](x, settings, filters, kernel_size, number)
    x = layers.MaxPooling2D(widths.SIMPLE_POOL_SIZE)(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(settings.dropout)(x)
    x = layers.Dense(units, kernel_initializer="he_uniform", name="dense")(x)
    x = layers.BatchNormalization(name="dense_norm")(x)
    x = layers.ReLU()(x)
    x = layers.Dropout(settings.dropout)(x)
    return _softmax(x, classes, kernel_initializer="he_uniform")


def _conv_bn_relu(
    x: keras.KerasTensor,
    settings: Settings,
    filters: int,
    kernel_size: int,
    number: int,
) -> keras.KerasTensor:
    name = f"conv_{number}"
    x = convolution(x, settings, filters, kernel_size, is_first=number == 1, name=name)
    return layers.ReLU()(layers.BatchNormalization(name=f"{name}_norm")(x))


def _conv_relu(
    x: keras.KerasTensor,
    settings: Settings,
    filters: int,
    kernel_size: int,
    number: int,
) -> keras.KerasTensor:
    return convolution(
        x,
        settings,
        filters,
        kernel_size,
        is_first=number == 1,
        activation="relu",
        name=f"conv_{number}",
    )


SIMPLE_BLOCKS: Mapping[str, Callable] = {
    "conv-bn-relu": _conv_bn_relu,
    "conv-relu": _conv_relu,
}
"""What stands around a convolution of the simple network, by ``Settings.block``."""


def _resnet(
    inputs: keras.KerasTensor, settings: Settings, kernel_size: int, classes: int
) -> keras.KerasTensor:
    """Build the residual network of Section 4.3 and Table 1, right.

    The second and third level halve the image, where the shortcut is parameter-free:
    every second pixel, concatenated. The network has ``6 blocks + 2`` weighted layers,
    which is 8 for one block per level where Table 1 says 11.
    """

    def convolve(
        x: keras.KerasTensor, name: str, filters: int, strides: int = 1
    ) -> keras.KerasTensor:
        x = convolution(
            x,
            settings,
            filters,
            kernel_size,
            is_first=name == "stem",
            strides=strides,
            name=name,
        )
        norm = layers.BatchNormalization(
            momentum=0.9, epsilon=1e-5, name=f"{name}_norm"
        )
        return norm(x)

    def drop(x: keras.KerasTensor) -> keras.KerasTensor:
        return layers.Dropout(settings.dropout)(x) if settings.dropout else x

    x = layers.ReLU()(convolve(inputs, "stem", widths.RESNET_FILTERS[0]))
    for level, width in enumerate(widths.RESNET_FILTERS):
        for block in range(settings.residual_blocks):
            name = f"level_{level + 1}_block_{block + 1}"
            widens = level > 0 and block == 0
            shortcut = _shortcut(x, settings) if widens else x
            x = convolve(x, f"{name}_conv_1", width, strides=2 if widens else 1)
            x = convolve(layers.ReLU()(x), f"{name}_conv_2", width)
            x = layers.ReLU()(layers.Add()([x, shortcut]))
        x = drop(x)
    x = drop(layers.GlobalAveragePooling2D()(x))
    return _softmax(
        x,
        classes,
        kernel_initializer="he_normal",
        kernel_regularizer=keras.regularizers.L2(settings.kernel_l2),
    )


def _shortcut(x: keras.KerasTensor, settings: Settings) -> keras.KerasTensor:
    """Halve the image and double its channels, without weights."""
    x = layers.MaxPooling2D(1, strides=2, padding="same")(x)
    # Layers of Keras alone, so that a folded network loads without this package.
    other = x if settings.shortcut == "itself" else layers.Rescaling(0.0)(x)
    return layers.Concatenate()([x, other])


def _unet(
    inputs: keras.KerasTensor, settings: Settings, kernel_size: int, classes: int
) -> keras.KerasTensor:
    """Build the U-shaped segmentation network of Section 4.4.

    The Keras segmentation example with fewer filters and ELU activations. Only the
    first convolution, of stride 2, is what the paper compares.
    """
    down, up = (48, 64, 96), (96, 64, 48, 32)
    reduction = 2 ** len(up)
    if any(side % reduction for side in inputs.shape[1:3]):
        raise ValueError(
            f"Height and width in `image_shape` must be multiples of {reduction}. "
            f"Received: {tuple(inputs.shape[1:])}"
        )

    def block(
        x: keras.KerasTensor, filters: int, layer: type[layers.Layer], name: str
    ) -> keras.KerasTensor:
        for number in (1, 2):
            x = layers.Activation("elu")(x)
            x = remaining_convolution(
                x, settings, layer, filters, 3, name=f"{name}_conv_{number}"
            )
            x = layers.BatchNormalization()(x)
        return x

    x = convolution(
        inputs, settings, 32, kernel_size, is_first=True, strides=2, name="first"
    )
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
    return remaining_convolution(
        x, settings, layers.Conv2D, classes, 3, dtype="float32", name="classes"
    )


NETWORKS: Mapping[str, Callable] = {
    "simple": simple_network,
    "resnet": _resnet,
    "unet": _unet,
}
"""What builds a network, by ``Settings.network``."""


@dataclasses.dataclass(frozen=True)
class ParameterCount:
    """How many numbers a network has; apertures are among the trainable ones."""

    trainable: int
    non_trainable: int
    apertures: int

    @property
    def total(self) -> int:
        """All numbers, what ``keras.Model.count_params`` gives."""
        return self.trainable + self.non_trainable


def count_parameters(model: keras.Model) -> ParameterCount:
    """Count the parameters of a built network, for Table 1."""

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
    """Return the adaptive convolutions of ``model`` by name, input side first."""
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
