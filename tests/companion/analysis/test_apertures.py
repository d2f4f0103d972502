"""Movement of apertures and sizes of kernels, against NumPy and the layer."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from aconv.companion.analysis import apertures
from aconv.layers.envelope import effective_size, envelope


def path(values, layer="conv_1", seed=31, size=5):
    """A table of aperture paths; values of shape (points, filters)."""
    rows = [
        (number, 2 * point, aperture)
        for point, row in enumerate(values)
        for number, aperture in enumerate(row)
    ]
    table = pd.DataFrame(rows, columns=["filter", "epochs", "aperture"])
    return table.assign(dataset="digits", kernel_size=size, layer=layer, seed=seed)


def test_ends_of_each_path_have_the_sizes_of_their_envelopes():
    table = apertures.first_and_last(path([[0.3, 0.4], [9, 9], [0.5, 0.25]])[::-1])
    assert table["filter"].tolist() == [0, 1]
    assert table[["first", "last"]].to_numpy().tolist() == [[0.3, 0.5], [0.4, 0.25]]
    for end in ("first", "last"):
        sizes = apertures.effective_sizes(table[end].to_numpy(), 5)
        np.testing.assert_allclose(table[f"{end}_size"], sizes, rtol=1e-5)


@settings(deadline=None)
@given(
    values=npst.arrays("float32", 3, elements=st.floats(0.0, 50.0, width=32)),
    size=st.integers(2, 31),
)
def test_effective_sizes_are_those_of_the_envelopes_of_layers(values, size):
    expected = effective_size(envelope(values, (size, size)))
    found = apertures.effective_sizes(values, size)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_what_starts_below_the_bound_counts_from_there():
    table = apertures.first_and_last(path([[0.1, 0.5], [0.2, 0.5]]))
    assert table["first"].tolist() == [pytest.approx(1 / 5), 0.5]
    (row,) = apertures.summarise_changes(table).itertuples()
    assert row.moved == pytest.approx(0)
    assert np.isnan(row.moved_std)  # of one run
    assert row.at_bound == 0.5


def test_summary_agrees_with_numpy():
    rng = np.random.default_rng(0)
    first = np.linspace(0.25, 0.5, 8)
    last = {31: rng.uniform(0.25, 0.5, 8), 48: rng.uniform(0.25, 0.5, 8)}
    table = pd.concat([path([first, ends], seed=s) for s, ends in last.items()])
    changes = apertures.first_and_last(table)
    (row,) = apertures.summarise_changes(changes).itertuples()
    moves = [np.abs(ends - first).mean() for ends in last.values()]
    assert row.seeds == 2
    np.testing.assert_allclose(
        [row.moved, row.moved_std], [np.mean(moves), np.std(moves)]
    )
    sizes = [apertures.effective_sizes(ends, 5) for ends in last.values()]
    np.testing.assert_allclose(
        [row.smallest, row.median, row.largest, row.spread],
        [*np.quantile(np.ravel(sizes), [0.1, 0.5, 0.9]), np.std(sizes, axis=1).mean()],
        rtol=1e-5,
    )
    ranks = [np.argsort(np.argsort(ends)) for ends in last.values()]
    expected = np.mean([np.corrcoef(np.arange(8), r)[0, 1] for r in ranks])
    assert row.order == pytest.approx(expected)


def test_equal_apertures_have_no_order():
    table = apertures.first_and_last(path([[0.3, 0.3], [0.3, 0.4]]))
    assert np.isnan(apertures.summarise_changes(table)["order"][0])


def test_layers_come_input_side_first():
    names = ["stem", "level_1_block_2", "level_1_block_10", "level_2_block_1"]
    table = pd.concat([path([[0.3], [0.4]], layer=name) for name in sorted(names)])
    assert apertures.first_and_last(table)["layer"].tolist() == names
