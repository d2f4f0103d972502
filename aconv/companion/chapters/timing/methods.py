"""What one convolution costs directly and by Fourier transforms: time and memory.

A step is forward and backward of one layer inside a network: the derivatives with
respect to its weights, the apertures among them, and to its inputs, compiled as a
training step is. Its time is the processor's, which others on the machine change least.
"""

import ctypes
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import keras
import numpy as np
import pandas as pd

from aconv.companion.measures import times
from aconv.companion.measures.gradients import compile_gradients
from aconv.companion.measures.times import time_in_turn
from aconv.companion.training.layers import FourierConv2D
from aconv.companion.training.settings import KINDS, METHODS, Kind, Method
from aconv.layers import AdaptiveConv2D

BACKENDS = ("tensorflow", "jax", "torch")
RESULTS = {backend: f"methods_{backend}" for backend in BACKENDS}

_LAYERS = {
    ("adaptive", "direct"): AdaptiveConv2D,
    ("adaptive", "fft"): AdaptiveConv2D,
    ("ordinary", "direct"): keras.layers.Conv2D,
    ("ordinary", "fft"): FourierConv2D,
}
# At least, and at most.
_ROUNDS = (3, 40)
_SEED = 31


@attrs.frozen
class Scale:
    """The layer, its images and how long each comparison may take."""

    kernel_sizes: tuple[int, ...] = (3, 5, 7, 9, 15, 21, 31)
    side: int = 32  # of the square images, in pixels
    channels: int = 32  # of the images; the layer has as many filters
    batch: int = 32  # images
    # Of processor time for the rounds of one comparison. Slow steps have fewer rounds,
    # three at least.
    seconds: float = 4.0


def measure(
    scale: Scale, on_case: Callable[[str], None] = lambda line: None
) -> pd.DataFrame:
    """Measure adaptive and ordinary steps at each size, by both methods.

    A row for each size and method, with the median milliseconds of the kinds and, of
    the ratio adaptive over ordinary, ``median``, ``low`` and ``high``.
    """
    keras.utils.set_random_seed(_SEED)
    rows = []
    for size in scale.kernel_sizes:
        for method in METHODS:
            steps = {kind: _step(kind, method, size, scale) for kind in KINDS}
            table = _times(steps, scale.seconds).assign(kernel_size=size)
            (row,) = times.compare(
                table, "adaptive", "ordinary", "kernel_size"
            ).to_dict("records")
            row |= {"method": method, "rounds": int(table["round"].max()) + 1}
            rows.append(row)
            on_case(
                f"{size}x{size} {method}: adaptive {row['adaptive']:.1f} ms, ratio "
                f"{row['median']:.3f} ({row['low']:.3f} to {row['high']:.3f}), "
                f"{row['rounds']} rounds"
            )
    columns = ["kernel_size", "method", "rounds", *KINDS, "median", "low", "high"]
    return pd.DataFrame(rows)[columns]


def step_memory(method: Method, kernel_size: int, scale: Scale) -> float:
    """Return what an adaptive step takes at its peak, in MiB.

    For a process of its own, since TensorFlow keeps what a step has used: there it is
    the growth by the first step. Elsewhere that has the compiler's memory in it, and
    the second counts. ``OSError`` if the system is not Linux, whose processes can set
    their peak back.
    """
    # Loads what any step needs.
    _step("adaptive", method, kernel_size, attrs.evolve(scale, batch=1, channels=1))()
    step = _step("adaptive", method, kernel_size, scale)
    if keras.backend.backend() != "tensorflow":
        step()
        # What was freed goes back to the system, or the next step would hide in it.
        ctypes.CDLL(None).malloc_trim(0)
    before = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    step()
    return _status("VmHWM") - before


def _status(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(f"{name}:"))
    return int(line.split()[1]) / 2**10


def _step(kind: Kind, method: Method, size: int, scale: Scale) -> Callable[[], Any]:
    options = {} if (kind, method) == ("ordinary", "direct") else {"method": method}
    layer = _LAYERS[kind, method](scale.channels, size, padding="same", **options)
    shape = (scale.batch, scale.side, scale.side, scale.channels)
    layer.build(shape)
    images = keras.Variable(keras.random.normal(shape))
    # Stands for the derivative of the error with respect to the outputs.
    delta = keras.random.normal(shape)
    weights = [w for w in layer.trainable_weights if w is not layer.bias]
    derivatives = compile_gradients(
        lambda: keras.ops.sum(layer(images) * delta), [layer.bias, *weights, images]
    )
    # The smallest of the results of one program: no time goes into copying.
    return lambda: keras.ops.convert_to_numpy(derivatives()[0])


def _times(steps: dict[str, Callable[[], Any]], seconds: float) -> pd.DataFrame:
    for step in steps.values():
        step()
    began = time.process_time()
    for step in steps.values():
        step()
    of_round = time.process_time() - began
    rounds = int(np.clip(seconds / of_round, *_ROUNDS))
    measured = time_in_turn(steps, rounds, warm_up=0, clock=time.process_time)
    return pd.DataFrame(
        [
            {"kind": kind, "round": turn, "milliseconds": 1e3 * value}
            for kind, values in measured.items()
            for turn, value in enumerate(values)
        ]
    )
