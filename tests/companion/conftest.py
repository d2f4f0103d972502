"""What tests share: made-up runs of both kinds, and figures without a window."""

import matplotlib as mpl
import pytest
from curves import make_curves, make_runs
from matplotlib import pyplot as plt

from aconv.companion.runs import RunStore

mpl.use("agg")


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path)


@pytest.fixture
def curves():
    """Learning curves of both kinds of kernels, at two sizes."""
    return make_curves()


@pytest.fixture
def runs(curves):
    """The runs that ended these curves."""
    return make_runs(curves)
