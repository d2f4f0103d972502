"""A model that is not trained yet to the same model with adaptive convolutions."""

import inspect
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import keras

from aconv.layers import AdaptiveConv2D
from aconv.layers.checks import is_count
from aconv.layers.fold import Folding, check_model
from aconv.layers.method import HasMethod
from aconv.layers.state import copy_state
from aconv.layers.unfold import ADAPTIVE

# Of `__init__`: for the class, Python 3.11.2 gives the signature of Keras's `__new__`.
_OPTIONS = [
    name
    for name, parameter in inspect.signature(AdaptiveConv2D.__init__).parameters.items()
    if parameter.kind is parameter.KEYWORD_ONLY
]


def make_adaptive(
    model: keras.Model,
    kernel_size: int | Sequence[int] | None = None,
    layers: Iterable[str] | None = None,
    **options: Any,
) -> keras.Model:
    """Return an untrained copy of a model whose convolutions are adaptive.

    Ordinary, transposed, depthwise and separable convolutions become the adaptive
    convolutions of their kind and rank. Names, shapes of outputs and all arguments of
    the layers stay: strides, padding, dilation, groups, activations, biases,
    initializers, regularizers. All weights of the new model are initialised anew; what
    preprocessing layers have adapted to is kept, at any depth. ``unfold`` is for
    trained models, whose weights it keeps.

    Args:
        model: A built sequential or functional model. Layers of classes of their own
            and layers inside others, such as wrappers, stay as they are, and so do
            adaptive ones.
        kernel_size: Size of the grid of the adaptive layers: an int, or an int for each
            axis, nowhere smaller than the kernels that the layers have. Their own sizes
            if None. Layers with ``"valid"`` padding must keep theirs, which decides on
            the shape of their output. So does, in transposed convolutions with
            ``"same"`` padding and a given ``output_padding``, whether a size is odd or
            even: along axes with an odd dilation rate it must stay so.
        layers: Names of the convolutions to exchange, at any depth. If None all are
            that have more than one coefficient.
        **options: Keyword-only arguments of ``AdaptiveConv2D``, for all adaptive
            layers, such as ``aperture_initializer`` and ``method``.

    Returns:
        A new model as ``fold`` makes it, not compiled.

    Raises:
        TypeError: If ``model`` is not a Keras model.
        ValueError: If it is none that ``fold`` could take, has no convolution to
            exchange or not those that are named, or an argument is not as above.

    Example:
        >>> model = keras.Sequential(
        ...     [keras.Input((28, 28, 1)), keras.layers.Conv2D(8, 3, padding="same")]
        ... )
        >>> adaptive = make_adaptive(model, kernel_size=9, method="fft")
        >>> type(adaptive.layers[0]).__name__, adaptive.layers[0].kernel_size
        ('AdaptiveConv2D', (9, 9))
    """
    check_model(model, _Making.exchanged)
    _check_options(options)
    _check_size(kernel_size)
    return _Making(model, kernel_size, layers, options).model(model)


def _check_options(options: dict[str, Any]) -> None:
    unknown = sorted(set(options) - set(_OPTIONS))
    if unknown:
        raise ValueError(
            f"`options` must be among {_OPTIONS}, the arguments that adaptive layers "
            f"add. Received: {unknown}"
        )


def _check_size(kernel_size: Any) -> None:
    sides = [kernel_size] if is_count(kernel_size) else kernel_size
    if sides is not None and not (
        isinstance(sides, Sequence) and sides and all(map(is_count, sides))
    ):
        raise ValueError(
            "`kernel_size` must be a positive integer, several, or None. "
            f"Received: {kernel_size!r}"
        )


class _Making(Folding):
    exchanged = tuple(ADAPTIVE)

    def __init__(
        self,
        model: keras.Model,
        kernel_size: int | Sequence[int] | None,
        layers: Iterable[str] | None,
        options: dict[str, Any],
    ) -> None:
        super().__init__(model, batch_normalization=False)
        self._kernel_size, self._options = kernel_size, options
        found = list(self._convolutions(model))
        if layers is None:
            chosen = [layer for layer in found if max(layer.kernel_size) > 1]
        else:
            chosen = _named(found, layers)
        if not chosen:
            raise ValueError(
                "`model` must have a convolution of more than one pixel that can be "
                f"exchanged. Received: {model.name!r} with none"
            )
        self._chosen = {id(layer) for layer in chosen}

    def _convolutions(self, model: keras.Model) -> Iterator[keras.Layer]:
        """The convolutions that can be exchanged, at any depth."""
        for layer in model.layers:
            if self._is_rebuilt(layer):
                yield from self._convolutions(layer)
            elif type(layer) in ADAPTIVE:
                yield layer

    def _is_folded(self, layer: keras.Layer) -> bool:
        return False  # they become adaptive, or are

    def _make(self, layer: keras.Operation) -> keras.Operation:
        if id(layer) not in self._chosen:
            return super()._make(layer)
        cls = ADAPTIVE[type(layer)]
        if "method" in self._options and not issubclass(cls, HasMethod):
            raise ValueError(
                f"`method` must not be given for layers of class {cls.__name__}, which "
                f"have one way to compute. Received: {self._options['method']!r} for "
                f"{layer.name!r}; name the others in `layers`"
            )
        config = {
            **layer.get_config(),
            "dtype": layer.dtype_policy,
            "kernel_size": self._size_of(layer),
        }
        # By its class itself, whose sentences about bad options then come through.
        return cls(**config, **self._options)

    def _size_of(self, layer: keras.Layer) -> tuple[int, ...]:
        """Size of the grid of the adaptive layer that stands for another."""
        own, wanted = tuple(layer.kernel_size), self._kernel_size
        if wanted is None:
            return own
        sizes = (wanted,) * len(own) if is_count(wanted) else tuple(wanted)
        if len(sizes) != len(own) or any(
            size < least for size, least in zip(sizes, own, strict=True)
        ):
            raise ValueError(
                f"`kernel_size` must be at least {own} for the layer {layer.name!r}. "
                f"Received: {wanted!r}"
            )
        if layer.padding == "valid" and sizes != own:
            raise ValueError(
                f"`kernel_size` must be {own} or None for the layer {layer.name!r}: "
                "its padding is 'valid', and a larger kernel makes another output. "
                f"Received: {wanted!r}; name the other layers in `layers`"
            )
        # Keras counts `dilation * (size - 1) + 1` modulo 2 as a part of the output.
        if getattr(layer, "output_padding", None) is not None and any(
            dilation * (size - least) % 2
            for dilation, size, least in zip(
                layer.dilation_rate, sizes, own, strict=True
            )
        ):
            raise ValueError(
                f"`kernel_size` must be odd where {own} is odd, and even where it is "
                f"even, or None for the layer {layer.name!r}: it has a given "
                "`output_padding`, and another kernel makes another output. "
                f"Received: {wanted!r}; name the other layers in `layers`"
            )
        return sizes

    def _set_state(self, new: keras.Layer, layer: keras.Layer) -> None:
        # Nothing that was trained; what an adapted layer knows of the data is not.
        copy_state(new, layer, adapted_only=True)


def _named(found: list[keras.Layer], names: Iterable[str]) -> list[keras.Layer]:
    """The convolutions of some names."""
    known = {layer.name for layer in found}
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise ValueError(
            f"`layers` must be names of layers, or None. Received: {names!r}"
        )
    names = list(names)
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise ValueError(
            f"`layers` must be among the convolutions of the model, {sorted(known)}. "
            f"Received: {unknown if unknown else names}"
        )
    return [layer for layer in found if layer.name in names]
