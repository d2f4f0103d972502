"""Any picture that Pillow opens is converted, or refused by its mode."""

import numpy as np
import pytest
from PIL import Image

from aconv.companion.experiments.pictures import load_picture

SIDE = 12
WEIGHTS = np.array([0.2125, 0.7154, 0.0721])  # of scikit-image's rgb2gray


@pytest.fixture
def colours(rng):
    return rng.integers(256, size=(SIDE, SIDE, 3)).astype(np.uint8)


@pytest.fixture
def save(tmp_path):
    def save(picture, name="picture.png", **options):
        picture.save(tmp_path / name, **options)
        return str(tmp_path / name)

    return save


def grey(colours):
    return colours / 255 @ WEIGHTS


def test_colours_become_their_luminance(colours, save):
    path = save(Image.fromarray(colours))
    np.testing.assert_allclose(load_picture(path, SIDE), grey(colours), atol=1e-12)


def test_middle_of_a_larger_picture_is_cut_out(rng, save):
    values = rng.integers(256, size=(SIDE + 4, SIDE + 7)).astype(np.uint8)
    path = save(Image.fromarray(values))
    np.testing.assert_allclose(load_picture(path, SIDE), values[2:-2, 3:-4] / 255)


def test_inks_are_not_read_as_red_green_and_blue(save):
    # No ink at all is white; read as colours it would be black.
    path = save(Image.new("CMYK", (SIDE, SIDE), (0, 0, 0, 0)), "white.tif")
    np.testing.assert_allclose(load_picture(path, SIDE), 1)
    path = save(Image.new("CMYK", (SIDE, SIDE), (0, 255, 255, 0)), "red.jpg")
    np.testing.assert_allclose(load_picture(path, SIDE), WEIGHTS[0], atol=0.02)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparent_pixels_are_on_white(mode, rng, save):
    values = rng.integers(256, size=(SIDE, SIDE)).astype(np.uint8)
    alpha = np.where(np.arange(SIDE) < 4, 0, 255).astype(np.uint8)
    picture = Image.fromarray(values).convert(mode)
    picture.putalpha(Image.fromarray(np.tile(alpha, (SIDE, 1))))
    loaded = load_picture(save(picture), SIDE)
    np.testing.assert_allclose(loaded[:, :4], 1)
    np.testing.assert_allclose(loaded[:, 4:], values[:, 4:] / 255, atol=1e-12)


def test_first_frame_of_an_animation_is_taken(rng, save):
    frames = [
        Image.fromarray(rng.integers(256, size=(SIDE, SIDE)).astype(np.uint8))
        for _ in range(3)
    ]
    path = save(frames[0], "film.gif", save_all=True, append_images=frames[1:])
    np.testing.assert_allclose(
        load_picture(path, SIDE), np.asarray(frames[0]) / 255, atol=1e-12
    )


def test_sixteen_bits_keep_their_range(rng, save):
    values = rng.integers(65536, size=(SIDE, SIDE)).astype(np.uint16)
    for name in ("deep.png", "deep.tif"):
        path = save(Image.fromarray(values), name)
        np.testing.assert_allclose(load_picture(path, SIDE), values / 65535)


def test_picture_is_upright_as_its_camera_said(rng, save):
    values = rng.integers(256, size=(SIDE, SIDE)).astype(np.uint8)
    picture = Image.fromarray(values)
    exif = picture.getexif()
    exif[0x0112] = 6  # to be turned clockwise by a right angle
    loaded = load_picture(save(picture, exif=exif), SIDE)
    np.testing.assert_allclose(loaded, np.rot90(values, -1) / 255)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "CMYK"])
def test_black_is_zero_and_white_one_in_every_mode(mode, save):
    half = np.zeros((SIDE, SIDE), np.uint8)
    half[:, SIDE // 2 :] = 255
    picture = Image.fromarray(np.stack([half] * 3, axis=-1)).convert(mode)
    loaded = load_picture(save(picture, "half.tif"), SIDE)
    np.testing.assert_allclose(loaded, half / 255, atol=1e-12)


@pytest.mark.parametrize("mode", ["F", "I", "LAB"])
def test_mode_without_a_range_is_refused_by_its_name(mode, save):
    path = save(Image.new(mode, (SIDE, SIDE)), "odd.tif")
    with pytest.raises(ValueError, match=f"`image` must have.*mode {mode}"):
        load_picture(path, SIDE)


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"x"])
def test_what_is_no_picture_is_refused(content, tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"`image` must be a picture.*Received"):
        load_picture(str(path), SIDE)


def test_picture_that_is_cut_off_is_refused(colours, save, tmp_path):
    path = save(Image.fromarray(np.tile(colours, (9, 9, 1))))
    content = (tmp_path / "picture.png").read_bytes()
    (tmp_path / "picture.png").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r"`image` must be a picture.*Received"):
        load_picture(path, SIDE)


def test_size_beyond_the_picture_is_refused(colours, save):
    with pytest.raises(ValueError, match=r"`size` must be at most.*12\. Received: 13"):
        load_picture(save(Image.fromarray(colours)), 13)


def test_camera_man_has_the_size_that_is_asked_for():
    loaded = load_picture("camera", 40)
    assert loaded.shape == (40, 40)
    assert 0 <= loaded.min() < 0.1 < 0.8 < loaded.max() <= 1
