"""From a name to a ``Dataset``."""

import operator
import pkgutil
import zipfile

from aconv.companion.datasets.dataset import Dataset
from aconv.companion.datasets.download import is_present, place
from aconv.companion.datasets.errors import DownloadError
from aconv.companion.datasets.facts import DataFile, SetInfo
from aconv.companion.datasets.registry import info

VALUE_RANGE = (0, 255)


def load(name: str, seed: int = 0) -> Dataset:
    """Loads a data set, downloading its files where they are not in the data folder.

    Args:
        name: One of ``datasets.names()``.
        seed: Non-negative seed, below 2**32, of what is random in a set that is
            ``seeded``: its split, or the places of its parts. The other sets are the
            same for every seed. The same seed gives the same arrays.

    Returns:
        The ``Dataset``.

    Raises:
        ValueError: If no set has that name, or the seed is out of range.
        CorruptFileError: If a file in the data folder is not what it must be.
        DownloadError: If a file is not in the folder and cannot be downloaded.

    Example:
        >>> load("coins_trimap").y_train.shape
        (192, 64, 64)
    """
    facts = info(name)
    try:
        checked = operator.index(seed)
    except TypeError:
        checked = -1
    if not 0 <= checked < 2**32:
        raise ValueError(
            f"`seed` must be an integer from 0 to 2**32 - 1. Received: {seed!r}"
        )
    try:
        # scikit-learn and scikit-image take seconds to import: only who asks, waits.
        parts = pkgutil.resolve_name(facts.loader)(facts, checked)
    except DownloadError as error:
        raise DownloadError(f"{error}{_other_files(facts)}") from error
    return Dataset(
        name=name,
        kind=parts.kind or facts.kind,
        task=facts.task,
        x_train=parts.x_train,
        y_train=parts.y_train,
        x_test=parts.x_test,
        y_test=parts.y_test,
        value_range=VALUE_RANGE,
        class_names=facts.class_names or parts.class_names,
        split=parts.split,
        seed=checked if facts.seeded else None,
        source=parts.source,
        licence=facts.licence,
        citation=facts.citation,
    )


def is_cached(name: str) -> bool:
    """Tells whether a data set can be loaded without a network.

    Downloaded files are judged by their length only, and a prepared one by the end of
    the archive that it is; checksums are verified by ``load``.

    Args:
        name: One of ``datasets.names()``.

    Returns:
        Whether all files that the set needs are in the data folder.

    Raises:
        ValueError: If no set has that name.

    Example:
        >>> is_cached("digits")
        True
    """
    facts = info(name)
    if facts.kind == "embedded":
        return True
    if facts.prepared is not None and zipfile.is_zipfile(place(facts.prepared)):
        return True
    if any(all(is_present(file) for file in group) for group in facts.sources):
        return True
    return facts.made_from is not None and is_cached(facts.made_from)


def _other_files(facts: SetInfo) -> str:
    """What else could be put into the data folder, as a further line of a message."""
    groups = _alternatives(facts)
    if len(groups) < 2:
        return ""
    lines = (
        f"  {', '.join(file.path for file in group)}"
        f"{'' if all(file.urls for file in group) else ' (not to be downloaded)'}"
        for group in groups
    )
    return f"\nFor {facts.name} any one of these lines will do:\n" + "\n".join(lines)


def _alternatives(facts: SetInfo) -> tuple[tuple[DataFile, ...], ...]:
    of_origin = _alternatives(info(facts.made_from)) if facts.made_from else ()
    return (*facts.sources, *of_origin)
