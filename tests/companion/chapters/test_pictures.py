"""The paper's digit, and other pictures as grey values."""

import numpy as np
import pytest
from PIL import Image

from aconv.companion import datasets
from aconv.companion.chapters.filters import pictures
from aconv.companion.chapters.filters.pictures import first_digit, load_picture
from aconv.companion.datasets import samples

SIDE = 12
WEIGHTS = np.array([0.2125, 0.7154, 0.0721])  # of scikit-image's rgb2gray


@pytest.fixture
def save(tmp_path):
    def save(values, name="picture.png", **options):
        Image.fromarray(values).save(tmp_path / name, **options)
        return str(tmp_path / name)

    return save


@pytest.fixture
def grey(rng):
    return rng.integers(256, size=(SIDE + 4, SIDE + 7)).astype(np.uint8)


def test_digit_is_the_first_five_of_mnist_without_a_download(monkeypatch):
    monkeypatch.setattr(datasets, "load", lambda name: pytest.fail("loaded"))
    digit = load_picture("mnist", 40)
    sample = samples.read("mnist")
    assert sample.labels[0] == "5"
    np.testing.assert_array_equal(digit, sample.x[0, ..., 0] / 255)
    assert digit.shape == (28, 28)
    assert digit.max() == 1


def test_digit_is_loaded_where_there_is_no_sample(monkeypatch):
    class Loaded:
        x_train = np.full((2, 28, 28, 1), 51, np.uint8)

    monkeypatch.setattr(pictures.samples, "read", lambda name: None)
    monkeypatch.setattr(pictures.datasets, "load", lambda name: Loaded)
    np.testing.assert_allclose(first_digit(), np.full((28, 28), 0.2))


def test_middle_of_a_larger_picture_is_cut_out(grey, save):
    np.testing.assert_allclose(load_picture(save(grey), SIDE), grey[2:-2, 3:-4] / 255)


def test_colours_become_their_luminance_on_white(rng, save):
    colours = rng.integers(256, size=(SIDE, SIDE, 4)).astype(np.uint8)
    colours[..., 3] = 255
    colours[:, :4, 3] = 0
    loaded = load_picture(save(colours), SIDE)
    np.testing.assert_allclose(loaded[:, :4], 1)
    opaque = colours[:, 4:, :3] / 255 @ WEIGHTS
    np.testing.assert_allclose(loaded[:, 4:], opaque, atol=1e-12)


@pytest.mark.parametrize(
    "content", [b"", b"\0", b"II", b"no picture", b"\x89PNG\r\n\x1a\n" + b"x"]
)
def test_what_is_no_picture_is_refused(content, tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"`image` must be a picture.*Received"):
        load_picture(str(path), SIDE)


@pytest.mark.parametrize(
    ("factor", "received"), [(5, "0 to 5"), (-1, "-1 to -?0"), (np.nan, "nan to nan")]
)
def test_floats_beyond_the_greys_are_refused(factor, received, save):
    greys = np.linspace(0, 1, SIDE * SIDE, dtype=np.float32).reshape(SIDE, SIDE)
    np.testing.assert_array_equal(load_picture(save(greys, "p.tif"), SIDE), greys)
    with pytest.raises(ValueError, match=f"`image` must have values.*tif', {received}"):
        load_picture(save(np.float32(factor) * greys, "p.tif"), SIDE)


def test_films_and_what_a_picture_does_not_have_are_refused(grey, save):
    others = [Image.fromarray(grey.T)]
    film = save(grey, "film.gif", save_all=True, append_images=others)
    with pytest.raises(ValueError, match=r"`image` must be a single.*Received"):
        load_picture(film, SIDE)
    with pytest.raises(ValueError, match=r"`size` must be at most.*16\. Received: 17"):
        load_picture(save(grey), 17)
    grey[2:-2, 2:-2] = 51
    with pytest.raises(ValueError, match=r"`image` must have more.*Received.*0\.2 eve"):
        load_picture(save(grey), SIDE)


def test_camera_man_has_the_size_that_is_asked_for():
    loaded = load_picture("camera", 40)
    assert loaded.shape == (40, 40)
    assert 0 <= loaded.min() < 0.1 < 0.8 < loaded.max() <= 1
