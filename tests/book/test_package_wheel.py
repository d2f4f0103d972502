"""The wheel beside the pages: the same bytes for the same sources, and it installs."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import aconv

ROOT = Path(__file__).parents[2]
EXTENSIONS = ROOT / "book" / "_ext"


@pytest.fixture(scope="module")
def extension():
    sys.path.insert(0, str(EXTENSIONS))
    import package_wheel

    yield package_wheel
    sys.path.remove(str(EXTENSIONS))
    sys.modules.pop("package_wheel")


@pytest.fixture(scope="module")
def wheel(extension, tmp_path_factory):
    return extension.build_wheel(ROOT, tmp_path_factory.mktemp("site") / "wheel")


def test_wheel_is_of_this_version_and_holds_the_package(wheel):
    assert wheel.name == f"aconv-{aconv.__version__}-py3-none-any.whl"
    names = zipfile.ZipFile(wheel).namelist()
    assert {"aconv/__init__.py", "aconv/layers/conv.py"} <= set(names)


def test_wheel_built_again_has_the_same_bytes_and_replaces_others(
    extension, wheel, tmp_path
):
    (tmp_path / "wheel").mkdir()
    (tmp_path / "wheel" / "aconv-0.0.1-py3-none-any.whl").touch()
    again = extension.build_wheel(ROOT, tmp_path / "wheel")
    assert again.read_bytes() == wheel.read_bytes()
    assert list(again.parent.iterdir()) == [again]


def test_printed_line_installs_the_wheel_where_it_was_downloaded(
    extension, wheel, tmp_path
):
    _, line = extension.install_nodes(wheel, "use_the_layer", "")
    options = ["--no-deps", "--no-index", "--target", tmp_path, "--quiet"]
    command = [sys.executable, "-m", *line.astext().split(), *options]
    subprocess.run(command, cwd=wheel.parent, check=True)
    version = (tmp_path / "aconv" / "__init__.py").read_text(encoding="utf-8")
    assert f'__version__ = "{aconv.__version__}"' in version


@pytest.mark.parametrize("page", ["use_the_layer", "notebooks/results"])
def test_page_links_the_wheel_and_installs_what_was_downloaded(extension, wheel, page):
    paragraph, line = extension.install_nodes(wheel, page, "")
    assert line.astext() == f"pip install ./{wheel.name}"
    folder = "../" * page.count("/") + "_static/wheel"
    assert f'href="{folder}/{wheel.name}" download' in paragraph.astext()


def test_published_page_installs_from_its_own_address(extension, wheel):
    _, line = extension.install_nodes(wheel, "use_the_layer", "https://x.org/book/")
    address = f"https://x.org/book/_static/wheel/{wheel.name}"
    assert line.astext() == f"pip install {address}"
