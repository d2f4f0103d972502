"""Durations of runs on a processor, estimated from runs that were done on one."""

import collections
import math
import statistics
from collections.abc import Iterable

import attrs

from aconv.companion.datasets import info, names
from aconv.companion.runs.record import RunRecord
from aconv.companion.studies.catalog import STUDIES, get_study
from aconv.companion.studies.spec import RunSpec
from aconv.companion.training.settings import ENVELOPE, Settings


class Estimate:
    """How long runs on a processor take, from past ones that went well.

    The median of the past runs that are alike but for kind and seed; where there are
    none, in proportion to ``relative_cost``: an order of magnitude.
    """

    def __init__(self, records: Iterable[RunRecord]) -> None:
        self._seconds = collections.defaultdict(list)
        self._rates = collections.defaultdict(list)
        known = frozenset(names())
        for record in records:
            spec = record.spec
            is_known = spec.study in STUDIES and spec.dataset in known
            if is_known and record.status == "done" and record.on_processor:
                self.add(spec, record.seconds)

    def add(self, spec: RunSpec, seconds: float) -> None:
        """Add a run that took ``seconds``."""
        self._seconds[_alike(spec)].append(seconds)
        self._rates[spec.study].append(seconds / relative_cost(spec))

    def by_equals(self, spec: RunSpec) -> float:
        """Return the median of runs that differ in kind and seed at most, or NaN."""
        return statistics.median(self._seconds.get(_alike(spec), (math.nan,)))

    def seconds(self, spec: RunSpec) -> float:
        """Return the seconds that a run takes, NaN if no run of its study is past."""
        rate = statistics.median(self._rates.get(spec.study, (math.nan,)))
        known = self.by_equals(spec)
        return rate * relative_cost(spec) if math.isnan(known) else known


def relative_cost(spec: RunSpec) -> float:
    """Return what a run's duration is roughly in proportion to, within its study.

    Pixels that it trains on, one that is scored counted as a third; times the residual
    blocks per level; times ``n + 2`` for kernels of size ``n`` (on a CPU a step of the
    simple network takes 1 : 1.4 : 1.8 : 2.3 at 3, 5, 7, 9), except for the U-Net.
    """
    facts, settings = info(spec.dataset), spec.settings
    height, width, _ = facts.image_shape
    train, test = settings.images(facts.train, facts.test)
    kernels = spec.kernel_size + 2 if get_study(spec.study).all_exchanged else 1
    images = settings.epochs * (train + test / 3)
    return float(height * width * images * (settings.residual_blocks or 1) * kernels)


# What changes the results of a run and not its duration.
_WITHOUT_TIME = (
    *(*ENVELOPE, "all_layers"),
    *("kernel_initializer", "use_bias", "learning_rate", "rate_factor"),
)
_TIMED = tuple(f.name for f in attrs.fields(Settings) if f.name not in _WITHOUT_TIME)


def _alike(spec: RunSpec) -> tuple:
    """What decides on a run's duration: all but the seed and small things."""
    timed = tuple(getattr(spec.settings, name) for name in _TIMED)
    return spec.study, spec.dataset, spec.kernel_size, timed
