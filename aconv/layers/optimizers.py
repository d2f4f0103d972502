"""A learning rate of their own for the apertures, in one optimiser."""

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
from keras import ops
from keras.optimizers.schedules import LearningRateSchedule

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
    keras.optimizers.MultiOptimizer: "give the optimizer inside it the rate",
    keras.optimizers.LossScaleOptimizer: "give the optimizer inside it the rate",
    keras.optimizers.Ftrl: (
        "it computes weights anew, from zero, and makes no step that a rate scales"
    ),
}


def with_aperture_rate(
    optimizer: keras.optimizers.Optimizer,
    learning_rate: float | LearningRateSchedule,
) -> keras.optimizers.Optimizer:
    """Gives the apertures of a model a learning rate of their own.

    A kernel has as many gradients as weights, an aperture one for its whole kernel
    (Eq. 10), so what suits the weights may be too large for the apertures. The paper
    trains both at the same rate, and so does every version of its authors' code.

    The optimiser stays one: clipping by the global norm, exclusions from weight decay,
    averages, accumulation of gradients and checkpoints are about all weights, and with
    equal rates it does what it did before. Its ``learning_rate`` is that of all other
    weights. When it changes, by a callback or by hand, the rate of the apertures
    changes by the same factor. ``aperture_learning_rate`` is that rate. A number can be
    set to another one during training; for a schedule, the optimiser must not be built
    yet, since a compiled step would keep to what it was compiled with. Decoupled weight
    decay acts on apertures as well, at the rate of each weight, as updates do.

    Where the rate of the weights is a schedule or a function there is nothing that a
    callback could scale, and the apertures keep to the rate given here. So they do
    while the rate of the weights was zero when this one was given.

    Args:
        optimizer: Any Keras optimiser but ``Ftrl`` and those that hold others. Not yet
            built. It is changed in place.
        learning_rate: Rate of the weights named ``aperture`` and of the angles of
            turned envelopes, ``aperture_angle``: a finite number, zero or more, or a
            schedule of the optimiser's iterations.

    Returns:
        ``optimizer``, whose class is now a subclass of its class.

    Raises:
        ValueError: If ``optimizer`` is no Keras optimiser, is none that works, has a
            rate for apertures or is built already; or if ``learning_rate`` is not as
            above.

    Example:
    >>> sgd = keras.optimizers.SGD(0.1, momentum=0.9, clipvalue=1.0)
    >>> optimizer = with_aperture_rate(sgd, 0.02)
    >>> optimizer.learning_rate = 0.05
    >>> round(float(optimizer.aperture_learning_rate), 4)
    0.01
    """
    _check_optimizer(optimizer)
    _check_rate("learning_rate", learning_rate)
    optimizer.__class__ = _with_rate(type(optimizer))
    optimizer._begin(learning_rate)
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
            "`optimizer` must not have a rate for apertures: set its "
            f"`aperture_learning_rate`. Received: {optimizer!r}"
        )
    if optimizer.built:
        raise ValueError(
            "`optimizer` must not be built: it would go on with the apertures. "
            f"Received: {optimizer!r}, built for {len(optimizer.variables)} variables"
        )


def _check_rate(name: str, value: Any) -> None:
    if isinstance(value, LearningRateSchedule):
        return
    if not is_finite(value) or value < 0:
        raise ValueError(
            f"`{name}` must be a finite number >= 0 or a Keras "
            f"LearningRateSchedule. Received: {value!r}"
        )


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
    """What ``with_aperture_rate`` adds to the class of an optimiser.

    The rate of the apertures is kept as it was given, beside the rate that the weights
    had then: their quotient is the share of the apertures in every later rate.
    """

    def _begin(self, rate: float | LearningRateSchedule) -> None:
        scalar = functools.partial(
            self.add_variable,
            shape=(),
            dtype=keras.config.floatx(),
            aggregation="only_first_replica",
        )
        self._at_aperture_rate = False
        self._aperture_indices = frozenset()
        self._reference_rate = scalar(name="reference_rate")
        self._given_rate = scalar(name="aperture_rate")
        self._aperture_schedule = None
        self.aperture_learning_rate = rate

    @property
    def aperture_learning_rate(self) -> Any:
        """Present rate of the apertures, a scalar tensor."""
        return self._rate_of_apertures(super()._get_current_learning_rate())

    @aperture_learning_rate.setter
    def aperture_learning_rate(self, rate: float | LearningRateSchedule) -> None:
        _check_rate("aperture_learning_rate", rate)
        is_schedule = isinstance(rate, LearningRateSchedule)
        before = self._aperture_schedule
        if self.built and (is_schedule or before is not None) and rate is not before:
            raise ValueError(
                "`aperture_learning_rate` must stay "
                f"{'a number' if before is None else 'the schedule that it is'} once "
                "the optimizer is built: a step that is compiled would not notice. "
                f"Received: {rate!r}"
            )
        self._aperture_schedule = rate if is_schedule else None
        if not is_schedule:
            self._given_rate.assign(float(rate))
        if not callable(self._learning_rate):
            # A copy: JAX would share the memory, and a compiled step frees it.
            self._reference_rate.assign(ops.copy(self._learning_rate))

    def _rate_of_apertures(self, learning_rate: Any) -> Any:
        """Rate of the apertures when the weights have ``learning_rate``."""
        given = ops.convert_to_tensor(self._given_rate)
        if self._aperture_schedule is not None:
            given = self._aperture_schedule(self._iterations)
        if callable(self._learning_rate):
            return given
        reference = ops.convert_to_tensor(self._reference_rate)
        learning_rate = ops.cast(learning_rate, reference.dtype)
        given = ops.cast(given, reference.dtype)
        is_zero = ops.equal(reference, 0)
        share = given / ops.where(is_zero, ops.ones_like(reference), reference)
        # Unscaled it is what was given to the last bit, and not its rounded share.
        unscaled = ops.logical_or(is_zero, ops.equal(learning_rate, reference))
        return ops.where(unscaled, given, learning_rate * share)

    def _get_current_learning_rate(self) -> Any:
        if self._at_aperture_rate:
            return self.aperture_learning_rate
        return super()._get_current_learning_rate()

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Creates the variables of the optimiser for the weights of a model."""
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
        """Updates one weight, at the rate of its kind."""
        if self._is_aperture(variable):
            learning_rate = self._rate_of_apertures(learning_rate)
        super().update_step(gradient, variable, learning_rate)

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
        """Returns what makes an equal optimiser, JSON-serialisable."""
        schedule = self._aperture_schedule
        return {
            **super().get_config(),
            "optimizer_class": _named(self._optimizer_class),
            "aperture_learning_rate": float(ops.convert_to_numpy(self._given_rate))
            if schedule is None
            else keras.optimizers.schedules.serialize(schedule),
            "reference_learning_rate": float(
                ops.convert_to_numpy(self._reference_rate)
            ),
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
        """Makes an optimiser from what ``get_config`` returned."""
        config = dict(config)
        named = config.pop("optimizer_class")
        rate = config.pop("aperture_learning_rate")
        reference = config.pop("reference_learning_rate")
        if isinstance(rate, dict):
            rate = keras.optimizers.schedules.deserialize(rate, custom_objects)
        optimizer = with_aperture_rate(
            keras.saving.deserialize_keras_object(
                {**named, "config": config}, custom_objects=custom_objects
            ),
            rate,
        )
        optimizer._reference_rate.assign(reference)
        return optimizer


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
        for part, rate in zip((others, apertures), rates, strict=True):
            if part:
                if product is not None:
                    product.assign(before)
                super()._parallel_update_step(*map(list, zip(*part, strict=True)), rate)

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
