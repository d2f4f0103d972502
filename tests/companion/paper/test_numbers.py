"""The file of the paper's numbers and its loader."""

import re
import subprocess
import sys
import zipfile
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest

from aconv.companion import paper
from aconv.companion.paper.consistency import printed_steps

SPECIAL = {"two": 2, "three": 3, "five": 5, "nine": 9, "ten": 10, "half": 0.5}
SPECIAL |= {"True": True, "False": False, "-": None}
# Printed as approximate round tens.
READ_OFF = ("filters.convergence.", "filters.aperture_convergence.")
READ_OFF += ("unet.overfitting_from",)
DATASETS = ["mnist", "mnist_cluttered", "cifar10", "fashion_mnist", "lfw_faces"]


def read_printed(text):
    """Value and rounding unit of printed characters, None for a unit of 0."""
    text = text.rstrip("*")
    if text in SPECIAL:
        return SPECIAL[text], None
    size = re.fullmatch(r"(\d+)×\1", text)
    if size:
        return int(size[1]), None
    factor = {"K": 1000, "M": 1_000_000}.get(text[-1], 1)
    number = Decimal(text.rstrip("KM"))
    unit = Decimal(1).scaleb(number.as_tuple().exponent)
    return float(number * factor), float(unit * factor)


def test_value_and_precision_are_those_of_the_printed_characters():
    for entry in paper.load().values():
        value, unit = read_printed(entry.printed)
        assert entry.value == value, entry
        # Settings and counts are exact, whatever their digits.
        assert entry.precision in (0, unit) or entry.id.startswith(READ_OFF)


def test_measured_results_are_never_exact():
    quantities = {"mean", "std", "max", "t", "p", "step"}
    measured = [n for id, n in paper.load().items() if id.split(".")[-1] in quantities]
    assert len(measured) >= 90
    assert all(entry.precision > 0 for entry in measured)


def test_tables_have_as_many_cells_for_each_data_set():
    columns = {"table1.simple": 6, "table1.resnet": 9, "table2": 9, "table3": 9}
    for (table, count), name in product(columns.items(), DATASETS):
        cells = [id for id in paper.load() if id.startswith(f"{table}.{name}.")]
        assert len(cells) == count, cells


def test_stars_mark_exactly_the_p_values_below_the_papers_level():
    for table, dataset in product(("table2", "table3"), DATASETS):
        p = paper.number(f"{table}.{dataset}.p")
        level = paper.number(f"{table}.significance").value
        assert p.printed.endswith("*") == (p.value < level)


def test_numbers_that_the_text_repeats_are_the_same():
    for one, other in [
        ("resnet.cifar10.adaptive.max", "table3.cifar10.adaptive.max"),
        ("resnet.cifar10.adaptive.mean", "table3.cifar10.adaptive.mean"),
        ("resnet.lfw_faces.ordinary.kernel_size", "table3.lfw_faces.kernel_size"),
        ("simple.repeats", "table2.repeats"),
        ("resnet.learning_rate.first", "table1.resnet.learning_rate.low"),
    ]:
        assert paper.number(one).value == paper.number(other).value, (one, other)


def test_parts_of_the_data_sets_add_up():
    for dataset in ("lfw_faces", "oxford_pets"):
        names = (f"data.{dataset}.{part}images" for part in ("", "train_", "test_"))
        whole, train, test = (paper.number(name).value for name in names)
        assert whole == train + test


def test_contradictions_carry_a_note():
    updates = ("filters.updates", "filters.figure4.updates")
    assert len({paper.number(name).value for name in updates}) == 2
    # Those of settings with the code: see ``claims/test_judging.py``.
    for id in [*updates, "timing.slowdown.low", "data.train_images"]:
        assert paper.number(id).note, id


def test_the_printed_slowdown_is_not_that_of_the_printed_times():
    slowdown = printed_steps([3, 5, 7, 9])["paper, ratio"]
    assert paper.number("timing.slowdown.high").agrees(max(slowdown))
    assert not paper.number("timing.slowdown.low").agrees(min(slowdown))
    assert min(slowdown) == pytest.approx(1.138, abs=0.001)


def test_number_knows_its_rounding():
    number = paper.number("table3.lfw_faces.t")
    assert number.rounded == pytest.approx((-2.195, -2.185))
    assert number.cut == pytest.approx((-2.2, -2.19))
    assert number.agrees(-2.1949)
    assert not number.agrees(-2.196)
    p = paper.number("table2.lfw_faces.p")
    assert p.cut == pytest.approx((0.0045, 0.0046))
    assert paper.number("unet.epochs").agrees(75)
    assert not paper.number("unet.epochs").agrees(75.01)


def test_percentages_and_fractions_become_fractions():
    mean = paper.number("table2.mnist.adaptive.mean").as_fraction()
    assert mean.value == pytest.approx(0.9963)
    assert mean.rounded == pytest.approx((0.99625, 0.99635))
    std = paper.number("table2.mnist.adaptive.std")
    assert std.as_fraction() is std
    with pytest.raises(ValueError, match="Only percentages"):
        paper.number("unet.epochs").as_fraction()


def test_flags_and_dashes_are_no_numbers():
    for id in ("table1.simple.mnist.augment", "table1.resnet.cifar10.dropout"):
        with pytest.raises(ValueError, match="is no number"):
            _ = paper.number(id).rounded


def test_unknown_id_lists_near_matches():
    near = r"table2\.mnist\.adaptive\.mean.*Received: 'tab"
    with pytest.raises(KeyError, match=near):
        paper.number("table2.mnist.adaptiv.mean")
    with pytest.raises(KeyError, match="Nothing looks alike"):
        paper.number("?")


ENTRY = (
    '{id: a.b, place: Table 9, printed: "1.5", value: 1.5, unit: px, precision: 0.1}'
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"- {ENTRY}\n- {ENTRY}", "ids must be unique. Received twice: a.b"),
        ("- {id: a.b}", "missing 5 .* 'place'.*Received: {'id': 'a.b'}"),
        (f"- {ENTRY[:-1]}, remark: x}}", "unexpected keyword argument 'remark'"),
        (
            f"- {ENTRY}".replace("1.5,", "1e-3,"),
            "'value' must be .*'1e-3' .*\\). Received",
        ),
        (f"- {ENTRY}".replace("value: 1.5", "value: .inf"), "'value' must be finite"),
        (
            f"- {ENTRY}".replace("precision: 0.1", "precision: -1"),
            "'precision' must be",
        ),
        (f"- {ENTRY}".replace("precision: 0.1", "precision: a"), "'precision' must be"),
        (
            f"- {ENTRY}".replace('"1.5"', "1.5"),
            "'printed' must be <class 'str'> .*\\). Received: {",
        ),
        ("a: 1", "must be a mapping.*Received: a"),
        ("- {", "is not valid YAML"),
    ],
)
def test_files_that_are_wrong_are_refused(tmp_path, text, message):
    good, path = tmp_path / "good.yaml", tmp_path / "paper.yaml"
    good.write_text(f"- {ENTRY}", encoding="utf-8")
    assert paper.load(good)["a.b"].value == 1.5
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        paper.load(path)


def test_an_installed_wheel_carries_the_numbers(dist, tmp_path):
    (wheel,) = dist.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = "from aconv.companion import paper; print(paper.__file__, len(paper.load()))"
    command = [sys.executable, "-c", code]
    # Where the command runs comes before what is installed.
    file, count = subprocess.check_output(command, text=True, cwd=tmp_path).split()
    assert Path(file).is_relative_to(tmp_path)
    assert int(count) == len(paper.load())
