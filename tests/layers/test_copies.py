"""Copies of a model, by whatever function, have nothing of it but its numbers."""

import gc
import weakref

import keras
import numpy as np
import pytest
from arrays import to_numpy

import aconv

COPIES = {
    "fold": aconv.fold,
    "crop": lambda model: aconv.crop(model, tolerance=0.0)[0],
    "unfold": aconv.unfold,
}


def with_operations():
    """A model that adds, slices and applies functions without layers."""
    inputs = keras.Input((8, 8, 3))
    x = aconv.AdaptiveConv2D(3, 3, padding="same")(inputs)
    x = keras.ops.relu(inputs + x)
    x = keras.layers.Conv2D(2, 3)(x)[:, 1:]
    return keras.Model(inputs, keras.ops.mean(x, axis=(1, 2)))


@pytest.mark.backend
@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_operations_of_a_copy_are_its_own(copy):
    model = with_operations()
    made = copy(model)
    ours, theirs = (
        {id(operation) for operation in each.operations} for each in (made, model)
    )
    assert len(ours) == len(theirs)
    assert not ours & theirs
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    whole, expected = (to_numpy(each(x)) for each in (made, model))
    np.testing.assert_allclose(whole, expected, atol=1e-5)
    names = [
        [operation.name for operation in each.operations[1:]] for each in (made, model)
    ]
    assert names[0] == names[1]
    # A model that is cut at an operation, as to look at what it computes.
    for operation in made.operations:
        cut = keras.Model(made.input, operation.output)
        found = to_numpy(cut(x))
    np.testing.assert_array_equal(found, whole)


class Halving:
    """Losses of one's own."""

    def compute_loss(self, *args, **kwargs):
        return 0.5 * super().compute_loss(*args, **kwargs)


class HalvingModel(Halving, keras.Model):
    pass


class HalvingSequential(Halving, keras.Sequential):
    pass


class MadeByItself(Halving, keras.Model):
    def __init__(self, layer):
        inputs = keras.Input((8, 8, 3))
        super().__init__(inputs, layer(inputs))


MADE = {
    "functional": lambda inputs, layer: HalvingModel(inputs, layer(inputs)),
    "sequential": lambda inputs, layer: HalvingSequential([inputs, layer]),
    "by itself": lambda inputs, layer: MadeByItself(layer),
}


@pytest.mark.parametrize("make", MADE)
@pytest.mark.parametrize("copy", [*COPIES, "make_adaptive"])
def test_a_copy_is_trained_as_its_class_is(copy, make):
    conv = keras.layers.Conv2D if copy == "make_adaptive" else aconv.AdaptiveConv2D
    model = MADE[make](keras.Input((8, 8, 3)), conv(2, 3))
    made = (COPIES | {"make_adaptive": aconv.make_adaptive})[copy](model)
    # As `keras.models.clone_model` does it.
    if make == "by itself":
        assert not isinstance(made, Halving)
        return
    assert type(made) is type(model)
    made.compile(loss="mse")
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    y = made.predict(x, verbose=0) + 1
    np.testing.assert_allclose(made.evaluate(x, y, verbose=0), 0.5, rtol=1e-5)


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_copies_go_when_they_are_no_longer_used(copy):
    model = with_operations()
    kernels = [weakref.ref(copy(model).layers[1].kernel) for _ in range(3)]
    gc.collect()
    assert [kernel() for kernel in kernels] == [None] * 3
    assert len(model.operations) > len(model.layers)


class Shift(keras.Operation):
    """One whose arguments Keras cannot keep."""

    def __init__(self, by, /):
        super().__init__()
        self._by = by

    def call(self, x):
        return x + self._by

    def compute_output_spec(self, x):
        return keras.KerasTensor(x.shape, x.dtype)


def test_operations_that_cannot_be_made_again_are_named():
    inputs = keras.Input((4, 3))
    model = keras.Model(inputs, Shift(1)(aconv.AdaptiveConv1D(2, 3)(inputs)))
    with pytest.raises(ValueError, match=r"layer or operation must.*'shift.*of class"):
        aconv.fold(model)
