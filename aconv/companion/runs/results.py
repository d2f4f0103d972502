"""The runs of a chapter: those that it does live, and those recorded before."""

import itertools
import tempfile
import weakref
from collections.abc import Iterable, Sequence

from tqdm import tqdm

from aconv.companion.choices import one_of
from aconv.companion.runs.record import RunRecord
from aconv.companion.runs.store import RunStore
from aconv.companion.runs.sweeps import sweep
from aconv.companion.studies.arms import COMPARED
from aconv.companion.studies.catalog import (
    ALL_SEEDS,
    DEFAULT_VERSION,
    SEEDS,
    check_version,
    get_study,
    grid,
)
from aconv.companion.studies.profiles import PROFILES
from aconv.companion.studies.spec import RunSpec


def store_for(profile: str) -> RunStore:
    """Return the project's store; for ``demo``, done live, one that is deleted."""
    one_of("profile", profile, PROFILES)
    if profile != "demo":
        return RunStore()
    folder = tempfile.TemporaryDirectory(prefix="aconv-")
    store = RunStore(folder.name)
    weakref.finalize(store, folder.cleanup)
    return store


def run_missing(specs: Sequence[RunSpec], store: RunStore) -> list[RunRecord]:
    """Return the records of runs, in order; those that are missing are done first."""
    # Silent where nobody watches, as in a page.
    with tqdm(total=len(specs), unit="run", disable=None) as bar:
        sweep(specs, store, on_outcome=lambda *_: bar.update())
    records = []
    for spec in specs:
        record = store.get(spec)
        if record is None or record.status == "partial":
            raise RuntimeError(
                f"{spec} is not done: another process is at it, or a warning says why."
            )
        if record.status == "failed":
            raise RuntimeError(f"{spec} failed: {record.error}")
        records.append(record)
    return records


def by_run(records: Iterable[RunRecord]) -> dict[RunSpec, RunRecord]:
    """Find records by the run that they are of, with direct convolutions.

    Of two records, which differ in rounding, the one that is done is found, else that
    of more epochs; of two alike the direct one.
    """

    def rank(record: RunRecord) -> tuple[bool, int, bool]:
        is_direct = record.spec.settings.method == "direct"
        return record.status == "done", record.epochs, is_direct

    return {record.spec.directly(): record for record in sorted(records, key=rank)}


def load_comparable_runs(
    study: str,
    store: RunStore | None = None,
    *,
    version: str = DEFAULT_VERSION,
    arms: Iterable[str] = COMPARED,
    profile: str | None = None,
    together: bool = False,
) -> list[RunRecord]:
    """Return what was recorded of a study on real data and can be shown together.

    Runs of one ``comparison_key`` have equally many epochs, and the seeds of ``SEEDS``,
    or of ``ALL_SEEDS`` where both kinds of kernels have all of these. Of ``full``,
    where no two runs of each kind are complete, they are cut to the epochs that they
    have in common. Without a ``profile`` it is the largest that has two runs of each
    kind. ``together`` has all ``arms``, and not only the paper's two, decide on that.
    """
    check_version(study, version)
    if profile is not None:
        one_of("profile", profile, PROFILES[1:])
    arms = tuple(arms)
    by_spec = by_run((store or RunStore()).records(study))
    found: dict[tuple, list[RunRecord]] = {}
    for name in PROFILES[1:] if profile is None else (profile,):
        cells: dict[tuple, list[RunRecord]] = {}
        options = {"arms": (*COMPARED, *arms), "seeds": ALL_SEEDS}
        for spec in grid(study, name, version, **options):
            if spec in by_spec:
                cells.setdefault(comparison_key(spec), []).append(by_spec[spec])
        for of_cell, records in cells.items():
            shown = _comparable(records, arms if together else COMPARED)
            # A later profile is larger; it takes the place of a smaller one where it
            # has something to compare.
            if of_cell not in found or _can_be_compared(shown):
                found[of_cell] = shown
    shown = itertools.chain(*found.values())
    return [record for record in shown if record.spec.arm in arms]


def comparison_key(spec: RunSpec) -> tuple[str, int | None]:
    """Return what runs shown together have in common: set and, but for U-Nets, size."""
    exchanged = get_study(spec.study).all_exchanged
    return spec.dataset, spec.kernel_size if exchanged else None


def _networks(
    records: Iterable[RunRecord], arms: Iterable[str] = COMPARED
) -> dict[tuple, list[RunRecord]]:
    """The runs of each network of some arms, by arm and kernel size."""
    networks: dict[tuple, list[RunRecord]] = {}
    for record in records:
        if record.spec.arm in arms:
            networks.setdefault(record.spec.kernels, []).append(record)
    return networks


def _comparable(records: list[RunRecord], arms: Iterable[str]) -> list[RunRecord]:
    """Runs of one cell and profile that can be shown together, by those of ``arms``."""
    done = [record for record in records if record.status == "done"]
    # Not those that failed, which may have epochs, too.
    begun = [record for record in records if record.status == "partial"]
    spec = records[0].spec
    # The rate of one cycle depends on the number of epochs from the first one on.
    may_be_cut = spec.profile == "full" and spec.settings.schedule != "one-cycle"
    complete, networks = (
        {name: of for name, of in _networks(some, arms).items() if len(of) > 1}
        for some in (done, [*done, *begun])
    )
    is_whole = networks.keys() - _networks(records).keys() <= complete.keys()
    if (_can_be_compared(done) and is_whole) or not (begun and may_be_cut and networks):
        return _with_common_seeds(done)
    # As far as all first seeds are, or as many as there are.
    epochs = min(
        sorted((record.epochs for record in of_network), reverse=True)[: len(SEEDS)][-1]
        for of_network in networks.values()
    )
    far = [record for record in [*done, *begun] if record.epochs >= epochs]
    return _with_common_seeds([record.first(epochs) for record in far])


def _can_be_compared(records: Iterable[RunRecord]) -> bool:
    """Whether two of the networks that the paper compares have two runs."""
    return sum(len(of) > 1 for of in _networks(records).values()) > 1


def _with_common_seeds(records: list[RunRecord]) -> list[RunRecord]:
    """Those of all ten seeds if both kinds have them, else those of the first five."""
    networks = _networks(records)
    seeds = SEEDS
    if len(networks) > 1 and all(len(of) == len(ALL_SEEDS) for of in networks.values()):
        seeds = ALL_SEEDS
    return [record for record in records if record.spec.seed in seeds]
