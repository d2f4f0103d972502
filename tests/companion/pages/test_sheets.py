"""The sheets of sample images."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from aconv.companion.pages import figures


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def shown(fig):
    return [ax.images[0] for ax in fig.axes if ax.images]


@pytest.mark.parametrize(("count", "panels"), [(3, 4), (8, 8), (9, 12)])
def test_every_image_is_on_its_sheet_with_its_label(count, panels):
    images = np.random.default_rng(0).integers(256, size=(count, 5, 4, 1))
    labels = [f"class {i}" for i in range(count)]
    fig = figures.image_sheet(images.astype("uint8"), labels, columns=4)
    assert len(fig.axes) == panels
    assert [ax.get_title() for ax in fig.axes if ax.images] == labels
    for image, drawn in zip(images, shown(fig), strict=True):
        np.testing.assert_array_equal(drawn.get_array(), image[..., 0])
        assert drawn.get_clim() == (0, 255)


def test_a_long_label_is_cut():
    fig = figures.image_sheet(np.zeros((1, 4, 4, 3), "uint8"), ["a name without end"])
    assert fig.axes[0].get_title() == "a name withou…"


def test_every_trimap_is_to_the_right_of_its_image():
    images = np.random.default_rng(0).integers(256, size=(3, 5, 4, 3)).astype("uint8")
    trimaps = np.arange(60).reshape(3, 5, 4) % 3
    drawn = shown(figures.trimap_sheet(images, trimaps, columns=4))
    for i in range(3):
        np.testing.assert_array_equal(drawn[2 * i].get_array(), images[i])
        np.testing.assert_array_equal(drawn[2 * i + 1].get_array(), trimaps[i])
        assert drawn[2 * i + 1].get_clim() == (0, 2)


def test_heatmaps_share_one_scale_and_errors_are_framed():
    random = np.random.default_rng(0)
    images = random.integers(256, size=(3, 6, 5, 3)).astype("uint8")
    maps = {"one": random.random((3, 6, 5)), "two": 9 * random.random((3, 6, 5))}
    names = {"one": ["a", "b", "c"], "two": ["a", "a", "c"]}
    wrong = {"one": [False] * 3, "two": [False, True, False]}
    fig = figures.heatmap_rows(images, maps, names, wrong, ["a", "b", "c"])
    one, two = shown(fig)[1:3]
    assert one.get_clim() == two.get_clim()
    assert one.get_clim()[0] == 0
    # A heatmap sums up to 100 %; there is nothing in the gaps.
    assert np.nansum(one.get_array()[:, :5]) == pytest.approx(100)
    labels = [text.get_text() for text in fig.axes[2].texts]
    assert labels == ["a", "✗ a", "c"]
    assert [len(ax.patches) for ax in fig.axes[:3]] == [0, 0, 1]
    signed = figures.heatmap_rows(
        images, {"one": maps["one"] - 0.5}, names, wrong, ["a", "b", "c"]
    )
    low, high = shown(signed)[1].get_clim()
    assert low == -high


def test_images_without_heatmaps_are_shown_alone():
    images = np.zeros((2, 6, 5, 1), "uint8")
    fig = figures.heatmap_rows(images, {}, {}, {}, ["a", "b"])
    assert len(shown(fig)) == 1
