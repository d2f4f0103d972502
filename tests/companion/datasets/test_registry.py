"""A data set is added by one entry, and its fields decide how it is treated."""

import inspect
import pkgutil

import attrs
import pytest
from made_up_sets import register

from aconv.companion import datasets, runs
from aconv.companion.runs import execution


@pytest.mark.parametrize("name", datasets.names())
def test_every_entry_names_a_loader_that_is_there(name):
    loader = pkgutil.resolve_name(datasets.info(name).loader)
    assert list(inspect.signature(loader).parameters) == ["facts", "seed"]


@pytest.mark.parametrize("resplit", [False, True])
def test_field_says_whether_each_run_splits_anew(monkeypatch, tmp_path, resplit):
    register(monkeypatch, tmp_path, resplit_per_seed=resplit)
    spec = runs.make_spec("simple", "digits", "adaptive", 3, seed=31)
    first, second = (
        execution.load_data(attrs.evolve(spec, dataset="stripes", seed=seed))
        for seed in (31, 48)
    )
    assert (first.sha256 != second.sha256) == resplit


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "new"}, "'kind' must be in .*'paper'.*got 'new'"),
        ({"task": "new"}, "'task' must be in .*got 'new'"),
        ({"titel": "Tiny"}, "unexpected keyword argument 'titel'"),
        ({"sources": [[{"path": "x"}]]}, "missing .*'checksum' and 'size'"),
    ],
)
def test_entry_that_is_wrong_is_refused(monkeypatch, tmp_path, changes, message):
    with pytest.raises((TypeError, ValueError), match=message):
        register(monkeypatch, tmp_path, **changes)


def test_faces_are_split_anew_for_each_run_and_name_their_classes_themselves():
    facts = [datasets.info(name) for name in datasets.names()]
    resplit = {f.name for f in facts if f.resplit_per_seed}
    assert resplit == {"lfw_faces", "face_patches"}
    unnamed = {f.name: f.classes for f in facts if f.classes != len(f.class_names)}
    assert unnamed == {"lfw_faces": 62}
