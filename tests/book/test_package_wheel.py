"""The wheel beside the pages: the same bytes for the same sources, and it installs."""

import subprocess
import sys

import pytest
from books import BOOK, extension

import aconv

package_wheel = extension("package_wheel")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return package_wheel.build_wheel(
        BOOK.parent, tmp_path_factory.mktemp("site") / "wheel"
    )


def test_wheel_built_again_has_the_same_bytes_and_replaces_others(wheel, tmp_path):
    (tmp_path / "wheel").mkdir()
    (tmp_path / "wheel" / "aconv-0.0.1-py3-none-any.whl").touch()
    again = package_wheel.build_wheel(BOOK.parent, tmp_path / "wheel")
    assert again.read_bytes() == wheel.read_bytes()
    assert list(again.parent.iterdir()) == [again]


def test_printed_line_installs_the_wheel_where_it_was_downloaded(wheel, tmp_path):
    _, line = package_wheel.install_nodes(wheel, "use_the_layer", "")
    options = ["--no-deps", "--no-index", "--target", tmp_path, "--quiet"]
    assert wheel.name == f"aconv-{aconv.__version__}-py3-none-any.whl"
    command = [sys.executable, "-m", *line.astext().split(), *options]
    subprocess.run(command, cwd=wheel.parent, check=True)
    version = (tmp_path / "aconv" / "__init__.py").read_text(encoding="utf-8")
    assert f'__version__ = "{aconv.__version__}"' in version


@pytest.mark.parametrize(
    ("page", "book", "installed"),
    [
        ("use_the_layer", "", "."),
        ("notebooks/results", "", "."),
        # A published page installs from its own address.
        ("use_the_layer", "https://x.org/book/", "https://x.org/book/_static/wheel"),
    ],
)
def test_page_links_the_wheel_and_says_how_it_is_installed(
    wheel, page, book, installed
):
    paragraph, line = package_wheel.install_nodes(wheel, page, book)
    assert line.astext() == f"pip install {installed}/{wheel.name}"
    folder = "../" * page.count("/") + "_static/wheel"
    assert f'href="{folder}/{wheel.name}" download' in paragraph.astext()
