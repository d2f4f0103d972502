"""A learning rate of their own for the apertures."""

import math
from numbers import Real

import keras

# The path of a weight is "layer/weight", "model/layer/weight" in a nested model.
_APERTURES = r"(.*/)?aperture"


def with_aperture_rate(
    optimizer: keras.optimizers.Optimizer,
    learning_rate: float | keras.optimizers.schedules.LearningRateSchedule,
) -> keras.optimizers.MultiOptimizer:
    """Gives the apertures of a model a learning rate of their own.

    A kernel has as many gradients as weights, an aperture one for its whole kernel
    (Eq. 10), so what suits the weights may be too large for the apertures. The authors
    trained them with a separate, smaller rate.

    The result works wherever a Keras optimiser does, also on a model without apertures.
    ``keras.callbacks.ReduceLROnPlateau`` reduces both rates by the same factor.

    Args:
        optimizer: Optimiser of all other weights. Not yet built.
        learning_rate: Rate of the weights named ``aperture``: a finite number, zero or
            more, or a schedule. They are updated by a copy of ``optimizer``, with the
            same momentum, clip value and so on.

    Returns:
        A ``keras.optimizers.MultiOptimizer`` made of ``optimizer`` and its copy. It has
        no ``learning_rate`` itself, but its ``optimizers`` have.

    Raises:
        ValueError: If ``optimizer`` is no Keras optimiser, wraps others, or is built
            already; or if ``learning_rate`` is not as above.

    Example:
        >>> from aconv import AdaptiveConv2D
        >>> model = keras.Sequential([AdaptiveConv2D(8, 5)])
        >>> sgd = keras.optimizers.SGD(0.1, momentum=0.9, clipvalue=1.0)
        >>> model.compile(with_aperture_rate(sgd, 0.01), loss="mse")
    """
    wrappers = (
        keras.optimizers.MultiOptimizer,
        keras.optimizers.LossScaleOptimizer,
    )
    if not isinstance(optimizer, keras.optimizers.Optimizer) or isinstance(
        optimizer, wrappers
    ):
        raise ValueError(
            "`optimizer` must be a Keras optimizer that wraps no other. "
            f"Received: {optimizer!r}"
        )
    if optimizer.built:
        raise ValueError(
            "`optimizer` must not be built: it would go on with the apertures. "
            f"Received: {optimizer!r}, built for {len(optimizer.variables)} variables"
        )
    is_schedule = isinstance(
        learning_rate, keras.optimizers.schedules.LearningRateSchedule
    )
    is_number = isinstance(learning_rate, Real) and not isinstance(learning_rate, bool)
    if not is_schedule and not (
        is_number and math.isfinite(learning_rate) and learning_rate >= 0
    ):
        raise ValueError(
            "`learning_rate` must be a finite number >= 0 or a Keras "
            f"LearningRateSchedule. Received: {learning_rate!r}"
        )
    of_apertures = type(optimizer).from_config(
        {
            **optimizer.get_config(),
            "name": f"aperture_{optimizer.name}",
            "learning_rate": learning_rate if is_schedule else float(learning_rate),
        }
    )
    return keras.optimizers.MultiOptimizer(
        keras.optimizers.OptimizerMap(optimizer, {_APERTURES: of_apertures}),
        loss_scale_factor=optimizer.loss_scale_factor,
    )
