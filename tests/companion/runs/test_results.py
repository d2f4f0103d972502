import pytest
import sweeps

from aconv.companion.analysis.frames import runs_frame, settings_frame
from aconv.companion.runs import RunRecord, RunStore, grid, obtain, recorded, store_for


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path)


def test_recorded_takes_the_largest_profile_of_each_set(store):
    def put(profile, dataset, count):
        specs = grid("simple", profile, datasets=[dataset])[:count]
        for spec in specs:
            store.put(sweeps.record(spec))
        return specs

    put("reduced", "mnist", 3)
    wanted = put("paper", "mnist", 2) + put("reduced", "cifar10", 1)
    put("quick", "digits", 2)
    assert [record.spec for record in recorded("simple", store)] == wanted
    assert recorded("resnet", store) == []


def test_recorded_leaves_out_failed_runs_and_other_settings(store):
    kept, failed = grid("simple", "reduced")[:2]
    (other,) = grid(
        "simple", "reduced", datasets=["mnist"], kernel_sizes=[3], seeds=[31],
        arms=["adaptive"], epochs=1,
    )  # fmt: skip
    store.put(sweeps.record(kept))
    store.put(RunRecord(failed, "failed", sweeps.provenance(), error="no"))
    store.put(sweeps.record(other))
    assert [record.spec for record in recorded("simple", store)] == [kept]


def test_obtain_reads_what_is_there_and_raises_what_failed(store):
    first, second = sweeps.specs(2)
    for spec in (first, second):
        store.put(sweeps.record(spec))
    assert [r.spec for r in obtain([second, first], store)] == [second, first]
    (third,) = sweeps.specs(3)[2:]
    store.put(RunRecord(third, "failed", sweeps.provenance(), error="it broke"))
    with pytest.raises(RuntimeError, match="failed: it broke"):
        obtain([first, third], store)


def test_store_for_quick_is_empty_and_goes_with_its_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("ACONV_RECORDS_DIR", str(tmp_path))
    quick = store_for("quick")
    folder = quick.folder
    assert folder.is_dir()
    assert quick.records() == []
    del quick
    assert not folder.exists()
    assert store_for("reduced").folder == tmp_path
    with pytest.raises(ValueError, match=r"`profile` must be one of.*Received: 'fast'"):
        store_for("fast")


def test_scores_of_a_record_become_columns():
    spec = sweeps.specs(1)[0]
    record = RunRecord.from_json(
        sweeps.record(spec, scores={"mean_iou": 0.123456789012}).to_json()
    )
    assert record.scores == {"mean_iou": 0.123456789}
    assert runs_frame([record])["mean_iou"].tolist() == [0.123456789]
    assert "mean_iou" not in runs_frame([sweeps.record(spec)])


def test_settings_are_those_that_runs_have():
    table = settings_frame("simple").set_index(["profile", "dataset"])
    paper = table.loc["paper", "cifar10"]
    assert (paper.train_images, paper.test_images) == (50_000, 10_000)
    assert paper.steps == 120 * 782  # the last batch of an epoch has 16 images
    assert paper.dropout == 0.5  # the network's own, as the spec has none
    spec = grid("simple", "reduced", datasets=["mnist_cluttered"])[0]
    cluttered = table.loc["reduced", "mnist_cluttered"]
    assert cluttered.dropout == spec.settings.dropout
    assert cluttered.learning_rate == spec.settings.recipe.learning_rate
    pets = settings_frame("unet")
    assert pets["dataset"].tolist() == ["oxford_pets_3breeds", "oxford_pets"]
    assert pets["dropout"].isna().all()
    with pytest.raises(ValueError, match="`profile` must be"):
        settings_frame("simple", ["fast"])
