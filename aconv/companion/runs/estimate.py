"""How long runs take on a processor, from runs that were done on one."""

import statistics
from collections.abc import Iterable

import attrs

from aconv.companion.datasets import info, names
from aconv.companion.runs.record import RunRecord
from aconv.companion.studies.catalog import STUDIES, get_study
from aconv.companion.studies.spec import RunSpec
from aconv.companion.training.settings import ENVELOPE, Settings


class Estimate:
    """How long runs take.

    A run takes the median of the past runs that differ from it in the kind of kernels
    and the seed at most. Where there are none, it takes as long for its work (``work``)
    as the past runs of its study took for theirs (the median): an order of magnitude.

    Args:
        records: Past runs; failed ones do not count, nor those of an accelerator, which
            say nothing of how long a processor takes, nor those of studies and data
            sets that are not known here, as of another version.
    """

    def __init__(self, records: Iterable[RunRecord]) -> None:
        self._seconds: dict[tuple, list[float]] = {}
        self._rates: dict[str, list[float]] = {}
        for record in records:
            known = record.spec.study in STUDIES and record.spec.dataset in names()
            if known and record.status == "done" and record.provenance.on_processor:
                self.add(record.spec, record.seconds)

    def add(self, spec: RunSpec, seconds: float) -> None:
        """Adds a run that took ``seconds``."""
        self._seconds.setdefault(_alike(spec), []).append(seconds)
        self._rates.setdefault(spec.study, []).append(seconds / work(spec))

    def by_equals(self, spec: RunSpec) -> float | None:
        """Returns the seconds that runs took that differ in kind and seed at most.

        Args:
            spec: The run.

        Returns:
            Their median, None if no such run is past.
        """
        known = self._seconds.get(_alike(spec))
        return statistics.median(known) if known else None

    def seconds(self, spec: RunSpec) -> float | None:
        """Returns the seconds that a run takes, None if no run of its study is past."""
        known = self.by_equals(spec)
        if known is not None:
            return known
        rates = self._rates.get(spec.study)
        return statistics.median(rates) * work(spec) if rates else None


def work(spec: RunSpec) -> float:
    """Returns what a run's duration is roughly in proportion to, within its study.

    Args:
        spec: The run.

    Returns:
        Pixels that it trains on over all epochs, one that is scored counted as a third;
        times the residual blocks per level; times ``n + 2`` for kernels of size ``n``
        (on a CPU a step of the simple network takes 1 : 1.4 : 1.8 : 2.3 at 3, 5, 7, 9),
        except for the U-Net, in which one layer of many has them.
    """
    facts, settings = info(spec.dataset), spec.settings
    height, width, _ = facts.image_shape
    train, test = settings.images(facts.train, facts.test)
    kernels = spec.kernel_size + 2 if get_study(spec.study).all_exchanged else 1
    images = settings.epochs * (train + test / 3)
    return float(height * width * images * (settings.residual_blocks or 1) * kernels)


# What changes the results of a run and not its duration.
_WITHOUT_TIME = (
    *ENVELOPE,
    "kernel_initializer",
    "use_bias",
    "learning_rate",
    "rate_factor",
)
_PLAIN = Settings(network="simple", epochs=1, batch_size=1, learning_rate=1)


def _alike(spec: RunSpec) -> tuple:
    """What decides on a run's duration: all but the seed and small things."""
    plain = {name: getattr(_PLAIN, name) for name in _WITHOUT_TIME}
    settings = attrs.evolve(spec.settings, all_layers=False, **plain)
    return spec.study, spec.dataset, spec.kernel_size, settings
