"""The reference has every public name, with the arguments that a user gives."""

import inspect
import re
from html import unescape

import pytest
from books import BOOK, HTML, extension, needs_built_book

import aconv

reference = extension("api_reference")

TEXT = (BOOK / "api.md").read_text(encoding="utf-8")
CLASSES = [name for name in aconv.__all__ if inspect.isclass(getattr(aconv, name))]


@pytest.mark.parametrize("name", CLASSES)
def test_class_shows_the_arguments_that_it_takes(name):
    shown = reference.of_init(
        None, "class", f"aconv.{name}", getattr(aconv, name), None, None, None
    )[0]
    (_, *arguments) = inspect.signature(getattr(aconv, name).__init__).parameters
    names = re.findall(r"(?:^\(|, )\**([a-z_]\w*)", shown)
    assert names == arguments
    # Functions keep their signature.
    assert reference.of_init(None, "function", "f", len, None, None, None) is None


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
    lines = ["Example:", ">>> 1", "1", "", "Example:", "    >>> 2"]
    lines += ["Example:", "", ">>> 3"]
    reference.set_examples_apart(None, "function", "f", None, None, lines)
    assert lines == [
        *("Example:", "", ">>> 1", "1", ""),
        *("Example:", "", "    >>> 2", "Example:", "", ">>> 3"),
    ]


def test_page_begins_with_all_names_those_first_that_most_readers_need():
    table = TEXT.partition(":nosignatures:")[2].partition("```")[0].split()
    assert sorted(table) == sorted(aconv.__all__)
    assert table[:4] == ["AdaptiveConv2D", "fold", "crop", "unfold"]
    assert TEXT.index(":nosignatures:") < TEXT.index("\n## ")


def test_page_documents_each_name_once():
    documented = re.findall(r"^\.\. auto(?:class|function):: (\w+)", TEXT, re.M)
    assert sorted(documented) == sorted(aconv.__all__)


def arguments_of(name):
    """Documented arguments of a class, and the text of each."""
    text = inspect.getdoc(getattr(aconv, name))
    section = re.search(r"^Args:\n((?: .*\n|\n(?= ))+)", text, re.M)
    entry = re.compile(r"^    (\*{0,2}\w+): ((?:.*\n)(?:     .*\n)*)", re.M)
    entries = entry.findall(section[1]) if section else []
    return {argument.lstrip("*"): " ".join(said.split()) for argument, said in entries}


@pytest.mark.parametrize("name", [n for n in CLASSES if n.startswith("Adaptive")])
def test_arguments_are_documented_once_by_the_layer_or_by_the_common_one(name):
    common, own = arguments_of("AdaptiveConv2D"), arguments_of(name)
    two_dimensional = name.replace("1D", "2D").replace("3D", "2D")
    own = own or arguments_of(two_dimensional)
    signature = inspect.signature(getattr(aconv, name).__init__).parameters
    assert set(signature) - {"self"} <= set(common) | set(own)
    assert len(common) > 20
    if two_dimensional != "AdaptiveConv2D":
        assert not set(own.items()) & set(common.items())
        assert 1 <= len(own) < 15


@needs_built_book
@pytest.mark.parametrize("name", aconv.__all__)
def test_page_has_every_public_name_with_its_arguments_explained(name):
    html = (HTML / "api.html").read_text(encoding="utf-8")
    entry = re.search(
        rf'<dt class="sig[^>]*id="aconv\.{name}">(.*?)</dt>\s*<dd>(.*?)(?=<dt|\Z)',
        html,
        re.DOTALL,
    )
    assert entry, name
    text = unescape(re.sub("<[^>]*>", "", entry[2]))
    assert aconv.__dict__[name].__doc__.strip().split("\n")[0].split("``")[0] in text
