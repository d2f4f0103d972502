"""Loading of data sets by name."""

import pkgutil
import zipfile

from aconv.companion.datasets.dataset import Dataset
from aconv.companion.datasets.download import DownloadError, place
from aconv.companion.datasets.registry import DataFile, SetInfo, alternatives, info


def load(name: str, seed: int = 0) -> Dataset:
    """Load a data set by the seed of its split or generator, downloaded if need be."""
    facts = info(name)
    # scikit-learn and scikit-image take seconds to import: only who asks, waits.
    loader = pkgutil.resolve_name(facts.loader)
    try:
        return loader(facts, seed)
    except DownloadError as error:
        raise DownloadError(f"{error}{_other_files(facts)}") from error


def is_cached(name: str) -> bool:
    """Return whether a data set can be loaded without a network, judged by lengths."""
    facts = info(name)
    return (
        facts.kind == "embedded"
        or (facts.prepared is not None and zipfile.is_zipfile(place(facts.prepared)))
        or any(all(map(_is_present, group)) for group in facts.sources)
        or (facts.made_from is not None and is_cached(facts.made_from))
    )


def _is_present(file: DataFile) -> bool:
    path = place(file.path)
    return path.is_file() and path.stat().st_size == file.size


def _other_files(facts: SetInfo) -> str:
    """What else could be put into the data folder, as a further line of a message."""
    groups = alternatives(facts)
    if len(groups) < 2:
        return ""
    lines = (
        f"  {', '.join(file.path for file in group)}"
        f"{'' if all(file.urls for file in group) else ' (not to be downloaded)'}"
        for group in groups
    )
    return f"\nFor {facts.name} any one of these lines will do:\n" + "\n".join(lines)
