"""How long runs are, beside the paper's."""

import math
from collections.abc import Callable

from aconv.companion.datasets import info
from aconv.companion.runs.record import RunRecord
from aconv.companion.runs.spec import RunSpec, Settings
from aconv.companion.runs.studies import get_study


def updates(settings: Settings, dataset: str) -> int:
    """Counts the updates of a run.

    Args:
        settings: Settings of the run.
        dataset: Name of its data set.

    Returns:
        Updates of all epochs together.
    """
    batches = math.ceil(_train_images(settings, dataset) / settings.recipe.batch_size)
    return settings.recipe.epochs * batches


def images(settings: Settings, dataset: str) -> int:
    """Counts the training images of a run, each as often as it is seen.

    Args:
        settings: Settings of the run.
        dataset: Name of its data set.

    Returns:
        Images of all epochs together.
    """
    return settings.recipe.epochs * _train_images(settings, dataset)


def _train_images(settings: Settings, dataset: str) -> int:
    facts = info(dataset)
    return settings.images(facts.train, facts.test)[0]


def share_of_paper(
    spec: RunSpec, count: Callable[[Settings, str], int] = updates
) -> float:
    """Compares the length of a run with that of the paper's.

    Args:
        spec: The run.
        count: What is compared, ``updates`` or ``images``.

    Returns:
        What it has over what the profile ``paper`` has on the data set of the paper
        that its own is, is a part of, or stands for; at most 1.
    """
    study = get_study(spec.study)
    facts = info(spec.dataset)
    related = (spec.dataset, *facts.stands_for, facts.made_from)
    original = next(name for name in related if name in study.datasets)
    whole = count(study.settings(original, "paper"), original)
    return min(1.0, count(spec.settings, spec.dataset) / whole)


def share_done(record: RunRecord) -> float:
    """Compares what is done of a run with the length of the paper's.

    Args:
        record: Its record.

    Returns:
        As ``share_of_paper``, of the epochs that are done.
    """
    share = share_of_paper(record.spec)
    if record.status == "partial":
        share *= record.epochs / record.spec.settings.recipe.epochs
    return share


def percent(share: float) -> str:
    """Returns a share of the paper's updates in percent, two digits of it.

    Args:
        share: In [0, 1].

    Returns:
        Such as "0.4", "30" and "100".

    Example:
        >>> percent(0.004), percent(0.3), percent(1)
        ('0.4', '30', '100')
    """
    return f"{100 * share:.2g}" if share < 0.995 else "100"
