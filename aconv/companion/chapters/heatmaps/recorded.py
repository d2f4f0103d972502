"""Heatmaps of recorded networks for the sample images of the repository."""

import dataclasses
from collections.abc import Mapping, Sequence

import keras

from aconv.companion import datasets, paper, runs
from aconv.companion.datasets import samples
from aconv.companion.measures import relevance
from aconv.companion.runs.rebuilding import rebuild
from aconv.companion.training import preprocessing
from aconv.companion.training.settings import Settings
from aconv.layers.fold import fold

# Records keep the weights of the first seed alone.
SEEDS = 1


def printed_arms() -> dict[str, tuple[str, int]]:
    """Return kind and kernel size of the networks of Figure 6 f, by their labels."""
    arms = {}
    for entry in ("ordinary.small", "ordinary.large", "adaptive"):
        kind = entry.partition(".")[0]
        size = paper.number(f"resnet.heatmaps.{entry}.kernel_size").value
        word = "ACONV" if kind == "adaptive" else "CONV"
        arms[f"{word} {size}×{size}"] = (kind, size)
    return arms


@dataclasses.dataclass(frozen=True, eq=False)
class RecordedMaps:
    """What recorded networks make of the sample of one data set, of training images."""

    sample: samples.Sample
    maps: dict[str, relevance.Explanation]  # empty if no profile has all networks
    profile: str  # and seed, for people


def recorded_maps(
    name: str, arms: Mapping[str, tuple[str, int]], store: runs.RunStore
) -> RecordedMaps:
    """Compute deep Taylor heatmaps by the recorded ResNets of a data set.

    The images are scaled by the statistics of all training pixels; the runs took those
    of the training images that they were given.
    """
    sample = samples.read(name)
    # Networks of two profiles differ in more than their kernels.
    for profile in reversed(runs.PROFILES[1:]):  # of the first, none is recorded
        models, seed, settings = _recorded_models(name, arms, store, profile)
        if len(models) == len(arms):
            break
    else:
        return RecordedMaps(sample, {}, "no recorded networks yet")
    inputs, limits = preprocessing.prepare_sample(
        settings, sample.x, sample.mean, sample.deviation
    )
    maps = {
        label: relevance.explain(models[label], inputs, input_range=limits)
        for label in arms
    }
    return RecordedMaps(sample, maps, f"profile {profile}, seed {seed}")


def _recorded_models(
    name: str,
    arms: Mapping[str, tuple[str, int]],
    store: runs.RunStore,
    profile: str,
) -> tuple[dict[str, keras.Model], int | None, Settings | None]:
    """The folded networks of a profile that keep their weights, seed, and settings."""
    labels = {arm: label for label, arm in arms.items()}
    models, seed, settings = {}, None, None
    for record in runs.load_comparable_runs("resnet", store, profile=profile):
        spec = record.spec
        weights = store.weights(record)
        if spec.dataset == name and spec.kernels in labels and weights:
            model = rebuild(spec, weights, datasets.info(name).image_shape)
            models[labels[spec.kernels]] = fold(model, batch_normalization=True)
            seed, settings = spec.seed, spec.settings
    return models, seed, settings


def shown(
    maps: Mapping[str, relevance.Explanation], truth: Sequence[int], count: int = 8
) -> list[int]:
    """Choose images to show: two that some network gets wrong, then the first."""
    failed = [
        any(found.classes[index] != label for found in maps.values())
        for index, label in enumerate(truth)
    ]
    order = sorted(range(len(truth)), key=lambda index: not failed[index])
    wrong = order[: sum(failed)]
    return [*wrong[:2], *order[sum(failed) :], *wrong[2:]][:count]
