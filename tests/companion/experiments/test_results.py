"""A result comes back as it was written, and a changed file is refused."""

import json
import math

import pandas as pd
import pytest

from aconv.companion.experiments.results import (
    read_result,
    read_result_if_any,
    write_result,
)
from aconv.companion.runs.provenance import Provenance


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "result.json"


@pytest.fixture
def provenance():
    return Provenance.collect().completed({"x_train": "0" * 64})


def test_tables_and_values_come_back(path, provenance):
    table = pd.DataFrame(
        {"kind": ["a", "b"], "size": [3, 5], "strength": [math.nan, 0.1]}
    )
    assert read_result_if_any(path) is None
    write_result(path, {"table": table, "scale": {"seeds": [1, 2]}}, provenance)
    result = read_result_if_any(path)
    pd.testing.assert_frame_equal(result.values["table"], table)
    assert result.values["scale"] == {"seeds": [1, 2]}
    assert result.provenance == provenance
    assert path.read_text().endswith("}\n")


@pytest.mark.parametrize("place", ["values", "provenance"])
def test_a_file_that_was_changed_by_hand_is_refused(path, provenance, place):
    write_result(path, {"accuracy": 0.9}, provenance)
    content = json.loads(path.read_text())
    content[place]["accuracy" if place == "values" else "device"] = "better"
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match="`path` must be a file as it was written"):
        read_result(path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"sha256": "0"}'])
def test_another_file_is_refused(path, text):
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(ValueError, match="`path` must be a file of"):
        read_result(path)


def test_infinities_are_not_written(path, provenance):
    with pytest.raises(ValueError, match="JSON"):
        write_result(path, {"accuracy": math.inf}, provenance)
    assert not path.exists()
