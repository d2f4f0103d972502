"""Learning image processing filters with one layer of nine kernels (Section 4.1)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import keras
import numpy as np
import pandas as pd
from keras import ops
from scipy import stats
from skimage import filters
from tqdm import tqdm

from aconv.companion.stats import Verdict, direction
from aconv.companion.training.networks import filter_bank

KERNEL_SIZE = 9
INITIAL_APERTURE = 0.25
WEIGHT_DECAY = 1e-3
LEARNING_RATE = 0.1
MOMENTUM = 0.9
CLIP_VALUE = 1.0


def _laplace(image: np.ndarray) -> np.ndarray:
    return filters.laplace(image, ksize=3)


def _smoothed(operator: Callable, sigma: float = 2.0) -> Callable:
    return lambda image: operator(filters.gaussian(image, sigma))


# The nine of the published code. The labels of Figure 4 print the standard deviations
# as 0.25, 0.5 and 1.0, and as 0.5 in the combinations.
TARGET_FILTERS: MappingProxyType[str, Callable[[np.ndarray], np.ndarray]] = (
    MappingProxyType(
        {
            "Laplace": _laplace,
            "Sobel, horizontal": filters.sobel_h,
            "Sobel, vertical": filters.sobel_v,
            "Gauss 0.25": lambda image: filters.gaussian(image, 0.25),
            "Gauss 1": lambda image: filters.gaussian(image, 1.0),
            "Gauss 2": lambda image: filters.gaussian(image, 2.0),
            "Gauss 2, Laplace": _smoothed(_laplace),
            "Gauss 2, Sobel h.": _smoothed(filters.sobel_h),
            "Gauss 2, Sobel v.": _smoothed(filters.sobel_v),
        }
    )
)


def target_images(image: np.ndarray) -> np.ndarray:
    """What the nine operators of Figure 4d make of an image.

    Args:
        image: Array of shape ``(height, width)``, grey values in [0, 1].

    Returns:
        A float32 array of shape ``(height, width, 9)``, in the order of
        ``TARGET_FILTERS``.

    Raises:
        ValueError: If ``image`` is not as above, smaller than the 9x9 kernel, or all of
            one grey, which the operators leave nothing of to learn.
    """
    image = np.asarray(image)
    if image.ndim != 2 or min(image.shape) < KERNEL_SIZE:
        raise ValueError(
            f"`image` must have shape (height, width), both at least {KERNEL_SIZE}. "
            f"Received shape: {image.shape}"
        )
    if not (np.issubdtype(image.dtype, np.floating) and image.min() >= 0) or (
        image.max() > 1
    ):
        raise ValueError(
            "`image` must hold floats in [0, 1]. "
            f"Received: {image.dtype} in [{image.min()}, {image.max()}]"
        )
    if image.min() == image.max():
        raise ValueError(
            "`image` must have more than one grey value. "
            f"Received: {image.min()} everywhere"
        )
    outputs = [operator(image) for operator in TARGET_FILTERS.values()]
    return np.stack(outputs, axis=-1).astype("float32")


@dataclass(frozen=True)
class FilterBanks:
    """Trained layers of nine kernels, one for each seed, and how they got there.

    The first axis of every array is the seed, in the order of ``seeds``.

    Attributes:
        kind: ``"adaptive"`` or ``"ordinary"``.
        seeds: Seeds of the initial weights.
        loss: Shape ``(seeds, updates)``: mean squared error before each update, without
            the penalty on the weights.
        apertures: Shape ``(seeds, updates + 1, 9)``: apertures before the first and
            after each update, in grid units. None for an ordinary layer.
        initial_weights: Shape ``(seeds, 9, 9, 9)``: kernels ``W`` at the start, filter
            last.
        initial_envelopes: Shape ``(seeds, 9, 9, 9)``. None for an ordinary layer.
        envelopes: Shape ``(seeds, 9, 9, 9)``: learned envelopes. None for an ordinary
            layer.
        kernels: Shape ``(seeds, 9, 9, 9)``: the kernels that act, ``W ∘ U`` or ``W``,
            at the end.
        outputs: Shape ``(seeds, height, width, 9)``: what the trained layers make of
            the image.
    """

    kind: str
    seeds: tuple[int, ...]
    loss: np.ndarray
    apertures: np.ndarray | None
    initial_weights: np.ndarray
    initial_envelopes: np.ndarray | None
    envelopes: np.ndarray | None
    kernels: np.ndarray
    outputs: np.ndarray


def learn_filters(
    image: np.ndarray,
    kind: str,
    seeds: Sequence[int],
    updates: int,
    weight_decay: float = WEIGHT_DECAY,
    initializer: str | None = None,
) -> FilterBanks:
    """Trains nine 9x9 kernels, for each seed, to do what nine operators do to an image.

    The set-up of Section 4.1 with the details of the published code: same padding,
    linear, stochastic gradient descent on the one image, mean squared error, and an L2
    penalty on the weights. The adaptive layer has no bias and He's uniform
    initialisation, the ordinary one a bias and Glorot's, as there.

    The kernels of all seeds are trained side by side as one layer. Kernels of one layer
    share nothing, and the error is summed over seeds, so each seed trains as it would
    alone.

    Args:
        image: Array of shape ``(height, width)``, grey values in [0, 1].
        kind: ``"adaptive"`` or ``"ordinary"``.
        seeds: Seeds of the initial weights, at least one.
        updates: Number of updates, at least 1.
        weight_decay: Factor of the L2 penalty, zero or more. It acts on ``W``, not on
            ``W ∘ U``.
        initializer: Keras's name of the initializer of the kernels; the published one
            of the kind if None.

    Returns:
        The trained ``FilterBanks``. The same arguments give the same result.

    Raises:
        ValueError: If an argument is not as above.
    """
    if not len(seeds):
        raise ValueError("`seeds` must hold at least one seed. Received none.")
    if updates < 1:
        raise ValueError(f"`updates` must be at least 1. Received: {updates}")
    if weight_decay < 0:
        raise ValueError(f"`weight_decay` must be >= 0. Received: {weight_decay}")
    targets = np.tile(target_images(image), len(seeds))[np.newaxis]
    inputs = np.asarray(image, "float32")[np.newaxis, ..., np.newaxis]

    adaptive = kind == "adaptive"
    model = filter_bank(
        inputs.shape[1:],
        filters=targets.shape[-1],
        kernel_size=KERNEL_SIZE,
        kind=kind,
        aperture=INITIAL_APERTURE,
        l2=weight_decay,
    )
    layer = model.layers[-1]
    layer.kernel.assign(_initial_weights(layer, seeds, initializer))
    model.compile(
        keras.optimizers.SGD(LEARNING_RATE, MOMENTUM, clipvalue=CLIP_VALUE),
        loss=lambda y, prediction: len(seeds) * _squared_error(y, prediction),
        metrics=[_error_of_seed(s, len(seeds)) for s in range(len(seeds))],
    )

    initial_weights = _numpy(layer.kernel)
    initial_envelopes = _numpy(layer.envelope()) if adaptive else None
    losses, apertures = [], [_numpy(layer.aperture)] if adaptive else []
    for _ in tqdm(range(updates), desc=f"{kind} filters", disable=None):
        # Keras accumulates metrics over batches until they are reset.
        model.reset_metrics()
        logs = model.train_on_batch(inputs, targets, return_dict=True)
        losses.append([logs[f"error_{s}"] for s in range(len(seeds))])
        if adaptive:
            apertures.append(_numpy(layer.aperture))

    def by_seed(values: np.ndarray) -> np.ndarray:
        return np.stack(np.split(values, len(seeds), axis=-1))

    def kernels(values: np.ndarray) -> np.ndarray:
        return by_seed(values[:, :, 0])

    return FilterBanks(
        kind=kind,
        seeds=tuple(seeds),
        loss=np.array(losses, "float64").T,
        apertures=by_seed(np.stack(apertures)) if adaptive else None,
        initial_weights=kernels(initial_weights),
        initial_envelopes=kernels(initial_envelopes) if adaptive else None,
        envelopes=kernels(_numpy(layer.envelope())) if adaptive else None,
        kernels=kernels(_numpy(layer.effective_kernel() if adaptive else layer.kernel)),
        outputs=by_seed(_numpy(layer(inputs))[0]),
    )


def least_error(image: np.ndarray, targets: np.ndarray) -> tuple[float, float]:
    """Least mean squared error that 9x9 kernels with a bias can have.

    Args:
        image: Shape ``(height, width)``; both more than 8.
        targets: Shape ``(height, width, filters)``.

    Returns:
        Mean squared error of the least-squares solution over all windows of the image,
        continued by zeros as a layer with ``same`` padding does; and over the windows
        that lie inside the image.
    """
    edge = KERNEL_SIZE // 2
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(image, edge), (KERNEL_SIZE, KERNEL_SIZE)
    )
    design = windows.reshape(image.size, -1)
    design = np.column_stack([design, np.ones(image.size)])
    pixels = targets.reshape(image.size, -1)
    inside = np.zeros(image.shape, bool)
    inside[edge:-edge, edge:-edge] = True

    def error(rows: np.ndarray) -> float:
        solution = np.linalg.lstsq(design[rows], pixels[rows], rcond=None)[0]
        return float(np.mean(np.square(pixels[rows] - design[rows] @ solution)))

    return error(np.ones(image.size, bool)), error(inside.ravel())


def compare_errors(
    comparisons: Mapping[str, tuple[FilterBanks, FilterBanks]], confidence: float
) -> pd.DataFrame:
    """Compares the last errors of ordinary and adaptive layers by Welch's test.

    Args:
        comparisons: Label to the ordinary and the adaptive layers, of several seeds.
        confidence: Of the intervals of the difference, between 0 and 1.

    Returns:
        One row per comparison: ``training`` (the label), ``ordinary`` and ``adaptive``
        (mean over seeds), ``low`` and ``high`` of adaptive less ordinary, and
        ``verdict`` on "the adaptive error is lower".
    """
    rows = []
    for label, (ordinary, adaptive) in comparisons.items():
        last = [bank.loss[:, -1] for bank in (adaptive, ordinary)]
        test = stats.ttest_ind(*last, equal_var=False)
        low, high = test.confidence_interval(confidence)
        verdict = direction(low, high, claimed=-1).value
        rows.append((label, last[1].mean(), last[0].mean(), low, high, verdict))
    names = ["training", "ordinary", "adaptive", "low", "high", "verdict"]
    return pd.DataFrame(rows, columns=names)


def settled(curve: np.ndarray, tolerance: float = 0.1) -> int:
    """Returns the first update from which on a curve stays near its end.

    Args:
        curve: Shape ``(updates,)``.
        tolerance: How far from the last value, relative to it.

    Returns:
        Index of the update, from 0.

    Example:
        >>> settled(np.array([9.0, 1.0, 5.0, 1.05, 1.0]))
        3
    """
    away = np.abs(curve - curve[-1]) > tolerance * np.abs(curve[-1])
    return int(np.flatnonzero(away).max() + 1) if away.any() else 0


def explained_variance(bank: FilterBanks, targets: np.ndarray) -> np.ndarray:
    """Share of each target's variance that the trained outputs explain.

    Args:
        bank: Trained layers.
        targets: Shape ``(height, width, 9)``.

    Returns:
        Shape ``(9,)``, mean over seeds; at most 1.
    """
    error = np.square(bank.outputs - targets).mean(axis=(1, 2))
    return 1 - error.mean(axis=0) / targets.var(axis=(0, 1))


def verdict_of_each(agree: np.ndarray) -> Verdict:
    """Says what several cases mean for a claim that each bears out or not.

    Args:
        agree: Whether a case bears the claim out, shape ``(n,)``.

    Returns:
        ``SAME_WAY`` if all do, ``OTHER_WAY`` if none does, else ``OPEN``.

    Example:
        >>> verdict_of_each(np.array([True, False])).value
        'open'
    """
    if agree.all():
        return Verdict.SAME_WAY
    return Verdict.OPEN if agree.any() else Verdict.OTHER_WAY


def verdict_on_convergence(agree: np.ndarray, updates: int, latest: int) -> Verdict:
    """Says what training shows of a claim that it converges by some update.

    What settles is within a share of its last value, so that a short training settles
    early however it would have gone on.

    Args:
        agree: Whether a case settled by then, shape ``(n,)``.
        updates: Updates of the training.
        latest: The update by which the claim has it.

    Returns:
        As ``verdict_of_each``; ``NOT_TESTED`` if the training is not at least twice as
        long as that.

    Example:
        >>> verdict_on_convergence(np.array([True]), updates=300, latest=200).value
        'not tested'
    """
    return Verdict.NOT_TESTED if updates < 2 * latest else verdict_of_each(agree)


def _initial_weights(
    layer: keras.layers.Layer, seeds: Sequence[int], name: str | None
) -> np.ndarray:
    # Drawn nine filters at a time: a layer of all seeds would have another fan-out.
    initializer = type(
        keras.initializers.get(name) if name else layer.kernel_initializer
    )
    shape = (KERNEL_SIZE, KERNEL_SIZE, 1, len(TARGET_FILTERS))
    draws = [_numpy(initializer(seed=seed)(shape)) for seed in seeds]
    return np.concatenate(draws, axis=-1)


def _squared_error(
    y: keras.KerasTensor, prediction: keras.KerasTensor
) -> keras.KerasTensor:
    return ops.mean(ops.square(y - prediction))


def _error_of_seed(seed: int, seeds: int) -> keras.metrics.Metric:
    def error(y: keras.KerasTensor, prediction: keras.KerasTensor) -> keras.KerasTensor:
        return _squared_error(
            ops.split(y, seeds, axis=-1)[seed],
            ops.split(prediction, seeds, axis=-1)[seed],
        )

    return keras.metrics.MeanMetricWrapper(error, name=f"error_{seed}")


def _numpy(tensor: keras.KerasTensor) -> np.ndarray:
    # A copy: backends hand out views of weights that later updates change.
    return np.array(ops.convert_to_numpy(tensor))
