"""The built site keeps what pages use, pixel for pixel, and nothing else."""

import shutil
from pathlib import Path

import numpy as np
import pydata_sphinx_theme
import pytest
from books import extension
from fontTools.ttLib import TTFont
from PIL import Image

site_weight = extension("site_weight")

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static"
PAGE = """<head>
  <script defer src="_static/scripts/fontawesome.js?digest=1"></script>
  <script src="_static/scripts/bootstrap.js"></script></head>
<body><i class="fa-solid fa-moon"></i>
  <img src="_images/a.png"><img src="b.png"></body>"""


@pytest.fixture
def pixels(rng):
    return rng.integers(0, 256, (20, 30, 4), dtype=np.uint8)


@pytest.fixture
def site(tmp_path, pixels):
    """A site with the theme's files, one page and one figure."""
    shutil.copytree(THEME, tmp_path / "_static")
    for name in ("startup", "tex-svg", "output/chtml/fonts/tex", "ui/menu"):
        path = tmp_path / "_static" / "mathjax" / f"{name}.js"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("//")
    (tmp_path / "_images").mkdir()
    Image.fromarray(pixels).save(tmp_path / "_images" / "a.png")
    (tmp_path / "page.html").write_text(PAGE)
    site_weight.slim(tmp_path)
    return tmp_path


def test_figures_keep_every_pixel_under_their_new_name(site, pixels):
    html = (site / "page.html").read_text()
    assert '"_images/a.webp"' in html and '"b.png"' in html
    # Of the scripts only that of the icons goes.
    assert "fontawesome.js" not in html and "bootstrap.js" in html
    assert not (site / "_images" / "a.png").exists()
    with Image.open(site / "_images" / "a.webp") as image:
        assert np.array_equal(np.asarray(image), pixels)


def test_font_draws_the_icons_of_pages_and_styles_and_no_others(site):
    icons = set(TTFont(site / "_static" / site_weight.FONT).getBestCmap())
    assert 0xF186 in icons  # the moon of the page
    assert 0xF05A in icons  # the sign of a note, which only the style sheet names
    assert 0xF0FC not in icons  # a glass of beer
    assert len(icons) < 60
    css = (site / "_static" / site_weight.STYLE).read_text(encoding="utf-8")
    assert ".fa-moon:before" in css
    assert ".fa-beer" not in css
    assert ".woff2" not in css


def test_parts_of_mathjax_that_pages_load_stay(site):
    mathjax = site / "_static" / "mathjax"
    left = {p.relative_to(mathjax).as_posix() for p in mathjax.rglob("*.js")}
    assert left == {"startup.js", "output/chtml/fonts/tex.js"}
    assert not (mathjax / "ui").exists()


def test_slimming_twice_changes_nothing(site):
    files = [path for path in site.rglob("*") if path.is_file()]
    # A font keeps the time at which it was written.
    before = {path: path.read_bytes() for path in files if path.suffix != ".ttf"}
    site_weight.slim(site)
    assert {path for path in site.rglob("*") if path.is_file()} == set(files)
    assert {path: path.read_bytes() for path in before} == before
