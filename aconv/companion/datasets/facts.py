"""What is known of a data set before it is loaded, and words that sets share."""

import dataclasses

from aconv.companion.datasets.dataset import Kind, Task

DIGIT_NAMES = tuple(str(digit) for digit in range(10))
LFW_CITATION = (
    "G. B. Huang, M. Ramesh, T. Berg, E. Learned-Miller, Labeled Faces in the Wild: "
    "A Database for Studying Face Recognition in Unconstrained Environments, "
    "Technical Report 07-49, University of Massachusetts, Amherst, 2007"
)
LFW_LICENCE = "none stated; published for research, news photographs"
SIMPLE_AND_RESNET = ("4.2", "4.3")


@dataclasses.dataclass(frozen=True)
class DataFile:
    """A file that a data set is read from.

    Attributes:
        path: Place inside the data folder, with ``/`` between the parts.
        checksum: ``"sha256:..."`` or ``"md5:..."`` of the file.
        size: Length in bytes.
        urls: Addresses that serve the file, tried in this order. Empty for a file that
            only a person can put in place.
    """

    path: str
    checksum: str
    size: int
    urls: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class SetInfo:
    """What is known of a data set before it is loaded.

    Attributes:
        name: Name by which ``datasets.load`` knows the set.
        title: Name for people.
        kind: As in ``datasets.Dataset``.
        task: As in ``datasets.Dataset``.
        train: Number of training images.
        test: Number of test images.
        image_shape: Height, width, channels.
        class_names: Names of the classes; empty where the data itself names them.
        unnamed_classes: How many classes those are that the data itself names.
        licence: Licence, as far as the authors state one.
        citation: What to cite.
        homepage: Where the authors publish or describe the set.
        note: What a user must know: provenance, and differences from the paper's data.
        sections: Sections of the paper whose runs use it. An embedded set has those
            of the sets that it stands for in runs of ``demo``.
        loader: Function that makes the arrays, as ``"module:function"``. It takes this
            ``SetInfo`` and a seed and returns ``Parts``. A name and not the function,
            so that scikit-image is imported for the sets that need it only.
        seeded: Whether the split or the generation depends on a seed.
        split_anew: Whether each run splits the images anew, by its own seed, as the
            authors' code does with faces. Other sets are made once for all runs.
        sources: Alternative groups of files: the first one whose files are all in the
            data folder is used; if none is, the first one that has addresses is
            downloaded.
        prepared: Place inside the data folder of what is made from the archives once.
        made_from: Name of the set whose images this one is made of, if any.
        stands_for: Names of the paper's sets that an embedded set stands for.
    """

    name: str
    title: str
    kind: Kind
    task: Task
    train: int
    test: int
    image_shape: tuple[int, int, int]
    class_names: tuple[str, ...]
    licence: str
    citation: str
    homepage: str
    note: str
    sections: tuple[str, ...]
    loader: str
    unnamed_classes: int = 0
    seeded: bool = False
    split_anew: bool = False
    sources: tuple[tuple[DataFile, ...], ...] = ()
    prepared: str | None = None
    made_from: str | None = None
    stands_for: tuple[str, ...] = ()

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.class_names) or self.unnamed_classes
