"""What a convolution reads at each place, by index arithmetic in plain NumPy."""

import itertools

import numpy as np


def windows(x, kernel_size, strides, dilation, padding):
    """The input under a kernel at each place of the output.

    Args:
        x: Input, shape ``(batch, *image, channels)``.
        kernel_size: Size along each axis.
        strides: Along each axis.
        dilation: Along each axis.
        padding: "valid", "same" as TensorFlow places it, or "causal".

    Returns:
        Array of shape ``(batch, *places, *kernel_size, channels)``; padding is zero.
    """
    starts, places = [], []
    for length, n, stride, d in zip(
        x.shape[1:-1], kernel_size, strides, dilation, strict=True
    ):
        reach = d * (n - 1)
        if padding == "valid":
            out, start = (length - reach - 1) // stride + 1, 0
        else:
            out = -(-length // stride)
            total = max((out - 1) * stride + reach + 1 - length, 0)
            start = -reach if padding == "causal" else -(total // 2)
        starts.append(start)
        places.append(out)
    found = np.zeros((len(x), *places, *kernel_size, x.shape[-1]), "float64")
    for place, tap in itertools.product(np.ndindex(*places), np.ndindex(*kernel_size)):
        at = [
            start + stride * p + d * t
            for start, stride, d, p, t in zip(
                starts, strides, dilation, place, tap, strict=True
            )
        ]
        if all(0 <= a < length for a, length in zip(at, x.shape[1:-1], strict=True)):
            found[(slice(None), *place, *tap)] = x[(slice(None), *at)]
    return found
