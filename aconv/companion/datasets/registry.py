"""Every data set by name.

The facts are in the entries and nowhere else: a set is added by one entry, in
``published_facts`` or ``embedded_facts``, and its loader.
"""

from aconv.companion.datasets import embedded_facts, published_facts
from aconv.companion.datasets.facts import SetInfo

SETS: dict[str, SetInfo] = {
    facts.name: facts for facts in (*published_facts.SETS, *embedded_facts.SETS)
}


def names() -> tuple[str, ...]:
    """Returns the names of all data sets, the paper's first.

    Example:
        >>> names()[:3]
        ('mnist', 'mnist_cluttered', 'cifar10')
    """
    return tuple(SETS)


def info(name: str) -> SetInfo:
    """Returns what is known of a data set before it is loaded.

    Args:
        name: One of ``names()``.

    Returns:
        Its ``SetInfo``.

    Raises:
        ValueError: If no set has that name.

    Example:
        >>> info("cifar10").image_shape
        (32, 32, 3)
    """
    if name not in SETS:
        raise ValueError(f"`name` must be one of {', '.join(SETS)}. Received: {name!r}")
    return SETS[name]


def stand_in(name: str) -> str:
    """Returns the embedded set that stands for one of the paper's sets.

    Args:
        name: One of ``names()``. An embedded set stands for itself.

    Returns:
        Name of an embedded set.

    Raises:
        ValueError: If no set has that name.

    Example:
        >>> stand_in("cifar10")
        'photo_patches'
    """
    wanted = info(name)
    if wanted.kind == "embedded":
        return name
    if wanted.kind == "subset":
        name = wanted.made_from
    return next(other.name for other in SETS.values() if name in other.stands_for)
