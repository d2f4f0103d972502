import hashlib
import json
import warnings
from pathlib import Path

import numpy as np
import pytest
import sweeps

from aconv.companion.analysis.frames import apertures_frame, curves_frame, runs_frame
from aconv.companion.runs import RunRecord, RunStore, grid
from aconv.companion.runs.record import CorruptRecordError, OtherFormatError

SPEC, OTHER = sweeps.specs(2)
RECORDS = Path(__file__).parents[3] / "data" / "records"


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "records")


def test_digest_is_that_of_the_values_on_any_machine():
    # Spelled out, because a digest that changes makes orphans of all records.
    text = json.dumps(SPEC.to_dict(), sort_keys=True, separators=(",", ":"))
    assert SPEC.digest == hashlib.sha256(text.encode()).hexdigest()[:20]
    specs = grid("simple", "short", datasets=["mnist"], kernel_sizes=[7], seeds=[31])
    assert {spec.arm: spec.digest for spec in specs} == {
        "adaptive": "7a7fd6b6dc76edf2a7b4",
        "ordinary": "dd7b15f326ae322b6145",
    }


def test_record_survives_its_file(store):
    record = sweeps.record(SPEC, epochs=100, scores={"mean_iou": 0.123456789012})
    store.put(record)
    assert store.get(SPEC) == record
    assert store.records() == [record]
    assert store.weights(record) is None
    assert record.scores == {"mean_iou": 0.123456789}
    # Of long runs the first and last apertures are there, and some between.
    path = record.apertures["conv_1"]
    assert (path.epochs[0], path.epochs[-1]) == (0, 100)
    assert len(path.epochs) <= 12
    history = sweeps.history(SPEC, epochs=100).apertures["conv_1"]
    for point, values in zip(path.epochs, path.values, strict=True):
        np.testing.assert_allclose(values, history[point], rtol=1e-4)


CUT = "cut off or no record"
DAMAGES = [
    (CUT, lambda text: text[: len(text) // 2]),
    (CUT, lambda text: ""),
    (CUT, lambda text: "[1, 2]"),
    (CUT, lambda text: text[: text.rindex(",\n")] + "}"),
    ("have its checksum", lambda text: text.replace('"done"', '"failed"')),
    ("format is None", lambda text: text.replace('"format": 2', '"format": null')),
    ("content is no record", lambda text: text.replace('"steps": 7', '"steps": NaN')),
    ("no text", lambda text: "\udcff"),
    ("", lambda text: "[" * 100_000),
]


@pytest.mark.parametrize(("reason", "damage"), DAMAGES)
def test_damaged_record_is_never_used_and_moves_when_its_run_is_done(
    store, reason, damage
):
    store.put(sweeps.record(SPEC))
    path = store.path(SPEC)
    data = damage(path.read_text()).encode("utf-8", "surrogateescape")
    path.write_bytes(data)
    with pytest.warns(UserWarning, match=f"no sound record.*{reason}"):
        assert store.records() == []
    assert path.read_bytes() == data  # who looks changes nothing
    # Of a run that is damaged twice both are kept.
    for _ in range(2):
        path.write_bytes(data)
        with store.claim(SPEC), pytest.warns(UserWarning, match="moved"):
            assert store.get(SPEC, claimed=True) is None
        assert not path.exists()
    kept = list((store.folder / "aside").iterdir())
    assert [file.read_bytes() for file in kept] == [data] * 2


def test_only_records_under_their_own_names_are_used(store):
    store.put(sweeps.record(SPEC))
    store.path(SPEC).rename(store.folder / f"{'0' * 20}.json")
    with pytest.warns(UserWarning, match="digest"):
        assert store.records() == []
    (store.folder / f"{'0' * 20}.json").rename(store.folder / f"{'0' * 20}.json.bak")
    for name in ("package.json", f"{'0' * 19}.json"):
        (store.folder / name).write_text("{")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert store.records() == []
    assert len(list(store.folder.iterdir())) == 3


@pytest.mark.parametrize("other", [1, 3])
def test_record_of_another_format_is_named_and_left_alone(store, other):
    store.put(sweeps.record(SPEC))
    path = store.path(SPEC)
    text = path.read_text().replace('"format": 2', f'"format": {other}')
    path.write_text(text)
    with pytest.warns(UserWarning, match=rf"is not used where the format is {other}"):
        assert store.records() == []
    with store.claim(SPEC), pytest.raises(OtherFormatError, match="left alone"):
        store.get(SPEC, claimed=True)
    assert path.read_text() == text


def test_what_is_no_file_or_vanishes_is_no_record(store, monkeypatch):
    store.put(sweeps.record(SPEC))
    for number, make in enumerate((Path.mkdir, lambda path: path.symlink_to("gone"))):
        make(store.folder / f"{number:020}.json")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert set(store.by_spec()) == {SPEC}
        # Another process may have moved it aside since the folder was listed.
        paths = list(store._paths())
        monkeypatch.setattr(store, "_paths", lambda: iter(paths))
        store.path(SPEC).unlink()
        assert store.by_spec() == {}


def test_record_that_may_not_be_read_is_told_of(store, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    store.put(sweeps.record(SPEC))
    monkeypatch.setattr(store, "_parse", refuse)
    with pytest.warns(UserWarning, match="is not used: Permission denied"):
        assert store.by_spec() == {}
    with store.claim(SPEC), pytest.raises(PermissionError):
        store.get(SPEC, claimed=True)


def test_weights_survive_their_file_and_damage_is_seen(store):
    weights = {"conv/kernel": np.arange(12, dtype="float16").reshape(3, 4)}
    store.put(sweeps.record(SPEC), weights)
    record = store.get(SPEC)
    found = store.weights(record)["conv/kernel"]
    np.testing.assert_array_equal(found, weights["conv/kernel"])
    path = store.weights_path(SPEC)
    for damage in (lambda: path.write_bytes(b"not what was written"), path.unlink):
        damage()
        with pytest.raises(CorruptRecordError, match="not what was written"):
            store.weights(record)


def test_remnants_of_killed_writers_are_ignored_and_cleared(store):
    remnants = [
        path.with_name(f".{SPEC.digest}.abc123")
        for path in (store.path(SPEC), store.state_path(SPEC))
    ]
    for remnant in remnants:
        remnant.parent.mkdir()
        remnant.write_text('{"format"')
    assert store.records() == []
    with store.claim(SPEC):
        assert not any(remnant.exists() for remnant in remnants)


def test_record_that_is_no_longer_failed_is_not_set_aside(store):
    store.put(sweeps.fail_on_odd_seed(OTHER, None)[0])
    # Another sweep does the run again between the look and the claim.
    store.put(sweeps.record(OTHER))
    store.archive_failed([SPEC, OTHER])
    assert store.get(OTHER).status == "done"
    assert not (store.folder / "aside").exists()


def test_frames_hold_what_the_records_hold():
    for make in (runs_frame, curves_frame, apertures_frame):
        nothing = make([])
        assert nothing.empty
        assert {"study", "seed"} <= set(nothing.columns)
    records = [sweeps.record(spec) for spec in sweeps.specs(3)]
    failed = RunRecord(sweeps.specs(4)[3], "failed", sweeps.provenance(), error="no")
    runs = runs_frame([*records, failed])
    assert list(runs["seed"]) == [0, 1, 2]
    for record, row in zip(records, runs.itertuples(), strict=True):
        accuracy = record.curves["val_accuracy"]
        assert row.peak == max(accuracy)
        assert accuracy[row.peak_epoch] == row.peak
        assert row.last == accuracy[-1]
        assert row.seconds_per_step == pytest.approx(0.01 / 3 / 7)
    curves = curves_frame([*records, failed])
    assert len(curves) == 9
    of_one = curves[curves["seed"] == 1]
    assert tuple(of_one["val_loss"]) == records[1].curves["val_loss"]
    apertures = apertures_frame([*records, failed])
    assert len(apertures) == 3 * 4 * 4
    chosen = apertures.query("seed == 2 and epochs == 3")
    assert tuple(chosen["aperture"]) == records[2].apertures["conv_1"].last
    scored = sweeps.record(SPEC, scores={"mean_iou": 0.5})
    assert runs_frame([scored])["mean_iou"].tolist() == [0.5]
    assert "mean_iou" not in runs


def test_records_of_the_project_are_sound():
    store = RunStore(RECORDS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of a record that is not what it should be
        records = store.records()
    assert len(records) == len(list(RECORDS.glob("*.json"))) > 0
    for record in records:  # written anew they are the same files
        assert store.path(record.spec).read_text() == record.to_json()
    weights = {record.spec.digest: store.weights(record) for record in records}
    kept = {digest for digest, arrays in weights.items() if arrays}
    assert kept == {path.stem for path in RECORDS.glob("*.npz")}
    for digest in kept:
        assert all(np.isfinite(array).all() for array in weights[digest].values())
    assert sum(path.stat().st_size for path in RECORDS.iterdir()) <= 25e6
