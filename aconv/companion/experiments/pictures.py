"""The picture from which filters are learned (Section 4.1)."""

import numpy as np
import skimage
from PIL import Image, ImageOps

CAMERA_AND_HEAD = (80, 240, 170, 330)
"""Rows and columns that are cut from scikit-image's camera man."""

# What Pillow turns into 8-bit colours without a choice that it would make in silence.
_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK")


def load_picture(source: str, size: int) -> np.ndarray:
    """Loads a grey picture by name, or cuts one from a file.

    Args:
        source: ``"camera"``: head and camera of scikit-image's camera man.
            ``"mnist"``: the first training digit of MNIST, 28 pixels wide. Else the
            path of a picture in any format of Pillow's: its middle is cut out, upright
            as its EXIF entry has it; of an animation the first frame is taken;
            transparent pixels are on white; colours become their luminance.
        size: Side of the square, pixels, positive; ``"mnist"`` has its own.

    Returns:
        Array of shape ``(size, size)``, grey values in [0, 1].

    Raises:
        ValueError: If Pillow cannot read the file, or its mode has no range of values
            (32-bit numbers) or is not for screens (as "LAB"); or if ``size`` exceeds
            the smaller side of the picture.
        aconv.companion.datasets.DataFileError: If MNIST is not to be had.

    Example:
        >>> load_picture("camera", 40).shape
        (40, 40)
    """
    if source == "mnist":
        from aconv.companion import datasets

        return datasets.load("mnist").x_train[0].squeeze() / 255
    if source == "camera":
        top, bottom, left, right = CAMERA_AND_HEAD
        photograph = skimage.util.img_as_float(skimage.data.camera())
        cut = photograph[top:bottom, left:right]
        return skimage.transform.resize(cut, (size, size), anti_aliasing=True)
    grey = _read(source)
    if min(grey.shape) < size:
        raise ValueError(
            "`size` must be at most the image's smaller side, "
            f"{min(grey.shape)}. Received: {size}"
        )
    top, left = ((side - size) // 2 for side in grey.shape)
    return grey[top : top + size, left : left + size]


def _read(path: str) -> np.ndarray:
    """Reads a picture as grey values in [0, 1]."""
    try:
        with Image.open(path) as opened:
            picture = ImageOps.exif_transpose(opened)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        # Pillow's readers raise all of them for files that are damaged or no pictures.
        raise ValueError(
            f"`image` must be a picture that Pillow can read. Received: {path!r} "
            f"({error})"
        ) from error
    if picture.mode.startswith("I;16"):
        return np.asarray(picture).astype(float) / 65535
    if picture.mode not in _MODES:
        raise ValueError(
            f"`image` must have one of the modes {', '.join(_MODES)} or I;16. "
            f"Received: {path!r} of mode {picture.mode}"
        )
    if picture.mode in ("1", "L") and "transparency" not in picture.info:
        return np.asarray(picture.convert("L")) / 255
    if picture.mode == "CMYK":
        picture = picture.convert("RGB")
    opaque = picture.convert("RGBA")
    white = Image.new("RGBA", opaque.size, "white")
    colours = Image.alpha_composite(white, opaque).convert("RGB")
    return skimage.color.rgb2gray(np.asarray(colours))
