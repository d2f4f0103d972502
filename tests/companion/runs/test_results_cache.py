"""A result comes back as it was written, and a changed file is refused."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from aconv.companion import files
from aconv.companion.runs import results_cache
from aconv.companion.runs.provenance import Provenance
from aconv.companion.runs.results_cache import load_result, save_result


@pytest.fixture
def path(results):
    """The file of the result "timing", in a folder that is not there yet."""
    results.rmdir()
    return results / "timing.json"


def test_tables_and_values_come_back(path):
    table = pd.DataFrame(
        {"kind": ["a", "b"], "size": [3, 5], "strength": [math.nan, 0.1]}
    )
    provenance = Provenance.collect().completed({"x_train": "0" * 64})
    assert load_result("timing") is None
    values = {"table": table, "sizes": np.array([1.5, 2]), "count": np.int64(3)}
    save_result("timing", values, {"seeds": (1, 2)}, provenance=provenance)
    result = load_result("timing")
    pd.testing.assert_frame_equal(result.values["table"], table)
    assert result.values["sizes"] == [1.5, 2]
    assert result.values["count"] == 3
    assert result.parameters == {"seeds": [1, 2]}
    assert result.provenance == provenance
    assert path.read_text().endswith("}\n")


def test_parameters_code_and_backend_are_in_the_digest(path, monkeypatch):
    def digest(ratio, seed):
        save_result("timing", {"ratio": ratio}, {"seed": seed})
        return load_result("timing").digest

    first = digest(1.2, seed=1)
    assert digest(1.3, seed=1) == first != digest(1.2, seed=2)
    monkeypatch.setattr(results_cache, "code_digest", lambda modules: "0" * 12)
    assert digest(1.2, seed=1) != first


@pytest.mark.parametrize(
    ("place", "name"), [("values", "ratio"), ("provenance", "device")]
)
def test_a_file_that_was_changed_by_hand_is_refused(path, place, name):
    save_result("timing", {"ratio": 1.2}, {})
    content = json.loads(path.read_text())
    content[place][name] = "better"
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"timing\.json is no result.*sha256"):
        load_result("timing")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"sha256": "0"}'])
def test_another_file_is_refused(path, text):
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(ValueError, match=r"timing\.json is no result"):
        load_result("timing")


def test_the_file_of_another_chapter_is_refused(path):
    save_result("peers", {}, {})
    path.with_name("peers.json").rename(path)
    with pytest.raises(ValueError, match=r"timing\.json is no result.*'peers'"):
        load_result("timing")


def test_nothing_is_kept_where_no_folder_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv(results_cache.FOLDER_VARIABLE, raising=False)
    monkeypatch.setattr(files, "PROJECT", tmp_path)
    monkeypatch.setattr(results_cache, "code_digest", lambda modules: "0" * 12)
    save_result("timing", {}, {})
    assert list(tmp_path.iterdir()) == []
    assert load_result("timing") is None
    save_result("timing", {}, {}, folder=results_cache.results_folder())
    assert load_result("timing").values == {}
