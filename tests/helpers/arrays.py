"""Tensors of any backend as arrays."""

import keras

to_numpy = keras.ops.convert_to_numpy
