"""Other layers that learn a kernel's size, restated from their papers, and their cost.

Each is restated in a few lines from the formulas of its paper, to be timed in the same
network on the same backend; what else the authors do (schedules, initialisation of
their networks, cropping while training) is not here. DCLS is its authors' package, on
PyTorch, where that is installed.
"""

import importlib.util
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import layers, ops

from aconv.companion.measures.times import time_in_turn
from aconv.layers import AdaptiveConv2D
from aconv.layers.fold import fold

PEERS = ("ordinary", "adaptive", "FlexConv", "GMConv", "DCLS")
_SEED = 31


class GMConv2D(layers.Conv2D):
    """Convolution with one Gaussian mask, the static form of GMConv.

    Chen et al., "GMConv: modulating effective receptive fields for convolutional
    kernels" (2023): kernels are multiplied by ``exp(-(x^2 + y^2) / (2 sigma^2))``,
    where ``x`` and ``y`` are distances from the middle, in pixels. Here ``sigma`` is
    one trainable number per layer, at first half of the side, and the mask is not
    normalised.
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


class FlexConv2D(layers.Layer):
    """Convolution with a kernel that a small network makes of positions (FlexConv).

    Romero et al., "FlexConv: continuous kernel convolutions with differentiable kernel
    sizes" (2022): the kernel at ``(x, y)`` in ``[-1, 1]^2`` is ``w(x, y) ψ(x, y)``. The
    mask ``w`` is a Gaussian with a centre and a width along each axis, one per layer.
    ``ψ`` is a multiplicative Gabor network (MAGNet) of three layers:
    ``h_1 = g_1``, ``h_l = (W_l h_{l-1} + b_l) g_l``, ``ψ = W h_3 + b``, with
    ``g_l = exp(-((γ_x (x - μ_x))^2 + (γ_y (y - μ_y))^2) / 2) sin(V_l (x, y) + c_l)``.
    """

    depth = 3

    def __init__(
        self, filters: int, kernel_size: int, hidden: int = 32, activation: Any = None
    ) -> None:
        super().__init__()
        self.filters, self.kernel_size, self.hidden = filters, kernel_size, hidden
        self.activation = keras.activations.get(activation)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the weights of the small network, the mask and the bias."""
        self.channels = input_shape[-1]
        n, hidden = self.channels * self.filters, self.hidden
        normal = keras.initializers.RandomNormal
        # The kernels start with the variance of Glorot's.
        area = self.kernel_size**2
        spread = math.sqrt(2 / (area * (self.channels + self.filters)))

        def weight(shape: tuple[int, ...], start: Any) -> keras.Variable:
            return self.add_weight(shape=shape, initializer=start)

        self.gabors = [
            {
                "gamma": weight((hidden, 2), "ones"),
                "mu": weight((hidden, 2), keras.initializers.RandomUniform(-1, 1)),
                "v": weight((2, hidden), normal(stddev=math.pi)),
                "c": weight((hidden,), keras.initializers.RandomUniform(-3.14, 3.14)),
            }
            for _ in range(self.depth)
        ]
        self.linear = [
            (weight((hidden, hidden), "glorot_uniform"), weight((hidden,), "zeros"))
            for _ in range(self.depth - 1)
        ]
        self.out = weight((hidden, n), normal(stddev=spread))
        self.out_bias = weight((n,), "zeros")
        self.centre = weight((2,), "zeros")
        self.width = weight((2,), keras.initializers.Constant(0.5))
        self.bias = weight((self.filters,), "zeros")

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

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """Convolve ``inputs`` with the kernel, with "same" padding."""
        kernel = self.effective_kernel()
        return self.activation(ops.conv(inputs, kernel, padding="same") + self.bias)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return (*input_shape[:-1], self.filters)


def missing(peer: str) -> str | None:
    """Return why a layer cannot be measured here, None if it can."""
    if peer != "DCLS":
        return None
    if importlib.util.find_spec("DCLS") is None:
        return "not installed"
    if keras.backend.backend() != "torch":
        return "needs PyTorch"
    return None


def network(
    peer: str, kernel_size: int, *, image_side: int = 28, filters: int = 32
) -> keras.Model:
    """Build the convolutions, pooling and dense layers of Section 4.2, with a layer."""
    x = inputs = keras.Input((image_side, image_side, 1))
    for _ in range(2):
        x = _LAYERS[peer](filters, kernel_size)(x)
    x = layers.Flatten()(layers.MaxPooling2D(2)(x))
    x = layers.Dense(256, activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


def step_times(
    kernel_sizes: Sequence[int],
    *,
    peers: Sequence[str] = PEERS,
    image_side: int = 28,
    filters: int = 32,
    batch: int = 32,
    rounds: int = 30,
) -> pd.DataFrame:
    """Time training steps and inference of all layers in turn.

    A row per layer, kernel size and phase: ``milliseconds`` is the median of a batch,
    ``ratio`` with its quartiles the time over that of the ordinary layer in the same
    round, NaN without that layer. In inference ``"adaptive, folded"``, too.
    """
    keras.utils.set_random_seed(_SEED)
    rng = np.random.default_rng(_SEED)
    x = rng.uniform(size=(batch, image_side, image_side, 1)).astype("float32")
    y = rng.integers(0, 10, batch)
    rows = []
    for size in kernel_sizes:
        models = {
            peer: network(peer, size, image_side=image_side, filters=filters)
            for peer in peers
            if missing(peer) is None
        }
        for model in models.values():
            model.compile("sgd", "sparse_categorical_crossentropy")
        steps = {
            peer: partial(model.train_on_batch, x, y) for peer, model in models.items()
        }
        rows += _rows(models, time_in_turn(steps, rounds), size, "training")
        if "adaptive" in models:
            models["adaptive, folded"] = fold(models["adaptive"])
        calls = {
            peer: partial(model.predict_on_batch, x) for peer, model in models.items()
        }
        rows += _rows(models, time_in_turn(calls, rounds), size, "inference")
    return pd.DataFrame(rows)


def _rows(
    models: dict[str, keras.Model],
    times: dict[str, np.ndarray],
    size: int,
    phase: str,
) -> list[dict[str, Any]]:
    rows = []
    for peer, seconds in times.items():
        # Round by round, so that a drift of the machine's speed meets both alike.
        ratios = seconds / times.get("ordinary", np.nan)
        lower, ratio, upper = np.quantile(ratios, [0.25, 0.5, 0.75])
        rows.append(
            {
                "peer": peer,
                "kernel_size": size,
                "phase": phase,
                "milliseconds": 1e3 * float(np.median(seconds)),
                "ratio": ratio,
                "lower_quartile": lower,
                "upper_quartile": upper,
                "parameters": models[peer].count_params(),
            }
        )
    return rows


def _squares(side: int) -> keras.KerasTensor:
    """Squared distances from the middle of a square grid, in pixels."""
    axis = (np.arange(side) - (side - 1) / 2) ** 2
    return ops.convert_to_tensor(axis[:, None] + axis, dtype="float32")


def _dcls(filters: int, kernel_size: int) -> Callable[..., Any]:
    """The layer of the package, on Keras's images; a third of the grid has weights."""

    def apply(x: keras.KerasTensor) -> keras.KerasTensor:
        from DCLS.construct.modules import Dcls2d

        made = Dcls2d(
            x.shape[-1],
            filters,
            kernel_count=max(1, kernel_size**2 // 3),
            dilated_kernel_size=kernel_size,
            padding=kernel_size // 2,
        )
        x = layers.Permute((3, 1, 2))(x)
        x = keras.layers.TorchModuleWrapper(
            made, output_shape=(None, filters, *x.shape[2:])
        )(x)
        return layers.ReLU()(layers.Permute((2, 3, 1))(x))

    return apply


_SAME = {"padding": "same", "activation": "relu"}
_LAYERS: dict[str, Callable[[int, int], Callable[..., Any]]] = {
    "ordinary": lambda filters, size: layers.Conv2D(filters, size, **_SAME),
    "adaptive": lambda filters, size: AdaptiveConv2D(filters, size, **_SAME),
    "FlexConv": lambda filters, size: FlexConv2D(filters, size, activation="relu"),
    "GMConv": lambda filters, size: GMConv2D(filters, size, **_SAME),
    "DCLS": _dcls,
}
