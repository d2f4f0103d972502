"""Layers of the networks that neither Keras nor ``aconv`` has."""

import keras
from keras import layers, ops

from aconv.layers.method import HasMethod


@keras.saving.register_keras_serializable(package="aconv.companion")
class FourierConv2D(HasMethod, layers.Conv2D):
    """An ordinary convolution that is computed as an adaptive one with ``"fft"`` is."""

    def convolution_op(
        self, inputs: keras.KerasTensor, kernel: keras.KerasTensor
    ) -> keras.KerasTensor:
        """Convolve ``inputs`` with ``kernel``, the hook of the layer's ``call``."""
        return self._by_fft(inputs, kernel, self.groups)


@keras.saving.register_keras_serializable(package="aconv.companion")
class Restandardize(layers.Layer):
    """Gives each sample of a layer's output the standard deviation of its input.

    The authors' code of September 2020 does so after the activation of its adaptive
    layer, without centring; the paper does not mention it.
    """

    def call(self, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
        """Return the output times the ratio of the standard deviations."""
        before, after = inputs
        axes = (1, 2, 3)
        spread = ops.std(after, axis=axes, keepdims=True)
        wanted = ops.std(before, axis=axes, keepdims=True)
        # A sample without any spread stays as it is.
        return after * wanted / ops.maximum(spread, keras.config.epsilon())

    def compute_output_shape(self, input_shape: list[tuple]) -> tuple:
        """Return the shape of the layer's output."""
        return input_shape[1]
