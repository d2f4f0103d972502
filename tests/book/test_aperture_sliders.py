"""The sliders compute the envelope that the layer has, and the picture shows it."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from books import BOOK, CHROMIUM, extension
from reference import envelope as by_hand

from aconv.layers import envelope as layer

SCRIPT = BOOK / "_static" / "aperture.js"
pictures = extension("pictures")
CASES = [
    (n, aperture, normalized)
    for n in (1, 3, 4, 9, 15)
    for aperture in (1e-9, 0.01, 0.12, 0.3, 1.0, 5.0)
    for normalized in (True, False)
]
COMPUTE = """(cases) => cases.map(([n, aperture, normalized]) => {
  const u = globalThis.aconv.envelope(n, aperture, normalized);
  return {u, size: globalThis.aconv.effectiveSize(u)};
})"""


def in_node(cases):
    code = (
        f"require({json.dumps(str(SCRIPT))});"
        f"console.log(JSON.stringify(({COMPUTE})({json.dumps(cases)})))"
    )
    ran = subprocess.run(["node", "-e", code], capture_output=True, check=True)
    return json.loads(ran.stdout)


def in_browser(cases):
    driver = pytest.importorskip("playwright.sync_api")
    options = {"executable_path": CHROMIUM, "args": ["--no-sandbox"]}
    with driver.sync_playwright() as started:
        browser = started.chromium.launch(**options)
        page = browser.new_page()
        page.add_script_tag(path=SCRIPT)
        found = page.evaluate(COMPUTE, cases)
        browser.close()
    return found


@pytest.fixture(scope="module")
def computed():
    if shutil.which("node"):
        return in_node(CASES)
    if not CHROMIUM:
        pytest.skip("neither node nor Chromium is on the path")
    return in_browser(CASES)


def test_script_computes_the_envelope_of_the_layer_and_its_size(computed):
    for (n, aperture, normalized), found in zip(CASES, computed, strict=True):
        expected = layer.envelope(np.array([aperture]), (n, n), normalized)
        expected = np.asarray(expected).reshape(n, n)
        u = np.array(found["u"], "float64").reshape(n, n)
        if u.max() ** 4 > 0:  # else there is nothing left to measure
            (size,) = layer.effective_size(u.reshape(n, n, 1, 1))
            assert found["size"] == pytest.approx(size, rel=1e-6)
        np.testing.assert_allclose(u, expected, rtol=1e-6, atol=1e-6)
        if aperture > 0.01:
            np.testing.assert_allclose(
                u, by_hand(aperture, (n, n), normalized), rtol=1e-6
            )


@pytest.mark.parametrize("size", [3, 9])
def test_picture_shows_the_envelope_of_the_layer(size):
    for aperture in pictures.APERTURES:
        u = pictures.envelope(aperture, size)
        np.testing.assert_allclose(u, by_hand(aperture, (size, size)), rtol=1e-12)
        (expected,) = layer.effective_size(u.reshape(size, size, 1, 1))
        assert pictures.effective_size(u) == pytest.approx(expected)


def test_picture_is_the_same_at_every_build_and_small(tmp_path):
    for name in ("a.svg", "b.svg"):
        pictures.draw_apertures(tmp_path / name)
    first = (tmp_path / "a.svg").read_bytes()
    assert first == (tmp_path / "b.svg").read_bytes()
    assert len(first) < 50_000


def test_drawing_the_picture_loads_no_backend():
    code = (
        f"import sys; sys.path.insert(0, {str(BOOK / '_ext')!r}); "
        "import pictures; print('keras' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "False"
