"""Other layers that learn a kernel's size, restated from their papers.

What else the authors do (schedules, initialisation of their networks, cropping while
training) is not here. DCLS is its authors' package, on PyTorch, where that is installed
(``backends.missing``).
"""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from aconv.companion.training.settings import Peer


class GMConv2D(layers.Conv2D):
    """Convolution with one Gaussian mask, the static form of GMConv.

    Chen et al., "GMConv: modulating effective receptive fields for convolutional
    kernels" (2023): kernels are multiplied by ``exp(-(x^2 + y^2) / (2 sigma^2))``,
    where ``x`` and ``y`` are distances from the middle, in pixels. Here ``sigma`` is
    one trainable number per layer, at first half of the side.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the weights."""
        super().build(input_shape)
        self.sigma = self.add_weight(
            name="sigma",
            shape=(),
            initializer=keras.initializers.Constant(self.kernel_size[0] / 2),
        )

    def convolution_op(
        self, inputs: keras.KerasTensor, kernel: keras.KerasTensor
    ) -> keras.KerasTensor:
        """Convolve ``inputs`` with the masked kernels."""
        mask = ops.exp(-_squares(self.kernel_size[0]) / (2 * ops.square(self.sigma)))
        return super().convolution_op(inputs, kernel * mask[..., None, None])


def _squares(side: int) -> keras.KerasTensor:
    """Squared distances from the middle of a square grid, in pixels."""
    axis = (np.arange(side) - (side - 1) / 2) ** 2
    return ops.convert_to_tensor(axis[:, None] + axis, dtype="float32")


class _MadeKernel(layers.Layer):
    """A convolution with ``same`` padding whose kernel is made of other numbers."""

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        *,
        kernel_initializer: str,
        use_bias: bool,
        activation: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.kernel_size = filters, kernel_size
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.use_bias = use_bias
        self.activation = keras.activations.get(activation)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the bias."""
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(self.filters,), initializer="zeros"
            )

    def convolve(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """Convolve ``inputs`` with the kernel."""
        raise NotImplementedError

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """Return the layer's output."""
        outputs = self.convolve(inputs)
        return self.activation(outputs + self.bias if self.use_bias else outputs)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Return the shape of the layer's output."""
        return (*input_shape[:-1], self.filters)


class FlexConv2D(_MadeKernel):
    """Convolution with a kernel that a small network makes of positions (FlexConv).

    Romero et al., "FlexConv: continuous kernel convolutions with differentiable kernel
    sizes" (2022): the kernel at ``(x, y)`` in ``[-1, 1]^2`` is ``w(x, y) ψ(x, y)``. The
    mask ``w`` is a Gaussian with a centre and a width along each axis, one per layer.
    ``ψ`` is a multiplicative Gabor network (MAGNet) of three layers:
    ``h_1 = g_1``, ``h_l = (W_l h_{l-1} + b_l) g_l``, ``ψ = W h_3 + b``, with
    ``g_l = exp(-((γ_x (x - μ_x))^2 + (γ_y (y - μ_y))^2) / 2) sin(V_l (x, y) + c_l)``.
    """

    depth = 3
    hidden = 32

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the weights of the small network, the mask and the bias."""
        super().build(input_shape)
        self.channels = input_shape[-1]
        n, hidden = self.channels * self.filters, self.hidden
        uniform, normal = (
            keras.initializers.RandomUniform,
            keras.initializers.RandomNormal,
        )

        def weight(name: str, shape: tuple[int, ...], start: Any) -> keras.Variable:
            return self.add_weight(name=name, shape=shape, initializer=start)

        self.gabors = [
            {
                "gamma": weight(f"gamma_{number}", (hidden, 2), "ones"),
                "mu": weight(f"mu_{number}", (hidden, 2), uniform(-1, 1)),
                "v": weight(f"v_{number}", (2, hidden), normal(stddev=math.pi)),
                "c": weight(f"c_{number}", (hidden,), uniform(-3.14, 3.14)),
            }
            for number in range(1, self.depth + 1)
        ]
        self.linear = [
            (
                weight(f"w_{number}", (hidden, hidden), "glorot_uniform"),
                weight(f"b_{number}", (hidden,), "zeros"),
            )
            for number in range(2, self.depth + 1)
        ]
        self.out = weight("w", (hidden, n), normal(stddev=self._spread()))
        self.out_bias = weight("b", (n,), "zeros")
        self.centre = weight("centre", (2,), "zeros")
        self.width = weight("width", (2,), keras.initializers.Constant(0.5))

    def _spread(self) -> float:
        """Standard deviation of a kernel that ``kernel_initializer`` draws."""
        fan_in, fan_out = (
            self.kernel_size**2 * width for width in (self.channels, self.filters)
        )
        fans = {"fan_in": fan_in, "fan_avg": (fan_in + fan_out) / 2}
        scaling = self.kernel_initializer
        return math.sqrt(scaling.scale / fans[scaling.mode])

    def effective_kernel(self) -> keras.KerasTensor:
        """Return the kernel on its grid, ``(side, side, channels, filters)``."""
        side = self.kernel_size
        axis = np.linspace(-1, 1, side) if side > 1 else np.zeros(1)
        x = ops.convert_to_tensor(
            np.stack(np.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2),
            dtype=self.compute_dtype,
        )
        h = self._gabor(x, self.gabors[0])
        for (weights, bias), gabor in zip(self.linear, self.gabors[1:], strict=True):
            h = (ops.matmul(h, weights) + bias) * self._gabor(x, gabor)
        kernel = ops.matmul(h, self.out) + self.out_bias
        mask = ops.exp(
            -0.5 * ops.sum(ops.square((x - self.centre) / self.width), axis=-1)
        )
        return ops.reshape(
            kernel * mask[:, None], (side, side, self.channels, self.filters)
        )

    def _gabor(
        self, x: keras.KerasTensor, weights: dict[str, keras.Variable]
    ) -> keras.KerasTensor:
        scaled = (x[:, None] - weights["mu"]) * weights["gamma"]
        window = ops.exp(-0.5 * ops.sum(ops.square(scaled), axis=-1))
        return window * ops.sin(ops.matmul(x, weights["v"]) + weights["c"])

    def convolve(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """Convolve ``inputs`` with the kernel that the small network makes."""
        return ops.conv(inputs, self.effective_kernel(), padding="same")


class DCLS2D(_MadeKernel):
    """The convolution of the package DCLS; a third of the grid has weights."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the weights, their positions and the bias."""
        import torch
        from DCLS.construct.modules import Dcls2d

        super().build(input_shape)
        module = Dcls2d(
            input_shape[-1],
            self.filters,
            kernel_count=max(1, self.kernel_size**2 // 3),
            dilated_kernel_size=self.kernel_size,
            padding=self.kernel_size // 2,
            bias=False,
        )
        # Variables of Keras in place of the module's own parameters: training gives
        # and takes their values, whichever engine does its steps.
        self.numbers = {
            name: self.add_weight(
                name=name,
                shape=tuple(value.shape),
                initializer=self._start(name, value),
            )
            for name, value in module.named_parameters()
        }
        self._call_module = partial(torch.func.functional_call, module)
        # The module keeps tensors of its first call, which must not be a symbolic one.
        self.convolve(
            ops.zeros((1, self.kernel_size, self.kernel_size, input_shape[-1]))
        )

    def _start(self, name: str, value: Any) -> Callable[..., Any]:
        """The initialiser of weights; positions start where the package puts them."""
        if name != "weight":
            return lambda shape, dtype: ops.convert_to_tensor(value.detach(), dtype)
        return lambda shape, dtype: ops.transpose(
            # Keras reads from the last two axes how many numbers meet in an output.
            self.kernel_initializer(shape[::-1], dtype),
            tuple(range(len(shape)))[::-1],
        )

    def convolve(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """Convolve ``inputs``, whose channels PyTorch has first."""
        numbers = {name: ops.convert_to_tensor(v) for name, v in self.numbers.items()}
        outputs = self._call_module(numbers, (ops.transpose(inputs, (0, 3, 1, 2)),))
        return ops.transpose(outputs, (0, 2, 3, 1))


PEER_LAYERS: Mapping[Peer, Callable[..., layers.Layer]] = {
    "FlexConv": FlexConv2D,
    "GMConv": partial(GMConv2D, padding="same"),
    "DCLS": DCLS2D,
}
"""What makes each, with ``same`` padding, from filters, kernel size and options."""
