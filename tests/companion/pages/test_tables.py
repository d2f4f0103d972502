"""Tables of text: titles, formats, and words for what is not there."""

import math

import pandas as pd
from curves import make_curves, make_runs

from aconv.companion.pages import tables
from aconv.companion.pages.words import minus


def test_columns_are_formatted_by_value_by_row_or_by_function():
    rows = [(1.234, 0.5, (1, 2)), (-5.0, 0.0, ())]
    frame = pd.DataFrame(rows, columns=["mean", "std", "seeds"])
    columns = {
        "mean": ("mean", "+.1f"),
        "std": ("both", "{mean:.2f} ± {std:.2f}"),
        "seeds": ("seeds", lambda seeds: f"{len(seeds)} seeds"),
    }
    table = tables.text_table(frame, columns)
    assert [*table] == ["mean", "both", "seeds"]
    assert table.to_numpy().tolist() == [
        ["+1.2", "1.23 ± 0.50", "2 seeds"],
        ["-5.0", "-5.00 ± 0.00", "0 seeds"],
    ]
    assert "−5.00 ± 0.00" in tables.show(frame, columns, "What").to_html()


def test_what_a_row_lacks_is_a_dash_but_for_a_function():
    frame = pd.DataFrame({"p": [math.nan, 0.0123], "note": [None, "x"]})
    columns = {
        "p": ("p", ".2g"),
        "note": ("has a note", lambda note: "no" if note is None else "yes"),
    }
    table = tables.text_table(frame, columns)
    assert table["p"].tolist() == ["–", "0.012"]
    assert table["has a note"].tolist() == ["no", "yes"]


def test_one_run_has_no_spread():
    frame = pd.DataFrame({"mean": [85.0], "std": [math.nan]})
    columns = {"mean": ("accuracy", "{mean:.1f} ± {std:.1f}")}
    assert tables.text_table(frame, columns)["accuracy"].tolist() == ["85.0"]


def test_table_without_rows_keeps_its_titles():
    columns = {"p": ("p", ".2g"), "n": ("seeds", "")}
    html = tables.show(pd.DataFrame(columns=["p", "n"]), columns, "What").to_html()
    assert html.count("no runs yet") == 1
    assert "seeds" in html and "–" in html


def test_only_the_hyphen_of_a_number_is_a_minus():
    text = "-0.5 [-inf, +0.1], 2e-5, U-Net, 3-4"
    assert minus(text) == "−0.5 [−∞, +0.1], 2e-5, U-Net, 3-4"


def test_cells_are_named_with_size_and_share():
    assert tables.cell_title("mnist", 7) == "MNIST, 7×7"
    frame = pd.DataFrame({"dataset": ["mnist"], "kernel_size": [7], "share": [0.004]})
    assert tables.with_cells(frame)["cell"].tolist() == ["MNIST, 7×7"]
    assert tables.with_cells(frame, share=True)["cell"].tolist() == [
        "MNIST, 7×7, 0.4 %"
    ]


def test_captioned_table_has_a_caption_and_no_row_numbers():
    table = tables.titled(pd.DataFrame({"dataset": ["mnist"]}))
    html = tables.captioned(table, "Which sets").to_html()
    assert "Which sets" in html
    assert "MNIST" in html
    assert "row_heading" not in html


def test_runs_are_described_with_their_numbers_of_seeds():
    both = make_runs(make_curves(datasets=("mnist", "cifar10"))).assign(share=0.02)
    short = "short (2 % of the paper's training)"
    assert tables.describe_runs(both[1:]) == (
        f"version paper, {short}: MNIST (2 to 3 seeds), CIFAR-10 (3 seeds)"
    )
    # Two arms of one kind are not one of twice as many seeds.
    kept = both[both["kind"] == "adaptive"].assign(arm="kept-apertures")
    assert tables.describe_runs(pd.concat([both, kept])) == (
        f"version paper, {short}: MNIST, CIFAR-10 (3 seeds each)"
    )
    longer = both[:1].assign(share=0.16)
    wide = tables.describe_runs(pd.concat([both[1:2], longer]))
    assert wide.startswith("version paper, short (2 to 16 % of the paper's training):")
    # Of embedded images the paper has no training.
    demo = tables.describe_runs(both[:1].assign(profile="demo"))
    assert demo == "version paper, demo: MNIST (1 seed)"
    # Nor are two versions.
    other = both[both["dataset"] == "mnist"].assign(version="code-2020-06")
    assert tables.describe_runs(pd.concat([both, other])) == (
        f"version paper, {short}: MNIST, CIFAR-10 (3 seeds each); "
        f"version code-2020-06, {short}: MNIST (3 seeds)"
    )
