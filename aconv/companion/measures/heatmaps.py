"""How smooth, how sparse and how faithful heatmaps are (Figure 6 f)."""

from collections.abc import Mapping, Sequence

import keras
import numpy as np
import pandas as pd

from aconv.companion.stats import combine, crossed_interval, direction


def roughness(heatmaps: np.ndarray) -> np.ndarray:
    """Total variation of heatmaps, relative to their size: what "smooth" is not.

    ``(sum |R[i+1,j] - R[i,j]| + sum |R[i,j+1] - R[i,j]|) / sum |R|``, the heatmap
    continued by zeros: the usual measure of roughness of an image (Rudin, Osher, Fatemi
    1992), and by the division independent of the scale.

    It is from 0 to 4: 4 for isolated pixels, 4 / s for a flat square of side s, NaN
    where a heatmap, one of the shape (n, height, width), is zero everywhere.
    """
    framed = np.pad(heatmaps, ((0, 0), (1, 1), (1, 1)))
    variation = sum(
        np.abs(np.diff(framed, axis=axis)).sum(axis=(1, 2)) for axis in (1, 2)
    )
    return _ratio(variation, np.abs(heatmaps).sum(axis=(1, 2)))


def gini(heatmaps: np.ndarray) -> np.ndarray:
    """Gini index of absolute relevance: on how few pixels a heatmap concentrates.

    Hurley and Rickard (2009) show that it alone of the measures of sparsity in use has
    all properties one wants: it depends neither on the scale nor on the number of
    pixels. It is 0 if all pixels are alike, 1 - 1 / pixels if all relevance is in one,
    and NaN where a heatmap is zero everywhere.
    """
    ordered = np.sort(np.abs(heatmaps).reshape(len(heatmaps), -1), axis=1)
    pixels = ordered.shape[1]
    weights = (2 * np.arange(1, pixels + 1) - pixels - 1) / pixels
    return _ratio(ordered @ weights, ordered.sum(axis=1))


def flip_pixels(
    model: keras.Model,
    images: np.ndarray,
    order: np.ndarray,
    classes: np.ndarray,
    shares: Sequence[float],
    fill: float = 0.0,
) -> np.ndarray:
    """Probability of a class while more and more pixels are taken away.

    Pixel flipping (Bach et al. 2015, Samek et al. 2017): if a heatmap is faithful, the
    probability of the class falls faster when its most relevant pixels go first than
    when pixels go in random order.

    Those of the highest ``order``, shape (n, height, width), go first, and ``fill`` is
    put in their place. Probabilities have the shape (n, shares).
    """
    pixels = order[0].size
    # Pixels of one heatmap that are equally relevant go in the order of the rows.
    first = np.argsort(-order.reshape(len(order), -1), axis=1, kind="stable")
    rank = np.empty_like(first)
    np.put_along_axis(rank, first, np.arange(pixels)[np.newaxis], axis=1)
    rank = rank.reshape(*order.shape, 1)
    flipped = np.concatenate(
        [
            np.where(rank < round(share * pixels), np.float32(fill), images)
            for share in shares
        ]
    )
    found = model.predict(flipped, batch_size=256, verbose=0)
    chosen = found.reshape(len(shares), len(images), -1)[
        :, np.arange(len(images)), classes
    ]
    return chosen.T


MEASURES = {"relative total variation": roughness, "Gini index": gini}
"""Both are low for what the eye calls smooth, high for what it calls sharp."""


def measure(
    heatmaps: Mapping[str, Sequence[np.ndarray]],
) -> dict[tuple[str, str], np.ndarray]:
    """Measure the heatmaps of several networks for the same images.

    Of each network there is an array of shape (n, height, width) per seed. Values, by
    measure and network, have the shape (seeds, m), of the m images that have relevance
    in all networks, which may be none: a class with a logit below zero has no deep
    Taylor relevance at all.
    """
    values = {
        (name, network): np.stack([function(maps) for maps in of_seeds])
        for name, function in MEASURES.items()
        for network, of_seeds in heatmaps.items()
    }
    sound = np.isfinite(list(values.values())).all(axis=(0, 1))
    return {key: value[:, sound] for key, value in values.items()}


def sharpness_gaps(
    values: Mapping[tuple[str, str], np.ndarray],
    claims: Sequence[tuple[str, str, str]],
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Differences of networks of which a claim says which one is the sharper.

    A claim is a label, the network that is said to be sharper, and the other one. Gaps
    are those of the sharper network minus the other, over seeds and images; NaN without
    images.
    """
    rows = []
    for claim, sharper, smoother in claims:
        for name in MEASURES:
            gap = values[name, sharper] - values[name, smoother]
            found = (np.nan,) * 3
            if gap.size:
                found = gap.mean(), *crossed_interval(gap, confidence)
            rows.append((name, claim, *found))
    return pd.DataFrame(rows, columns=["panel", "comparison", "mean", "low", "high"])


def judge_gaps(gaps: pd.DataFrame, images: str) -> pd.DataFrame:
    """Return what each claim's intervals say, one row per claim.

    Measures "disagree" where one interval is above and another one below zero.
    """
    rows = []
    for claim, found in gaps.groupby("comparison", sort=False):
        disagree = found["low"].max() > 0 > found["high"].min()
        intervals = {
            row.panel: "no image"
            if np.isnan(row.low)
            else f"{row.low:z.2f} to {row.high:z.2f}"
            for row in found.itertuples()
        }
        rows.append(
            {
                "claim": claim,
                "images": images,
                **intervals,
                "measures": "disagree" if disagree else "agree",
                "verdict": combine(
                    direction(row.low, row.high, claimed=1)
                    for row in found.itertuples()
                ).value,
            }
        )
    return pd.DataFrame(rows)


def compare_orders(
    relevant: np.ndarray,
    randomly: np.ndarray,
    shares: Sequence[float],
    confidence: float = 0.95,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Curves of pixel flipping in two orders, and how far apart they are.

    Both have the shape (seeds, n, shares). The mean distance of the two curves of each
    seed and image is positive where the heatmap is better than chance.
    """
    rows = [
        (order, share, values.mean(), *crossed_interval(values, confidence))
        for order, curves in (("most relevant first", relevant), ("random", randomly))
        for share, values in zip(shares, np.moveaxis(curves, -1, 0), strict=True)
    ]
    distance = np.trapezoid(randomly - relevant, shares, axis=-1)
    columns = ["order", "share", "mean", "low", "high"]
    return pd.DataFrame(rows, columns=columns), distance / (shares[-1] - shares[0])


def faithfulness(
    distances: Mapping[str, np.ndarray], confidence: float = 0.95
) -> pd.DataFrame:
    """Return by network whether heatmaps are more faithful than a random order."""
    rows = []
    for network, area in distances.items():
        low, high = crossed_interval(area, confidence)
        rows.append(
            (network, area.mean(), low, high, direction(low, high, claimed=1).value)
        )
    return pd.DataFrame(rows, columns=["network", "area", "from", "to", "verdict"])


def conservation_table(
    ratios: Mapping[tuple[str, str], np.ndarray],
) -> pd.DataFrame:
    """Return median and deciles of the sum of a heatmap over the logit."""
    rows = [
        (*key, *np.quantile(values, [0.5, 0.1, 0.9])) for key, values in ratios.items()
    ]
    return pd.DataFrame(rows, columns=["network", "rule", "median", "10 %", "90 %"])


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return numerator / denominator
