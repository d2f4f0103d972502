"""Apertures at a multiple of the learning rate, in one optimiser."""

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
from keras import ops

from aconv.layers.checks import is_finite

# One name for all classes made here: ``from_config`` finds the class of the optimiser
# in the config, also in a process that has made no such class yet.
_register: Callable[[type], type] = keras.saving.register_keras_serializable(
    package="aconv", name="WithApertureRate"
)

# The path of a weight is "layer/weight", "model/layer/weight" in a nested model.
# An angle belongs to the apertures: it, too, has one gradient for its whole kernel.
_APERTURE = re.compile(r"(.*/)?aperture(_angle)?")

_REFUSED = {
    keras.optimizers.MultiOptimizer: "give the factor to the optimizers inside it",
    keras.optimizers.LossScaleOptimizer: "give the factor to the optimizer inside it",
    keras.optimizers.Ftrl: (
        "it computes weights anew, from zero, and makes no step that a rate scales"
    ),
}


def with_aperture_rate(
    optimizer: keras.optimizers.Optimizer, factor: float
) -> keras.optimizers.Optimizer:
    """Train the apertures of a model at ``factor`` times the optimiser's rate.

    A kernel has as many gradients as weights, an aperture one for its whole kernel
    (Eq. 10), so what suits the weights may be too large or too small for the apertures.
    Beyond the paper, whose authors train all at one rate.

    The optimiser stays one: clipping by the global norm, exclusions from weight decay,
    averages, accumulation of gradients and checkpoints are about all weights, and with
    a factor of 1 it does what it did before, to the last bit. Its ``learning_rate`` is
    that of all other weights. Whatever that is in a step, by a number, a schedule, a
    callback or by hand, the apertures have ``factor`` times it. ``Adafactor`` with a
    relative step caps the rate of every weight, also theirs, at ``1 / sqrt(step)``.
    ``aperture_rate_factor`` is the factor; like the learning rate it can be set to
    another number before training and between epochs, with most backends also between
    batches (``fit`` on JAX discards what is set within an epoch). It is saved with the
    optimiser. Decoupled weight decay acts on apertures as well, at the rate of each
    weight, as updates do.

    An optimiser that is wrapped by a ``keras.optimizers.LossScaleOptimizer``, as Keras
    does by itself under ``"mixed_float16"``, keeps its factor, which can be read and
    set on the wrapper, too. A ``keras.optimizers.MultiOptimizer`` has none: the factor
    is that of the optimiser that the apertures are mapped to, and is set there.

    Args:
        optimizer: Any Keras optimiser but ``Ftrl`` and those that hold others. Not yet
            built. It is changed in place.
        factor: Rate of the weights named ``aperture`` and of the angles of turned
            envelopes, ``aperture_angle``, over the rate of all others: a finite number,
            zero or more. At 0 updates leave them as they are.

    Returns:
        ``optimizer``, whose class is now a subclass of its class.

    Raises:
        ValueError: If ``optimizer`` is no Keras optimiser, is none that works, has a
            factor already or is built; or if ``factor`` is not as above.

    Example:
    >>> sgd = keras.optimizers.SGD(0.1, momentum=0.9, clipvalue=1.0)
    >>> optimizer = with_aperture_rate(sgd, 0.5)
    >>> optimizer.aperture_rate_factor
    0.5
    >>> optimizer.aperture_rate_factor = 0.25
    """
    _check_optimizer(optimizer)
    _check_factor("factor", factor)
    optimizer.__class__ = _with_rate(type(optimizer))
    optimizer._begin(factor)
    return optimizer


def _check_optimizer(optimizer: Any) -> None:
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise ValueError(
            f"`optimizer` must be a Keras optimizer. Received: {optimizer!r}"
        )
    for refused, reason in _REFUSED.items():
        if isinstance(optimizer, refused):
            raise ValueError(
                f"`optimizer` must not be a {refused.__name__}: {reason}. "
                f"Received: {optimizer!r}"
            )
    if isinstance(optimizer, WithApertureRate):
        raise ValueError(
            "`optimizer` must not have a factor for apertures: set its "
            f"`aperture_rate_factor`. Received: {optimizer!r}"
        )
    if optimizer.built:
        raise ValueError(
            "`optimizer` must not be built: it would go on with the apertures. "
            f"Received: {optimizer!r}, built for {len(optimizer.variables)} variables"
        )


def _check_factor(name: str, value: Any) -> None:
    if not is_finite(value) or value < 0:
        raise ValueError(f"`{name}` must be a finite number >= 0. Received: {value!r}")


@functools.cache
def _with_rate(cls: type[keras.optimizers.Optimizer]) -> type:
    """The subclass of an optimiser's class that has a rate for apertures."""
    # On PyTorch, most optimisers of Keras update lists of weights at once.
    parallel = hasattr(cls, "_parallel_update_step")
    mixin = _WithApertureRateInLists if parallel else WithApertureRate
    made = type(
        f"{cls.__name__}WithApertureRate",
        (mixin, cls),
        {
            "__module__": __name__,
            "__doc__": cls.__doc__,
            "_optimizer_class": cls,
        },
    )
    return _register(made)


@_register
class WithApertureRate:
    """What ``with_aperture_rate`` adds to the class of an optimiser."""

    def _begin(self, factor: float) -> None:
        self._at_aperture_rate = False
        self._aperture_indices = frozenset()
        # A variable: a step that is compiled reads it anew.
        self._aperture_factor = self.add_variable(
            shape=(),
            dtype="float32",
            aggregation="only_first_replica",
            name="aperture_rate_factor",
        )
        self.aperture_rate_factor = factor

    @property
    def aperture_rate_factor(self) -> float:
        """Rate of the apertures over that of all other weights, zero or more."""
        return float(ops.convert_to_numpy(self._aperture_factor))

    @aperture_rate_factor.setter
    def aperture_rate_factor(self, factor: float) -> None:
        _check_factor("aperture_rate_factor", factor)
        self._aperture_factor.assign(float(factor))

    def _rate_of_apertures(self, learning_rate: Any) -> Any:
        """Rate of the apertures when the weights have ``learning_rate``."""
        factor = ops.convert_to_tensor(self._aperture_factor)
        rate = ops.convert_to_tensor(learning_rate)
        # A rate of 64 bits keeps them.
        dtype = keras.backend.result_type(rate.dtype, factor.dtype)
        return ops.cast(rate, dtype) * ops.cast(factor, dtype)

    def _get_current_learning_rate(self) -> Any:
        learning_rate = super()._get_current_learning_rate()
        if self._at_aperture_rate:
            return self._rate_of_apertures(learning_rate)
        return learning_rate

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Create the variables of the optimiser for the weights of a model."""
        if self.built:
            return
        super().build(variables)
        self._aperture_indices = frozenset(
            index
            for index, variable in enumerate(variables)
            if _APERTURE.fullmatch(getattr(variable, "path", variable.name))
        )

    def _is_aperture(self, variable: Any) -> bool:
        return self._get_variable_index(variable) in self._aperture_indices

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one weight, at the rate of its kind."""
        if not self._is_aperture(variable):
            super().update_step(gradient, variable, learning_rate)
            return
        with self._unless_zero([variable]):
            rate = self._rate_of_apertures(learning_rate)
            super().update_step(gradient, variable, rate)

    @contextmanager
    def _unless_zero(self, apertures: Sequence[keras.Variable]) -> Iterator[None]:
        """Leave apertures as they are at a factor of zero.

        A rate of zero alone does not: what they have of momentum would run out first.
        """
        before = [ops.copy(ops.convert_to_tensor(each)) for each in apertures]
        yield
        moves = ops.convert_to_tensor(self._aperture_factor) > 0
        for aperture, value in zip(apertures, before, strict=True):
            after = ops.convert_to_tensor(aperture)
            self.assign(aperture, ops.where(moves, after, value))

    def _apply_weight_decay(self, variables: Sequence[keras.Variable]) -> None:
        apertures = [v for v in variables if self._is_aperture(v)]
        self._decay([v for v in variables if not self._is_aperture(v)])
        with self._for_apertures():
            self._decay(apertures)

    def _decay(self, variables: Sequence[keras.Variable]) -> None:
        super()._apply_weight_decay(variables)

    @contextmanager
    def _for_apertures(self) -> Iterator[None]:
        self._at_aperture_rate = True
        try:
            yield
        finally:
            self._at_aperture_rate = False

    def get_config(self) -> dict:
        """Return what makes an equal optimiser, JSON-serialisable."""
        return {
            **super().get_config(),
            "optimizer_class": _named(self._optimizer_class),
            "aperture_rate_factor": self.aperture_rate_factor,
        }

    def __reduce__(self) -> tuple[Any, ...]:
        # As Keras pickles optimisers, by what all of them share: this class is made
        # while a program runs, and pickle does not find it by its name.
        _, arguments = super().__reduce__()
        return keras.optimizers.Optimizer._unpickle_model, arguments

    @classmethod
    def from_config(
        cls, config: dict, custom_objects: dict | None = None
    ) -> keras.optimizers.Optimizer:
        """Make an optimiser from what ``get_config`` returned."""
        config = dict(config)
        named = config.pop("optimizer_class")
        factor = config.pop("aperture_rate_factor")
        optimizer = keras.saving.deserialize_keras_object(
            {**named, "config": config}, custom_objects=custom_objects
        )
        return with_aperture_rate(optimizer, factor)


class _WithApertureRateInLists(WithApertureRate):
    def _parallel_update_step(
        self,
        grads: Sequence[Any],
        variables: Sequence[keras.Variable],
        learning_rate: Any,
    ) -> None:
        pairs = list(zip(grads, variables, strict=True))
        apertures = [pair for pair in pairs if self._is_aperture(pair[1])]
        others = [pair for pair in pairs if not self._is_aperture(pair[1])]
        # Nadam keeps a product over the steps and goes on with it in each call; these
        # are one step.
        product = getattr(self, "_u_product", None)
        before = None if product is None else ops.copy(product.value)
        rates = (learning_rate, self._rate_of_apertures(learning_rate))
        with self._unless_zero([variable for _, variable in apertures]):
            for part, rate in zip((others, apertures), rates, strict=True):
                if part:
                    if product is not None:
                        product.assign(before)
                    lists = map(list, zip(*part, strict=True))
                    super()._parallel_update_step(*lists, rate)

    def _decay(self, variables: Sequence[keras.Variable]) -> None:
        # PyTorch refuses an empty list.
        if any(self._use_weight_decay(variable) for variable in variables):
            super()._decay(variables)


def _named(cls: type) -> dict[str, str | None]:
    """How Keras finds a class again, on any backend."""
    # On PyTorch the class of an optimiser is a private subclass of the public one.
    if getattr(keras.optimizers, cls.__name__, None) in cls.__mro__:
        return {
            "module": "keras.optimizers",
            "class_name": cls.__name__,
            "registered_name": None,
        }
    return {
        "module": cls.__module__,
        "class_name": cls.__name__,
        "registered_name": keras.saving.get_registered_name(cls),
    }


def _factor_inside(wrapper: keras.optimizers.LossScaleOptimizer) -> float:
    """Rate factor of the apertures of the optimiser that is wrapped."""
    return _inner(wrapper).aperture_rate_factor


def _set_factor_inside(
    wrapper: keras.optimizers.LossScaleOptimizer, factor: float
) -> None:
    _inner(wrapper).aperture_rate_factor = factor


def _inner(wrapper: keras.optimizers.LossScaleOptimizer) -> WithApertureRate:
    inner = wrapper.inner_optimizer
    if not isinstance(inner, WithApertureRate):
        raise AttributeError(
            "`aperture_rate_factor` is an attribute of optimizers that "
            f"`with_aperture_rate` returned. Received: {inner!r}"
        )
    return inner


def _no_factor(optimizer: keras.optimizers.MultiOptimizer, factor: Any = None) -> None:
    raise AttributeError(
        "`aperture_rate_factor` is an attribute of the optimizer inside that the "
        f"apertures are mapped to. Received: {optimizer!r}"
    )


# Under "mixed_float16" `compile` wraps the optimizer. A factor set on the wrapper, or
# on what holds several, would be an attribute that nothing reads.
keras.optimizers.LossScaleOptimizer.aperture_rate_factor = property(
    _factor_inside, _set_factor_inside
)
keras.optimizers.MultiOptimizer.aperture_rate_factor = property(_no_factor, _no_factor)
