"""The reference has every public name, with the arguments that a user gives."""

import inspect
import os
import re
from html import unescape

import pytest
from books import BOOK, extension

import aconv

PAGE = BOOK.parent / "_build" / "html" / "api.html"
reference = extension("api_reference")

CLASSES = [name for name in aconv.__all__ if inspect.isclass(getattr(aconv, name))]


@pytest.mark.parametrize("name", CLASSES)
def test_class_shows_the_arguments_that_it_takes(name):
    shown = reference.of_init(
        None, "class", f"aconv.{name}", getattr(aconv, name), None, None, None
    )[0]
    (_, *arguments) = inspect.signature(getattr(aconv, name).__init__).parameters
    names = re.findall(r"(?:^\(|, )\**([a-z_]\w*)", shown)
    assert names == arguments


def test_members_of_keras_are_left_out_and_those_of_the_package_stay():
    def skips(name):
        member = inspect.getattr_static(aconv.AdaptiveConv2D, name)
        return reference.skip_foreign(None, "class", name, member, False, None)

    for name in ("envelope", "effective_kernel", "effective_aperture", "build"):
        assert skips(name) is None
    for name in ("add_weight", "count_params", "from_config", "dtype", "path"):
        assert skips(name)


def test_long_signatures_are_no_lists_of_definitions():
    one = '<dd><em class="sig-param">a</em>, </dd>'
    body = f"<dt>f(<dl>\n{one}\n{one}\n</dl>)</dt><dl><dt>b</dt><dd>c</dd></dl>"
    mended = reference.mend_signatures(body)
    line = one.replace("dd>", "div>")
    assert mended == (
        f'<dt>f(<div class="sig-params">{line}\n{line}\n</div>)</dt>'
        "<dl><dt>b</dt><dd>c</dd></dl>"
    )


def test_examples_are_set_apart_from_their_heading():
    lines = [
        "Example:",
        ">>> 1",
        "1",
        "",
        "Example:",
        "    >>> 2",
        "Example:",
        "",
        ">>> 3",
    ]
    reference.set_examples_apart(None, "function", "f", None, None, lines)
    assert lines == [
        *("Example:", "", ">>> 1", "1", ""),
        *("Example:", "", "    >>> 2", "Example:", "", ">>> 3"),
    ]


def test_functions_keep_their_signature():
    assert reference.of_init(None, "function", "f", len, None, None, None) is None


@pytest.mark.skipif(
    not PAGE.exists() and not os.environ.get("CI"),
    reason="no built book; run `make book` first",
)
@pytest.mark.parametrize("name", aconv.__all__)
def test_page_has_every_public_name_with_its_arguments_explained(name):
    html = PAGE.read_text(encoding="utf-8")
    entry = re.search(
        rf'<dt class="sig[^>]*id="aconv\.{name}">(.*?)</dt>\s*<dd>(.*?)(?=<dt|\Z)',
        html,
        re.DOTALL,
    )
    assert entry, name
    text = unescape(re.sub("<[^>]*>", "", entry[2]))
    assert aconv.__dict__[name].__doc__.strip().split("\n")[0].split("``")[0] in text
