"""The entries of ``data/datasets.yaml``: facts of each set before it is loaded."""

from pathlib import Path
from typing import Literal, get_args

import attrs

from aconv.companion.choices import one_of
from aconv.companion.files import data_file, read_yaml

Kind = Literal["paper", "regenerated", "subset", "embedded", "other"]
Task = Literal["classification", "segmentation"]


@attrs.frozen(kw_only=True)
class DataFile:
    """A file that a data set is read from, at ``path`` inside the data folder.

    ``checksum`` is ``"sha256:..."`` or ``"md5:..."``, ``size`` is in bytes. Without
    ``urls``, which are tried in order, only a person can put it in place.
    """

    path: str
    checksum: str
    size: int
    urls: tuple[str, ...] = attrs.field(default=(), converter=tuple)


@attrs.frozen(kw_only=True)
class SetInfo:
    """What is known of a data set before it is loaded.

    Attributes:
        kind: ``"paper"`` (the paper's data), ``"regenerated"`` (made anew by the
            published procedure, or from another copy of the same photographs),
            ``"subset"`` (a part of the paper's set), ``"embedded"`` (a stand-in that
            needs no download) or ``"other"`` (data that the paper does not use).
        class_names: Empty where the data itself names its ``unnamed_classes``.
        sections: Sections of the paper whose runs use it, or a set it stands for.
        loader: ``"module:function"`` of this ``SetInfo`` and a seed that returns a
            ``Dataset``: a name, so that scikit-image is imported for who needs it.
        resplit_per_seed: Whether each run splits the images anew, by its own seed, as
            the authors' code does with faces. Other sets are made once for all runs.
        sources: Alternative groups of files: the first one that is in the data folder
            is used; if none is, the first one that has addresses is downloaded.
        prepared: Place inside the data folder of what is made from the archives once.
    """

    name: str
    title: str
    kind: Kind = attrs.field(validator=attrs.validators.in_(get_args(Kind)))
    task: Task = attrs.field(validator=attrs.validators.in_(get_args(Task)))
    train: int
    test: int
    image_shape: tuple[int, int, int] = attrs.field(converter=tuple)
    class_names: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    unnamed_classes: int = 0
    licence: str
    citation: str
    homepage: str
    note: str
    sections: tuple[str, ...] = attrs.field(converter=tuple)
    loader: str
    resplit_per_seed: bool = False
    sources: tuple[tuple[DataFile, ...], ...] = ()
    prepared: str | None = None
    made_from: str | None = None
    stands_for: tuple[str, ...] = attrs.field(default=(), converter=tuple)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.class_names) or self.unnamed_classes


def read_sets(path: Path) -> dict[str, SetInfo]:
    """Return the sets of a file in the form of ``data/datasets.yaml`` by name."""
    sets = {}
    for entry in read_yaml(path):
        sources = tuple(
            tuple(DataFile(**file) for file in group)
            for group in entry.get("sources", ())
        )
        sets[entry["name"]] = SetInfo(**entry | {"sources": sources})
    return sets


SETS = read_sets(data_file("datasets.yaml"))


def names() -> tuple[str, ...]:
    """Return the names of all data sets, the paper's first."""
    return tuple(SETS)


def info(name: str) -> SetInfo:
    """Return what is known of a data set before it is loaded."""
    one_of("name", name, SETS)
    return SETS[name]


def stand_in(name: str) -> str:
    """Return the embedded set that stands for a set; an embedded one is its own."""
    wanted = info(name)
    if wanted.kind == "embedded":
        return name
    if wanted.kind == "subset":
        name = wanted.made_from
    found = [other.name for other in SETS.values() if name in other.stands_for]
    if not found:
        raise ValueError(f"No embedded set stands for {name!r}")
    return found[0]


def alternatives(facts: SetInfo) -> tuple[tuple[DataFile, ...], ...]:
    """Return the groups of files of which any one is enough for a set."""
    of_origin = alternatives(info(facts.made_from)) if facts.made_from else ()
    return (*facts.sources, *of_origin)
