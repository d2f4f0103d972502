"""What tests of figures share: no window, and nothing left open."""

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt

mpl.use("agg")


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")
