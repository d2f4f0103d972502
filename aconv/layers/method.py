"""How a layer computes its convolution: directly, or by Fourier transforms."""

from typing import Any, Literal, get_args

import keras

from aconv.layers.fourier import fourier_convolution

Method = Literal["direct", "fft"]


class HasMethod:
    """The part of the layers that have the argument ``method``.

    A mixin before ``BaseAdaptiveConv``, so that the ordinary layer that a folded one
    becomes knows nothing of it. The documentation is in ``AdaptiveConv2D``.
    """

    def __init__(self, *args: Any, method: Method, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.method = method

    @property
    def method(self) -> Method:
        """How the convolution is computed; the outputs are equal up to rounding."""
        return self._method

    @method.setter
    def method(self, value: Method) -> None:
        allowed = get_args(Method)
        if not isinstance(value, str) or value not in allowed:
            raise ValueError(f"`method` must be one of {allowed}. Received: {value!r}")
        self._method = value

    def _by_fft(
        self, inputs: keras.KerasTensor, kernel: keras.KerasTensor, groups: int
    ) -> keras.KerasTensor:
        """Convolve by Fourier transforms, as the layer's arguments say."""
        return fourier_convolution(
            inputs,
            kernel,
            strides=self.strides,
            padding=self.padding,
            dilation_rate=self.dilation_rate,
            data_format=self.data_format,
            groups=groups,
        )

    def get_config(self) -> dict:
        """Return the arguments that make an equal layer, JSON-serialisable."""
        return {**super().get_config(), "method": self.method}
