"""Deep Taylor heatmaps of iNNvestigate, by way of the twin, are those of zennit."""

import keras
import numpy as np
import pytest
from perturbing import perturbed
from small_settings import small_network

import aconv
from aconv.companion.measures import relevance

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("zennit", reason="zennit is not installed")
# It needs both of them.
torch_networks = pytest.importorskip("torch_networks")

RANGE = (-0.3, 0.7)


def explained(network, side):
    """A folded network, images, and their deep Taylor heatmaps."""
    model = perturbed(small_network(network, (side, 8, 3), 4, kernel_size=5))
    # Only a positive logit has deep Taylor relevance.
    model.layers[-1].bias.assign_add(keras.ops.full((4,), 20.0))
    model = aconv.fold(model, batch_normalization=True)
    shape = (5, side, 8, 3)
    images = np.random.default_rng(1).uniform(*RANGE, shape).astype("float32")
    return model, images, relevance.explain(model, images, input_range=RANGE)


def by_zennit(model, images, found, sums_as_convolutions):
    network = torch_networks.FoldedNetwork(model, sums_as_convolutions)
    logits = network(torch.tensor(images)).detach().numpy()
    np.testing.assert_allclose(
        logits[np.arange(len(images)), found.classes], found.logits, rtol=1e-4
    )
    return torch_networks.deep_taylor(network, images, found.classes, *RANGE)


@pytest.mark.parametrize("network", ["simple", "resnet"])
@pytest.mark.parametrize("side", [8, 9])
def test_both_agree_where_sums_and_means_are_convolutions(network, side):
    model, images, found = explained(network, side)
    expected = by_zennit(model, images, found, sums_as_convolutions=True)
    largest = np.abs(expected).max()
    np.testing.assert_allclose(found.relevance, expected, atol=1e-5 * largest)
    np.testing.assert_allclose(found.conservation, 1, rtol=1e-4)


def test_rule_of_zennit_for_sums_counts_negative_summands_too():
    # z+ shares relevance among positive summands only, so relevance is not negative.
    model, images, found = explained("resnet", 9)
    other = by_zennit(model, images, found, sums_as_convolutions=False)
    difference = np.abs(found.relevance - other).sum() / np.abs(other).sum()
    assert 1e-3 < difference < 0.2
    np.testing.assert_allclose(other.sum((1, 2)), found.logits, rtol=1e-4)
