"""The length of runs compared with those of full length."""

import math
from collections.abc import Callable

from aconv.companion.datasets import info
from aconv.companion.runs.record import RunRecord
from aconv.companion.studies.catalog import get_study, make_spec
from aconv.companion.studies.spec import RunSpec
from aconv.companion.training.settings import Settings


def updates(settings: Settings, dataset: str) -> int:
    """Count the updates of a run."""
    batches = math.ceil(train_images(settings, dataset) / settings.batch_size)
    return settings.epochs * batches


def images(settings: Settings, dataset: str) -> int:
    """Count the training images of a run, each as often as it is seen."""
    return settings.epochs * train_images(settings, dataset)


def train_images(settings: Settings, dataset: str) -> int:
    """Count the images that a run is trained on."""
    facts = info(dataset)
    return settings.images(facts.train, facts.test)[0]


def share_of_paper(
    spec: RunSpec, count: Callable[[Settings, str], int] = updates
) -> float:
    """Compare the length of a run with that of its version at full length."""
    original = get_study(spec.study).original(spec.dataset)
    # Of the arm that the version has itself: a departure does not change the length.
    arm = spec.kind, spec.kernel_size, spec.seed
    whole = make_spec(spec.study, original, *arm, "full", spec.version)
    share = count(spec.settings, spec.dataset) / count(whole.settings, original)
    return min(1.0, share)


def share_done(record: RunRecord) -> float:
    """Compare what is done of a run with the length of the paper's."""
    share = share_of_paper(record.spec)
    if record.status == "partial":
        share *= record.epochs / record.spec.settings.epochs
    return share


def percent(share: float) -> str:
    """Return a share of the paper's updates in percent, two digits of it."""
    return f"{100 * share:.2g}" if share < 0.995 else "100"
