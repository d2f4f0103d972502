"""Verdicts on the paper's claims change with their evidence, and with nothing else."""

import dataclasses

import numpy as np
import pytest
import scipy.stats
from asking import ask
from made_up_runs import record_with

from aconv.companion.analysis import findings
from aconv.companion.chapters.audit.settings import compare_settings, is_as_printed
from aconv.companion.chapters.kernel.judges import CHECKS
from aconv.companion.claims import judging
from aconv.companion.claims.judging import count_numbers, count_verdicts, judge_claims
from aconv.companion.paper import load
from aconv.companion.paper.claims import load_claims
from aconv.companion.paper.numbers import number
from aconv.companion.runs import COMPARED, SEEDS, RunStore, grid, results_cache
from aconv.companion.runs.record import RunRecord
from aconv.companion.runs.results_cache import load_result, save_result
from aconv.companion.stats import Verdict
from aconv.companion.studies.arms import STEPS

CIFAR = [claim for claim in load_claims() if claim.id == "simple.cifar10"]


PRINTED = number("table2.cifar10.ordinary.mean").as_fraction().value


def store_of(folder, ahead, profile="short", off=0.0, arms=COMPARED):
    """A store with five seeds of some arms, those of ``ahead`` ahead by so much.

    The others are so far off the accuracy that is printed of ordinary kernels.
    """
    store = RunStore(folder)
    cell = {"datasets": ["cifar10"], "kernel_sizes": [9], "arms": arms}
    for spec in grid("simple", profile, **cell):
        noise = (spec.seed - SEEDS[2]) / 1e5
        peak = PRINTED + off + noise + ahead.get(spec.arm, 0.0)
        store.put(record_with(spec, peak))
    return store


LENGTHS = {"short": "short (", "full": "full length, "}


@pytest.mark.parametrize(
    ("profile", "off", "ahead", "verdict"),
    [
        ("short", -0.2, -0.05, Verdict.OTHER_WAY),
        ("full", 0.0, -0.05, Verdict.DOES_NOT_HOLD),
        ("full", 0.019, 0.05, Verdict.HOLDS),
        # Another network than the paper's.
        ("full", 0.021, 0.05, Verdict.SAME_WAY),
    ],
)
def test_records_decide(profile, off, ahead, verdict, tmp_path):
    store = store_of(tmp_path, {"adaptive": ahead}, profile, off)
    (judged,) = judge_claims(CIFAR, store)
    assert judged.finding.verdict is verdict
    assert f"{100 * ahead:+.2f}" in judged.finding.ours
    evidence = judged.finding.evidence
    assert evidence.startswith(LENGTHS[profile])
    assert "; version paper" in evidence
    far = profile == "full" and abs(off) > 0.02
    assert ("; ordinary kernels " in evidence) == far


ADAPTING = ("introduction.advantage",)
BETTER = ("abstract.improvement", "simple.significant", "discussion.slight")


@pytest.mark.parametrize("profile", ["short", "full"])
@pytest.mark.parametrize("trained", [-0.05, 0.05])
def test_that_sizes_adapt_is_judged_by_their_training(profile, trained, tmp_path):
    """An envelope that gains by itself is no sign of it."""
    kept_gain = -2 * trained
    ahead = {"kept-apertures": kept_gain, "adaptive": kept_gain + trained}
    store = store_of(tmp_path, ahead, profile, arms=STEPS)
    claims = [claim for claim in load_claims() if claim.id in (*ADAPTING, *BETTER)]
    gains, loses = {
        "short": (Verdict.SAME_WAY, Verdict.OTHER_WAY),
        "full": (Verdict.HOLDS, Verdict.DOES_NOT_HOLD),
    }[profile]
    for item in judge_claims(claims, store):
        adapts, finding = item.claim.id in ADAPTING, item.finding
        gain = trained if adapts else kept_gain + trained
        assert finding.verdict is (gains if gain > 0 else loses), item.claim.id
        assert f"{100 * gain:+.2f}" in finding.ours
        assert finding.ours.startswith("trained minus kept apertures: ") == adapts
        assert finding.evidence.startswith(LENGTHS[profile])
        relation = ", matched" if adapts else ""
        assert finding.evidence.endswith(f"; version paper{relation}")


def test_training_of_sizes_is_not_tested_without_kept_ones(tmp_path):
    arms = ("ordinary", "ordinary-adaptive-start", "adaptive")
    store = store_of(tmp_path, {"adaptive": 0.05}, "full", arms=arms)
    (item,) = judge_claims([c for c in load_claims() if c.id in ADAPTING], store)
    assert item.finding.verdict is Verdict.NOT_TESTED


def test_records_of_an_earlier_form_do_not_stop_the_judges(tmp_path):
    store = store_of(tmp_path, {"adaptive": 0.05})
    for place in range(3):
        path = tmp_path / f"{place:020x}.json"
        path.write_text('{"format": 1, "spec": {}, "sha256": "0"}')
    with pytest.warns(UserWarning, match="where the format is 1") as caught:
        (judged,) = judge_claims(CIFAR, store)
    # One sentence for all, which Python shows once.
    assert len({str(warning.message) for warning in caught}) == 1
    assert judged.finding.verdict is Verdict.SAME_WAY


def test_without_records_and_results_nothing_is_said_of_experiments(results):
    judged = judge_claims(store=RunStore(results))
    found = {item.claim.id: item.finding for item in judged}
    for name in ("simple.mnist", "unet.loss", "filters.error", "timing.slowdown"):
        assert found[name].verdict is Verdict.NOT_TESTED
        assert found[name].ours
    assert found["method.output_size"].verdict is Verdict.MISPRINT


def test_times_of_layers_alone_say_nothing_of_networks(results):
    values = {"share": [0.1, 0.2], "with_filters": [2.0, 3.0]}
    values["filter_numbers"] = [8, 512]
    save_result("timing", values, {"rounds": 4})
    assert ask("slowdown").verdict is Verdict.NOT_TESTED
    assert "network" in ask("slowdown").ours
    assert ask("timing_parts removed").verdict is Verdict.NOT_TESTED
    layer = ask("timing_parts independent size_only")
    assert layer.verdict is Verdict.OTHER_WAY
    rows = [{"size": 3, "median": 1.25, "low": 1.22, "high": 1.28}]
    save_result("timing", values | {"training": rows, "folded": rows}, {})
    assert ask("slowdown").verdict is Verdict.SAME_WAY
    assert ask("timing_parts removed").verdict is Verdict.OTHER_WAY


@pytest.mark.parametrize(
    ("part", "name", "apart"),
    [("independent", "share", [0.1, 0.2]), ("size_only", "with_filters", [1.1, 1.2])],
)
def test_each_part_of_the_extra_time_has_numbers_of_its_own(part, name, apart, results):
    values = {"share": [-0.01, 0.01], "with_filters": [0.98, 1.02]}
    values["filter_numbers"] = [8, 512]
    save_result("timing", values, {})
    assert ask(f"timing_parts {part}").verdict is Verdict.SAME_WAY
    save_result("timing", values | {name: apart}, {})
    assert ask(f"timing_parts {part}").verdict is Verdict.OTHER_WAY
    assert ask("timing_parts independent size_only").verdict is Verdict.OPEN


@pytest.mark.parametrize(
    ("ratio", "holds"), [(1.05, True), (0.95, True), (1.2, False), (0.8, False)]
)
def test_variance_of_gradients_is_judged_at_the_level_of_all_ratios(
    ratio, holds, results
):
    # One false no in a thousand over both: 3.48 deviations where ``half`` has 1.96.
    ratios = [{"ratio": 1.0, "half": 0.01}, {"ratio": ratio, "half": 0.04}]
    save_result("variance_theorem", {"ratios": ratios, "dependent": 9.0}, {})
    found = ask("gradient_variance")
    assert found.verdict is (Verdict.HOLDS if holds else Verdict.DOES_NOT_HOLD)
    assert f"{min(1, ratio):.2f} to {max(1, ratio):.2f} of Eq. (20)" in found.ours


def test_variance_of_weights_is_judged_by_what_chance_leaves(results):
    # Of 200 intervals of 95 %, chance alone covers fewer once in a thousand.
    least = int(scipy.stats.binom.ppf(0.001, 200, 0.95))
    for count, verdict in ((least, Verdict.HOLDS), (least - 1, Verdict.DOES_NOT_HOLD)):
        save_result("variance_theorem", {"covered": count, "covered_of": 200}, {})
        assert ask("variance covered").verdict is verdict


def test_counts_are_of_all_claims_and_all_numbers():
    judged = judge_claims()
    assert sum(count_verdicts(judged).values()) == len(judged) == len(load_claims())
    recorded = sum(name.startswith("records.") for name in load())
    assert count_numbers(judged) == (len(load()) - recorded, recorded)
    for item in judged:
        tested = item.finding.verdict is not Verdict.NOT_TESTED
        assert item.finding.ours, item.claim.id
        assert not tested or item.finding.evidence != "–", item.claim.id


def test_unknown_judge_is_named_and_whose_it_is():
    claim = dataclasses.replace(CIFAR[0], judge="oracle")
    with pytest.raises(ValueError, match=f"'{claim.id}'.*every_judge.*'oracle'"):
        judge_claims([claim])


def test_new_judge_is_asked_by_its_name(monkeypatch):
    monkeypatch.setattr(findings, "JUDGES", dict(findings.JUDGES))
    monkeypatch.setattr(judging, "JUDGES", findings.JUDGES)

    @findings.judge("oracle")
    def oracle(claim, context):
        if "silent" in claim.arguments:
            raise findings.NotTestedError("it does not speak")
        return findings.Finding(Verdict.HOLDS, f"by {len(claim.arguments)} signs")

    spoken, silent = ask("oracle a b"), ask("oracle silent")
    assert (spoken.verdict, spoken.ours) == (Verdict.HOLDS, "by 2 signs")
    assert (silent.verdict, silent.ours) == (Verdict.NOT_TESTED, "it does not speak")
    with pytest.raises(ValueError, match=r"`name` must be new.*'oracle'"):
        findings.judge("oracle")(oracle)


def test_records_are_read_once_until_one_changes(tmp_path, monkeypatch):
    store = store_of(tmp_path, {"adaptive": 0.05})
    read = []
    parse = RunRecord.from_json.__func__
    counted = classmethod(lambda cls, text: read.append(text) or parse(cls, text))
    monkeypatch.setattr(RunRecord, "from_json", counted)
    judge_claims(store=store)
    (before,) = judge_claims(CIFAR, store)
    assert len(read) == 10
    assert before.finding.verdict is Verdict.SAME_WAY
    for record in store.records():
        if record.spec.kind == "adaptive":
            curves = record.curves | {"val_accuracy": (0.1,) * record.epochs}
            store.path(record.spec).unlink()
            store.put(dataclasses.replace(record, curves=curves))
    read.clear()
    (after,) = judge_claims(CIFAR, store)
    assert len(read) == 10
    assert after.finding.verdict is Verdict.OTHER_WAY


def test_kept_result_decides(results):
    errors = {"product": 1e-16, "weights": 1e-16, "aperture": 1e-16, "printed": 0.5}
    values = {"errors": errors | {"without_2": 0.4}, "sizes": np.array([1.0, 2.0])}
    assert ask("kernel weights").verdict is Verdict.NOT_TESTED
    save_result("adaptive_kernel", values, {"seed": 1})
    assert ask("kernel weights size").verdict is Verdict.HOLDS
    assert ask("kernel_misprint").verdict is Verdict.MISPRINT
    errors["weights"] = 0.1
    save_result("adaptive_kernel", values | {"errors": errors}, {"seed": 1})
    found = ask("kernel weights size")
    assert found.verdict is Verdict.IN_PART
    assert load_result("adaptive_kernel").digest in found.evidence


@pytest.mark.parametrize("name", CHECKS)
def test_each_formula_is_judged_by_its_own_error(results, name):
    for error, verdict in ((1e-16, Verdict.HOLDS), (0.1, Verdict.DOES_NOT_HOLD)):
        errors = dict.fromkeys(CHECKS, 0.1 - error) | {name: error}
        save_result("adaptive_kernel", {"errors": errors}, {"seed": 1})
        assert ask(f"kernel {name}").verdict is verdict


def test_settings_are_compared_with_the_code_or_with_the_data():
    evidence = {
        judged.claim.id: judged.finding.evidence
        for judged in judge_claims()
        if judged.claim.judge == "settings"
    }
    assert evidence.pop("simple.data") == "the data sets"
    assert evidence.pop("simple.faces") == "the data sets"
    # Of the pets the code scores a part.
    assert evidence.pop("unet.data") == "the data sets and the authors' code"
    assert set(evidence.values()) == {"the authors' code"}


def test_result_of_other_code_says_so_and_need_not_have_what_is_asked(results):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(results_cache.MADE_BY, "adaptive_kernel", ("aconv.layers.crop",))
        save_result("adaptive_kernel", {"sizes": [1, 2]}, {})
    assert "by earlier code" in ask("kernel size").evidence
    found = ask("kernel weights")
    assert found.verdict is Verdict.NOT_TESTED
    assert "of earlier code, has no 'errors'" in found.ours
    # That of this code lacks nothing, or a judge is wrong.
    save_result("adaptive_kernel", {"sizes": [1, 2]}, {})
    assert "by earlier code" not in ask("kernel size").evidence
    with pytest.raises(KeyError, match="errors"):
        ask("kernel weights")


def test_kept_results_of_the_repository_are_current(monkeypatch):
    monkeypatch.delenv(results_cache.FOLDER_VARIABLE, raising=False)
    there = {name: load_result(name) for name in results_cache.MADE_BY}
    # What is about the layer alone is always there.
    assert there["adaptive_kernel"] and there["variance_theorem"]
    for name, result in there.items():
        assert len(results_cache.code_digest(results_cache.MADE_BY[name])) == 12
        assert result is None or result.is_current, name


def test_settings_that_differ_are_those_of_the_notes():
    # Where the published code has another value, data/paper.yaml says so.
    for name, (printed, ours) in compare_settings(load()).items():
        if not is_as_printed(printed, ours):
            assert load()[name].note, name
