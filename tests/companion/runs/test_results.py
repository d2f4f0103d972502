import dataclasses

import pytest
import sweeps

from aconv.companion.analysis.frames import runs_frame, settings_frame
from aconv.companion.runs import (
    SEEDS,
    RunRecord,
    grid,
    load_comparable_runs,
    run_missing,
    store_for,
)
from aconv.companion.studies.catalog import ALL_SEEDS

MNIST = {"datasets": ["mnist"], "kernel_sizes": [3]}


def shown(store, **options):
    return load_comparable_runs("simple", store, **options)


def put(store, profile, epochs=None, study="simple", **options):
    """Records runs whose accuracy rises from epoch to epoch."""
    specs = grid(study, profile, **options)
    for spec in specs:
        record = sweeps.record(spec)
        count = epochs or spec.settings.epochs
        rising = tuple(epoch / 1000 for epoch in range(count))
        done = count == spec.settings.epochs
        status = "done" if done else "partial"
        rising = dict.fromkeys(record.curves, rising)
        store.put(dataclasses.replace(record, status=status, curves=rising))
    return specs


def test_recorded_takes_the_largest_profile_of_each_set_and_size(store):
    kept = {"kernel_sizes": [3], "seeds": [31, 48]}
    put(store, "short", datasets=["mnist"], **kept)
    wanted = put(store, "short", datasets=["mnist"], kernel_sizes=[5])
    wanted += put(store, "full", datasets=["mnist"], **kept)
    wanted += put(store, "short", datasets=["cifar10"], **kept)
    # One seed cannot be compared.
    put(store, "full", datasets=["cifar10"], kernel_sizes=[3], seeds=[31])
    put(store, "demo", datasets=["digits"], **kept)
    assert {record.spec for record in shown(store)} == set(wanted)
    small = shown(store, profile="short")
    assert {record.spec.profile for record in small} == {"short"}
    assert len(small) == 2 * (2 + 5 + 2)
    assert load_comparable_runs("resnet", store) == []
    with pytest.raises(ValueError, match=r"`profile` must be.*Received: 'demo'"):
        shown(store, profile="demo")


def test_begun_full_runs_are_cut_to_what_they_have_in_common(store):
    arms = ["adaptive", "ordinary", "kept-apertures"]
    put(store, "full", 30, arms=["adaptive", "kept-apertures"], **MNIST)
    put(store, "full", 21, arms=["ordinary"], **MNIST)
    # A sixth seed has just begun, and another arm is behind.
    put(store, "full", 2, arms=arms, seeds=[116], **MNIST)
    put(store, "full", 9, arms=["ordinary-adaptive-start"], **MNIST)
    found = shown(store, arms=[*arms, "ordinary-adaptive-start"])
    assert {record.epochs for record in found} == {21}
    assert {record.status for record in found} == {"partial"}
    assert len(found) == 3 * 5
    assert runs_frame(found)["share"].tolist() == pytest.approx([0.21] * 15)
    assert runs_frame(found)["peak"].tolist() == [0.02] * 15
    # What is complete comes first.
    put(store, "full", seeds=[31, 48], **MNIST)
    found = shown(store)
    assert {(r.status, r.spec.seed) for r in found} == {("done", 31), ("done", 48)}


def test_run_that_failed_after_some_epochs_is_not_shown(store):
    failed, *_ = put(store, "full", 30, **MNIST)
    store.put(dataclasses.replace(store.get(failed), status="failed", error="no"))
    found = shown(store)
    assert {record.epochs for record in found} == {30}
    assert len(found) == 9
    assert failed not in {record.spec for record in found}


def test_arms_that_are_shown_together_are_cut_to_the_shortest(store):
    arms = ["adaptive", "ordinary", "ordinary-adaptive-start", "kept-apertures"]
    put(store, "full", arms=arms[:3], **MNIST)
    put(store, "full", 30, arms=["kept-apertures"], **MNIST)
    # One seed more has just begun, and says nothing of how far the arm is.
    put(store, "full", 2, arms=["aperture-rate-0"], seeds=[31], **MNIST)
    apart = shown(store, arms=arms)
    assert {(r.status, r.spec.arm) for r in apart} == {
        ("done", arm) for arm in arms[:3]
    }
    together = shown(store, arms=[*arms, "aperture-rate-0"], together=True)
    assert {(r.epochs, r.spec.arm) for r in together} == {(30, arm) for arm in arms}
    put(store, "full", arms=["kept-apertures"], **MNIST)
    together = shown(store, arms=arms, together=True)
    assert {(r.status, r.epochs) for r in together} == {("done", 100)}
    assert len(together) == 4 * 5


def test_beginnings_that_cannot_be_compared_are_not_shown(store):
    # Without the arms of the paper; of one cycle, whose rates depend on its length.
    put(store, "full", 9, arms=["kept-apertures"], **MNIST)
    assert shown(store, arms=["kept-apertures"]) == []
    put(store, "full", 30, study="resnet", **MNIST)
    assert load_comparable_runs("resnet", store) == []


def test_ten_seeds_are_shown_when_both_kinds_have_them(store):
    put(store, "short", seeds=ALL_SEEDS[:9], **MNIST)
    assert {r.spec.seed for r in shown(store)} == set(SEEDS)
    put(store, "short", seeds=ALL_SEEDS[9:], **MNIST)
    assert {r.spec.seed for r in shown(store)} == set(ALL_SEEDS)


def test_recorded_leaves_out_other_settings(store):
    kept, other = (grid("simple", "short", **MNIST, epochs=n)[0] for n in (None, 1))
    for spec in (kept, other):
        store.put(sweeps.record(spec))
    assert [record.spec for record in shown(store)] == [kept]


def test_a_run_is_recorded_with_either_method(store):
    by_fft = put(store, "full", method="fft", **MNIST)
    assert {record.spec for record in shown(store)} == set(by_fft)
    # Of both the direct one is shown, once it is done.
    put(store, "full", 9, seeds=[31], **MNIST)
    assert {record.spec for record in shown(store)} == set(by_fft)
    direct = put(store, "full", seeds=[31, 48], **MNIST)
    found = [record.spec for record in shown(store)]
    others = [spec for spec in by_fft if spec.directly() not in direct]
    assert len(others) == len(by_fft) - len(direct)
    assert sorted(found, key=str) == sorted([*direct, *others], key=str)


def test_of_a_run_that_is_begun_by_both_methods_the_longer_record_is_shown(store):
    for direct, by_fft in ((5, 6), (6, 6), (8, 6)):
        put(store, "full", direct, **MNIST)
        put(store, "full", by_fft, method="fft", **MNIST)
        records = shown(store)
        assert {record.epochs for record in records} == {max(direct, by_fft)}
        of_longer = "fft" if by_fft > direct else "direct"
        assert {record.spec.settings.method for record in records} == {of_longer}


def test_run_missing_reads_what_is_there_and_raises_what_failed(store):
    first, second, third = sweeps.specs(3)
    for spec in (first, second):
        store.put(sweeps.record(spec))
    assert [r.spec for r in run_missing([second, first], store)] == [second, first]
    store.put(RunRecord(third, "failed", sweeps.provenance(), error="it broke"))
    with pytest.raises(RuntimeError, match="failed: it broke"):
        run_missing([first, third], store)


def test_store_for_quick_is_empty_and_goes_with_its_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("ACONV_RECORDS_DIR", str(tmp_path))
    quick = store_for("demo")
    folder = quick.folder
    assert folder.is_dir()
    assert quick.records() == []
    del quick
    assert not folder.exists()
    assert store_for("short").folder == tmp_path
    with pytest.raises(ValueError, match=r"`profile` must be one of.*Received: 'fast'"):
        store_for("fast")


def test_settings_are_those_that_runs_have():
    table = settings_frame("simple").set_index(["profile", "dataset"])
    for (profile, dataset), row in table.iterrows():
        settings = grid("simple", profile, datasets=[dataset])[0].settings
        for name in ("epochs", "batch_size", "schedule", "dropout", "augmentation"):
            assert row[name] == getattr(settings, name)
    row = table.loc["full", "cifar10"]
    # The last batch of an epoch has 16 images.
    counts = row.train_images, row.test_images, row.steps, row.learning_rate
    assert counts == (50_000, 10_000, 120 * 782, 0.01)
