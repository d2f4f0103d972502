"""Verdicts on the paper's claims change with their evidence, and with nothing else."""

import dataclasses
import json

import numpy as np
import pytest
import sweeps

from aconv.companion.analysis import chapter_claims, kept, printed_claims
from aconv.companion.analysis.claims import (
    count_numbers,
    count_verdicts,
    judge_claims,
)
from aconv.companion.analysis.printed_settings import compare_settings
from aconv.companion.paper import load
from aconv.companion.paper.claims import load_claims
from aconv.companion.runs import RunStore, grid
from aconv.companion.stats import Verdict

CIFAR = [claim for claim in load_claims() if claim.id == "simple.cifar10"]
MODULES = kept.MADE_BY["adaptive_kernel"]


def store_of(folder, ahead, profile="short", share=1):
    """A store with five seeds of either kind, adaptive kernels ahead by so much."""
    store = RunStore(folder)
    for spec in grid("simple", profile, datasets=["cifar10"], kernel_sizes=[9]):
        record = sweeps.record(spec)
        epochs = spec.settings.recipe.epochs
        peak = 0.5 + spec.seed / 1e5 + ahead * (spec.kind == "adaptive")
        curves = {name: (0.1,) * (epochs - 1) + (peak,) for name in record.curves}
        store.put(dataclasses.replace(record, curves=curves))
    return store


@pytest.fixture
def results(tmp_path, monkeypatch):
    """An empty folder of kept results."""
    monkeypatch.setenv(kept.FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("profile", "ahead", "verdict"),
    [
        ("short", 0.05, Verdict.SAME_WAY),
        ("short", -0.05, Verdict.OTHER_WAY),
        ("paper", 0.05, Verdict.HOLDS),
        ("paper", -0.05, Verdict.DOES_NOT_HOLD),
    ],
)
def test_records_decide(profile, ahead, verdict, tmp_path):
    (judged,) = judge_claims(CIFAR, store_of(tmp_path, ahead, profile))
    assert judged.finding.verdict is verdict
    assert f"{100 * ahead:+.2f}" in judged.finding.ours
    assert profile in judged.finding.evidence


def test_changed_record_changes_a_verdict(tmp_path):
    store = store_of(tmp_path, 0.05)
    (before,) = judge_claims(CIFAR, store)
    for record in store.records():
        if record.spec.kind == "adaptive":
            curves = record.curves | {"val_accuracy": (0.1,) * record.epochs}
            store.path(record.spec).unlink()
            store.put(dataclasses.replace(record, curves=curves))
    (after,) = judge_claims(CIFAR, RunStore(tmp_path))
    assert before.finding.verdict is Verdict.SAME_WAY
    assert after.finding.verdict is Verdict.OTHER_WAY


def test_without_records_and_results_nothing_is_said_of_experiments(results):
    judged = judge_claims(store=RunStore(results))
    found = {item.claim.id: item.finding for item in judged}
    for name in ("simple.mnist", "unet.loss", "filters.error", "timing.slowdown"):
        assert found[name].verdict is Verdict.NOT_TESTED
        assert found[name].ours
    assert found["method.output_size"].verdict is Verdict.MISPRINT


def test_times_of_layers_alone_say_nothing_of_networks(results):
    values = {"share": [0.1, 0.2], "with_filters": [2.0, 3.0]}
    kept.keep("timing", values, {"rounds": 4}, MODULES)
    assert chapter_claims.slowdown().verdict is Verdict.NOT_TESTED
    assert "network" in chapter_claims.slowdown().ours
    assert chapter_claims.timing_parts("removed").verdict is Verdict.NOT_TESTED
    layer = chapter_claims.timing_parts("independent", "size_only")
    assert layer.verdict is Verdict.OTHER_WAY
    rows = [{"size": 3, "median": 1.25, "low": 1.22, "high": 1.28}]
    kept.keep("timing", values | {"training": rows, "folded": rows}, {}, MODULES)
    assert chapter_claims.slowdown().verdict is Verdict.SAME_WAY
    assert chapter_claims.timing_parts("removed").verdict is Verdict.OTHER_WAY


def test_counts_are_of_all_claims_and_all_numbers():
    judged = judge_claims()
    assert sum(count_verdicts(judged).values()) == len(judged) == len(load_claims())
    assert count_numbers(judged) == len(load())
    for item in judged:
        assert item.finding.ours, item.claim.id
        assert item.finding.verdict is Verdict.NOT_TESTED or (
            item.finding.evidence != "–"
        ), item.claim.id


def test_unknown_judge_is_named():
    claim = dataclasses.replace(CIFAR[0], judge=("oracle",))
    with pytest.raises(ValueError, match="'oracle'"):
        judge_claims([claim])


def test_kept_result_comes_back_and_decides(results):
    errors = {"product": 1e-16, "weights": 1e-16, "aperture": 1e-16, "printed": 0.5}
    values = {"errors": errors | {"without_2": 0.4}, "sizes": np.array([1.0, 2.0])}
    assert chapter_claims.kernel("weights").verdict is Verdict.NOT_TESTED
    result = kept.keep("adaptive_kernel", values, {"seed": 1}, MODULES)
    assert kept.kept("adaptive_kernel") == dataclasses.replace(
        result, modules=list(result.modules)
    )
    assert result.is_current
    assert chapter_claims.kernel("weights", "size").verdict is Verdict.HOLDS
    assert chapter_claims.kernel_misprint().verdict is Verdict.MISPRINT
    errors["weights"] = 0.1
    kept.keep("adaptive_kernel", values | {"errors": errors}, {"seed": 1}, MODULES)
    found = chapter_claims.kernel("weights", "size")
    assert found.verdict is Verdict.IN_PART
    assert result.digest in found.evidence


def test_result_is_current_by_all_modules_that_make_it_now(results):
    kept.keep("adaptive_kernel", {"sizes": [1, 2]}, {}, MODULES[:1])
    assert "earlier version" in chapter_claims.kernel("size").evidence
    for chapter, modules in kept.MADE_BY.items():
        assert len(kept.code_digest(modules)) == 12, chapter


def test_kept_results_of_the_repository_are_current(monkeypatch):
    monkeypatch.delenv(kept.FOLDER_VARIABLE, raising=False)
    there = {name: kept.kept(name) for name in kept.MADE_BY}
    # What is about the layer alone is always there.
    assert there["adaptive_kernel"] and there["variance_theorem"]
    for chapter, result in there.items():
        assert result is None or result.is_current, chapter


def test_result_of_other_code_says_so(results):
    kept.keep("adaptive_kernel", {"sizes": [1, 2]}, {}, MODULES)
    path = results / "adaptive_kernel.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"code": "0"}))
    assert "earlier version" in chapter_claims.kernel("size").evidence


def test_nothing_is_kept_where_no_folder_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv(kept.FOLDER_VARIABLE, raising=False)
    monkeypatch.setattr(kept, "PROJECT", tmp_path)
    kept.keep("timing", {}, {}, MODULES)
    assert list(tmp_path.iterdir()) == []
    assert kept.kept("timing") is None


def test_damaged_result_is_named(results):
    (results / "timing.json").write_text("{}")
    with pytest.raises(ValueError, match=r"timing\.json"):
        kept.kept("timing")


def test_digest_sees_code_and_not_comments(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / "made_up_module.py"
    digests = []
    for text in ("x = 1\n", '"""Words."""\nx = 1  # one\n', "x = 2\n"):
        path.write_text(text)
        digests.append(kept.code_digest(["made_up_module"]))
    assert digests[0] != digests[2]
    path.write_text('"""Other."""\nx = 1\n')
    assert kept.code_digest(["made_up_module"]) == digests[1]


def test_settings_that_differ_are_those_of_the_notes():
    # Where the published code has another value, data/paper.yaml says so.
    names = [name for name in load() if name.startswith(("table1", "unet", "resnet."))]
    for name, (printed, ours) in compare_settings(names).items():
        if (printed or 0) != ours:
            assert load()[name].note, name


def test_eq_1_is_one_place_short_and_its_limits_one_too_many():
    for size, kernel_size in ((28, 3), (60, 9)):
        found = printed_claims.output_sizes(size, kernel_size)
        assert found["valid"] == size - kernel_size + 1
        assert found["printed"] == found["valid"] - 1
        assert found["limits"] == found["valid"] + 1
