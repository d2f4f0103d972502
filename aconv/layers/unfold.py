"""A trained model with ordinary convolutions to the same model with adaptive ones."""

from numbers import Real

import keras
import numpy as np

from aconv.layers.fold import ABOUT_OTHER_WEIGHTS, ORDINARY, Folding, check_model
from aconv.layers.initializers import get_aperture_initializer

ADAPTIVE = {ordinary: adaptive for adaptive, ordinary in ORDINARY.items()}
"""The adaptive layer of the kind and rank of a Keras layer."""

# Smallest value of an envelope beside its largest: a weight divided by less would be
# huge, and so would its gradient's effect.
_SMALLEST_SHARE = 1e-4
# These are about weights and outputs that stay what they are.
_KEPT = (
    "activity_regularizer",
    "bias_regularizer",
    "bias_constraint",
    "pointwise_regularizer",
    "pointwise_constraint",
)


def unfold(
    model: keras.Model, *, aperture: float | tuple[float, float] = 0.5
) -> keras.Model:
    """Return the same model with adaptive convolutions, to train on.

    Every ordinary, transposed, depthwise or separable convolution with more than one
    coefficient becomes the adaptive convolution of its kind and rank, with the weights
    ``W = K / U``: at the initial apertures its product kernel is the trained kernel
    ``K``, and outputs are the same up to rounding. Biases and pointwise kernels are
    kept, and so are adaptive layers that are there already. The kernels that are
    divided have no regularizer and no constraint any more: these were about other
    weights. ``fold`` goes the other way.

    From there to a smaller network: ``penalize_size(unfold(model), strength)``,
    ``compile``, ``fit`` for a few epochs, ``crop``. With the optimiser of
    ``with_aperture_rate`` the sizes train faster, or slower, than the weights.

    Weights of an ordinary network cannot be given to an adaptive one by position
    (``set_weights``): the apertures come first there, and Keras refuses the shapes.

    Args:
        model: A built sequential or functional model. Layers of classes of their own
            and layers inside others, such as wrappers, stay as they are.
        aperture: Initial aperture in grid units, positive: a number, or a pair that the
            filters of each layer share out linearly. In each layer it is clipped to the
            bounds that the layer computes with, ``[1/n, n]`` for kernels with a longest
            side of ``n`` pixels, so that the first update does not move it there.

    Returns:
        A new model as ``fold`` makes it, not compiled.

    Raises:
        TypeError: If ``model`` is not a Keras model.
        ValueError: If it is none that ``fold`` could take, or ``aperture`` is not as
            above or so small that the envelope of a kernel vanishes at its border.

    Example:
        >>> model = keras.Sequential(
        ...     [keras.Input((28, 28, 1)), keras.layers.Conv2D(8, 7)]
        ... )
        >>> [type(layer).__name__ for layer in unfold(model).layers]
        ['AdaptiveConv2D']
    """
    check_model(model, _Unfolding.exchanged)
    try:
        if not isinstance(aperture, (Real, tuple, list)):
            raise ValueError("an initializer may give other values each time")
        get_aperture_initializer(aperture)
    except ValueError:
        raise ValueError(
            "`aperture` must be a positive number or a pair (low, high) of positive "
            f"numbers. Received: {aperture!r}"
        ) from None
    return _Unfolding(model, aperture).model(model)


class _Unfolding(Folding):
    exchanged = tuple(ADAPTIVE)

    def __init__(
        self, model: keras.Model, aperture: float | tuple[float, float]
    ) -> None:
        super().__init__(model, batch_normalization=False)
        self._aperture = aperture

    def _becomes_adaptive(self, layer: keras.Layer) -> bool:
        return type(layer) in ADAPTIVE and max(layer.kernel_size) > 1

    def _is_folded(self, layer: keras.Layer) -> bool:
        return False  # they are adaptive already

    def _make(self, layer: keras.Operation) -> keras.Operation:
        if not self._becomes_adaptive(layer):
            return super()._make(layer)
        config = {
            name: value
            for name, value in layer.get_config().items()
            if name in _KEPT or not name.endswith(ABOUT_OTHER_WEIGHTS)
        }
        return ADAPTIVE[type(layer)].from_config(
            {**config, "aperture_initializer": self._aperture}
        )

    def _set_state(self, new: keras.Layer, layer: keras.Layer) -> None:
        if not self._becomes_adaptive(layer):
            super()._set_state(new, layer)
            return
        low, high = new.aperture_bounds
        aperture = keras.ops.convert_to_numpy(new.aperture).astype("float64")
        new.aperture.assign(np.clip(aperture, low, high))
        name = new.kernel_name
        kernel, envelope = (
            keras.ops.convert_to_numpy(value).astype("float64")
            for value in (getattr(layer, name), new.envelope())
        )
        spatial = tuple(range(layer.rank))
        share = (envelope / envelope.max(axis=spatial, keepdims=True)).min()
        if share < _SMALLEST_SHARE:
            raise ValueError(
                "`aperture` must not be so small that the envelope vanishes at the "
                f"border of a kernel. Received: {self._aperture!r}, which leaves "
                f"{share:.1e} there in {layer.name!r} of size {layer.kernel_size}"
            )
        getattr(new, name).assign(kernel / envelope)
        for kept in ("pointwise_kernel", "bias"):
            if getattr(layer, kept, None) is not None:
                getattr(new, kept).assign(
                    keras.ops.convert_to_numpy(getattr(layer, kept))
                )
