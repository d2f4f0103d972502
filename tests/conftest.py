"""What the tests share: a seeded start."""

import keras
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def seeded():
    """Every test starts from the same random state."""
    keras.utils.set_random_seed(31)


@pytest.fixture
def rng():
    return np.random.default_rng(31)
