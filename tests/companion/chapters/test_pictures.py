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
def colours(rng):
    return rng.integers(256, size=(SIDE, SIDE, 3)).astype(np.uint8)


@pytest.fixture
def save(tmp_path):
    def save(picture, name="picture.png"):
        picture.save(tmp_path / name)
        return str(tmp_path / name)

    return save


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


def test_colours_become_their_luminance(colours, save):
    path = save(Image.fromarray(colours))
    np.testing.assert_allclose(
        load_picture(path, SIDE), colours / 255 @ WEIGHTS, atol=1e-12
    )


def test_middle_of_a_larger_picture_is_cut_out(rng, save):
    values = rng.integers(256, size=(SIDE + 4, SIDE + 7)).astype(np.uint8)
    path = save(Image.fromarray(values))
    np.testing.assert_allclose(load_picture(path, SIDE), values[2:-2, 3:-4] / 255)


def test_transparent_pixels_are_on_white(colours, save):
    picture = Image.fromarray(colours)
    alpha = np.full((SIDE, SIDE), 255, np.uint8)
    alpha[:, :4] = 0
    picture.putalpha(Image.fromarray(alpha))
    loaded = load_picture(save(picture), SIDE)
    np.testing.assert_allclose(loaded[:, :4], 1)
    np.testing.assert_allclose(loaded[:, 4:], (colours / 255 @ WEIGHTS)[:, 4:])


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"x"])
def test_what_is_no_picture_is_refused(content, tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"`image` must be a picture.*Received"):
        load_picture(str(path), SIDE)


def test_film_is_refused(rng, save):
    frames = [
        Image.fromarray(rng.integers(256, size=(SIDE, SIDE)).astype(np.uint8))
        for _ in range(3)
    ]
    path = save(frames[0])
    film = path.replace("png", "gif")
    frames[0].save(film, save_all=True, append_images=frames[1:])
    with pytest.raises(ValueError, match=r"`image` must be a single.*Received"):
        load_picture(film, SIDE)


def test_size_beyond_the_picture_is_refused(colours, save):
    with pytest.raises(ValueError, match=r"`size` must be at most.*12\. Received: 13"):
        load_picture(save(Image.fromarray(colours)), 13)


def test_middle_of_one_grey_is_refused(rng, save):
    values = rng.integers(256, size=(SIDE + 4, SIDE + 4)).astype(np.uint8)
    values[2:-2, 2:-2] = 51
    path = save(Image.fromarray(values))
    with pytest.raises(
        ValueError, match=r"`image` must have more.*Received.*0\.2 ever"
    ):
        load_picture(path, SIDE)


def test_camera_man_has_the_size_that_is_asked_for():
    loaded = load_picture("camera", 40)
    assert loaded.shape == (40, 40)
    assert 0 <= loaded.min() < 0.1 < 0.8 < loaded.max() <= 1
