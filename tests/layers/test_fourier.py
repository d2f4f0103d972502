"""Convolutions by Fourier transforms equal those of Keras."""

import keras
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aconv.layers.fourier import fourier_convolution


@pytest.mark.backend
@settings(max_examples=20, deadline=None)
@given(
    sizes=st.lists(st.integers(4, 11), min_size=1, max_size=2),
    kernel_size=st.integers(1, 5),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 2),
    groups=st.sampled_from([1, 2, 4]),
    padding=st.sampled_from(["same", "valid"]),
)
def test_outputs_are_those_of_the_convolution_of_keras(
    sizes, kernel_size, stride, dilation, groups, padding
):
    assume(stride == 1 or dilation == 1)
    extent = (kernel_size - 1) * dilation + 1
    assume(padding == "same" or extent <= min(sizes))
    random = np.random.default_rng(0)
    rank = len(sizes)
    images = random.normal(size=(3, *sizes, 4)).astype("float32")
    shape = (*[kernel_size] * rank, 4 // groups, 8)
    kernel = random.normal(size=shape).astype("float32")
    expected = keras.ops.convert_to_numpy(
        keras.ops.conv(
            images,
            kernel,
            strides=stride,
            padding=padding,
            dilation_rate=dilation,
            data_format="channels_last",
        )
    )
    found = keras.ops.convert_to_numpy(
        fourier_convolution(
            keras.ops.convert_to_tensor(images),
            keras.ops.convert_to_tensor(kernel),
            strides=[stride] * rank,
            padding=padding,
            dilation_rate=[dilation] * rank,
            data_format="channels_last",
            groups=groups,
        )
    )
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())
