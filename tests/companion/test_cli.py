import dataclasses
import importlib.util
import re
import sys
import time
import types
import warnings
from unittest.mock import Mock

import attrs
import pytest
import sweeps

from aconv.companion.claims.judging import (
    count_numbers,
    count_verdicts,
    judge_claims,
)
from aconv.companion.cli import main
from aconv.companion.runs import RunStore, execution, grid
from aconv.companion.runs.sweeps import do_run
from aconv.companion.training.state import StateError

DIGITS = ["simple", "--dataset", "digits", "--kernel-size", "3"]
RUN = ["run", *DIGITS]
ADAPTIVE = ["--arm", "adaptive"]
DASK = ["--executor", "dask", "--scheduler", "tcp://127.0.0.1:1"]


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("ACONV_RECORDS_DIR", str(tmp_path / "records"))
    (tmp_path / "records").mkdir()
    monkeypatch.setenv(sweeps.FOLDER, str(tmp_path))
    # Same seeds in two kinds would be the same line in the log of the test's runs.
    monkeypatch.setattr(execution, "execute", sweeps.execute)
    return RunStore()


def seeds(*values):
    return ["--seed", *map(str, values)]


def rows_of(output):
    """Arm, size and counts of runs by state, of the table that is printed."""
    return {tuple(line.split()[2:8]) for line in output.splitlines()}


def test_run_does_what_is_missing_of_the_grid_and_says_so(store, capsys):
    assert main([*RUN, *seeds(0, 2)]) == 0
    output = capsys.readouterr().out
    assert "4 done" in output
    assert "done: simple paper digits adaptive 3x3 seed 0 (demo)" in output
    assert main([*RUN, *seeds(0, 2, 4)]) == 0
    assert "2 done, 4 recorded before" in capsys.readouterr().out
    assert len(store.records()) == 6


def test_failed_runs_set_the_exit_status_and_can_be_done_again(
    store, capsys, monkeypatch
):
    monkeypatch.setattr(execution, "execute", sweeps.fail_on_odd_seed)
    assert main([*RUN, *seeds(0, 1)]) == 1
    assert "2 done, 2 failed" in capsys.readouterr().out
    (spec,) = sweeps.specs(1)
    store.put(dataclasses.replace(sweeps.record(spec), status="failed", error=""))
    assert main(["status", *DIGITS, *seeds(0, 1)]) == 0
    output = capsys.readouterr().out
    name = "failed: simple paper digits adaptive 3x3 seed"
    assert f"{name} 1 (demo): ValueError: odd" in output
    assert f"{name} 0 (demo): for no known reason" in output
    monkeypatch.setattr(execution, "execute", sweeps.execute)
    assert main([*RUN, *seeds(0, 1), "--retry-failed"]) == 0
    assert "3 done, 1 recorded before" in capsys.readouterr().out
    assert len(list((store.folder / "aside").iterdir())) == 3


@pytest.mark.parametrize("options", [["--minutes", "nan"], ["--workers", "2"]])
def test_failed_runs_are_set_aside_after_all_arguments_are_checked(
    store, capsys, options
):
    spec = sweeps.specs(2)[1]
    store.put(sweeps.fail_on_odd_seed(spec, None)[0])
    arguments = [*RUN, *seeds(1), *ADAPTIVE, "--retry-failed"]
    assert main([*arguments, *options]) == 2
    assert store.get(spec).status == "failed"
    assert not (store.folder / "aside").exists()
    assert main(arguments) == 0
    assert store.get(spec).status == "done"


def test_runs_that_another_sweep_records_meanwhile_are_judged_as_they_are(
    store, capsys, monkeypatch
):
    def beside_another(spec, checkpointer):
        if spec.seed == 0:
            for other in sweeps.specs(3)[1:]:
                store.put(sweeps.fail_on_odd_seed(other, None)[0])
        return sweeps.execute(spec, checkpointer)

    monkeypatch.setattr(execution, "execute", beside_another)
    arguments = [*RUN, *ADAPTIVE]
    assert main([*arguments, *seeds(0, 1, 2)]) == 1
    output = capsys.readouterr().out
    assert "1 done, 2 recorded before" in output
    (line,) = [line for line in output.splitlines() if "--retry-failed" in line]
    assert line.endswith("simple paper digits adaptive 3x3 seed 1 (demo)")
    assert main([*arguments, *seeds(0, 2)]) == 0


def test_run_whose_state_does_not_fit_is_told_of_and_the_others_are_done(
    store, capsys, monkeypatch
):
    def of_another_backend(spec, checkpointer):
        if spec.seed == 0:
            raise StateError("it is of the backend other")
        return sweeps.execute(spec, checkpointer)

    monkeypatch.setattr(execution, "execute", of_another_backend)
    spec = sweeps.specs(1)[0]
    path = re.escape(str(store.state_path(spec)))
    sentence = rf"{path}.*{re.escape(str(spec))}.*backend other.*moved"
    with pytest.warns(UserWarning, match=sentence):
        assert main([*RUN, *seeds(0, 1), *ADAPTIVE]) == 1
    output = capsys.readouterr().out
    assert "1 done, 1 left for another time, 1 of these with a state that" in output


def test_run_whose_record_is_of_other_code_is_told_of_and_the_others_are_done(
    store, capsys
):
    spec = sweeps.specs(1)[0]
    store.put(sweeps.record(spec))
    text = store.path(spec).read_text().replace('"format": 2', '"format": 3')
    store.path(spec).write_text(text)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert main([*RUN, *seeds(0, 1), *ADAPTIVE]) == 1
    assert any(
        f"{store.path(spec)} is left alone" in str(warning.message)
        and "With that file moved elsewhere" in str(warning.message)
        for warning in caught
    )
    assert "1 done, 1 left for another time" in capsys.readouterr().out
    assert store.path(spec).read_text() == text


def test_closed_output_ends_no_run(store, monkeypatch):
    # As of ``aconv run ... >&- 2>&-``.
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert main([*RUN, *seeds(0, 1)]) == 0
    assert main(["status", *DIGITS]) == 0
    assert len(store.records()) == 4


def test_loading_the_backend_counts_for_the_time_limit(store, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    left = []

    class Module(types.ModuleType):
        @property
        def execute(self):
            now[0] += 8.0
            return lambda spec, checkpointer: (
                left.append(checkpointer._seconds) or sweeps.execute(spec, checkpointer)
            )

    name = "aconv.companion.runs.execution"
    monkeypatch.setitem(sys.modules, name, Module(name))
    do_run(sweeps.specs(1)[0], store.folder, seconds=12.0)
    assert left == [4.0]


def test_status_counts_done_and_missing_runs(store, capsys):
    main([*RUN, *seeds(0), *ADAPTIVE])
    main([*RUN, *seeds(0), "--epochs", "9", *ADAPTIVE])
    capsys.readouterr()
    assert main(["status", *DIGITS, *seeds(0, 1)]) == 0
    rows = rows_of(capsys.readouterr().out)
    assert ("adaptive", "3x3", "1", "0", "0", "1") in rows
    assert ("ordinary", "3x3", "0", "0", "0", "2") in rows
    # How convolutions are computed does not make another run.
    main([*RUN, *seeds(1), *ADAPTIVE, "--method", "fft"])
    assert len(store.records()) == 3
    capsys.readouterr()
    assert main(["status", *DIGITS, *seeds(0, 1)]) == 0
    output = capsys.readouterr().out
    assert ("adaptive", "3x3", "2", "0", "0", "0") in rows_of(output)
    assert "1 records of version and profile are outside of this grid." in output


def test_every_arm_version_and_profile_with_a_record_is_counted(store, capsys):
    assert main(["records"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    # Runs that choose a rate have one seed.
    main([*RUN, *seeds(31), "--arm", "kept-apertures", "adaptive-tuning-x3"])
    main([*RUN, *seeds(31, 48), *ADAPTIVE, "--version", "code-2020-09"])
    of_tomorrow = attrs.evolve(sweeps.specs(1)[0], dataset="of_tomorrow")
    store.put(sweeps.record(of_tomorrow))
    capsys.readouterr()
    for study in ([], ["simple"]):
        assert main(["records", *study]) == 0
        _, *lines = capsys.readouterr().out.splitlines()
        assert [line if line[0] == "#" else line.split()[2:8] for line in lines] == [
            "# version code-2020-09, profile demo",
            ["adaptive", "3x3", "2", "0", "0", "3"],
            "# version paper, profile demo",
            ["adaptive-tuning-x3", "3x3", "1", "0", "0", "0"],
            ["kept-apertures", "3x3", "1", "0", "0", "4"],
        ]
    assert main(["records", "resnet"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert main(["records", "vgg"]) == 2


def test_status_reports_damaged_records(store, capsys):
    path = store.path(sweeps.specs(1)[0])
    path.write_text("{")
    assert main(["status", "simple"]) == 0
    assert "no sound record" in capsys.readouterr().err
    assert path.read_text() == "{"


@pytest.mark.parametrize("unknown", ["study", "dataset"])
def test_records_of_what_is_not_known_here_stop_no_command(store, capsys, unknown):
    spec = attrs.evolve(sweeps.specs(1)[0], **{unknown: "of_tomorrow"})
    store.put(sweeps.record(spec))
    assert main(["status"]) == 0
    assert main([*RUN, *seeds(0)]) == 0
    assert "2 done" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ([], {"simple", "resnet", "unet"}),
        (["--kernel-size", "9"], {"simple"}),
        (["--kernel-size", "5"], {"simple", "resnet"}),
        (["--dataset", "coins_trimap"], {"unet"}),
        (["--profile", "full", "--dataset", "mnist"], {"simple", "resnet"}),
    ],
)
def test_status_shows_the_studies_that_have_what_is_asked_for(
    store, capsys, options, shown
):
    assert main(["status", *options]) == 0
    output = capsys.readouterr()
    rows = output.out.splitlines()[1:]
    assert {row.split()[0] for row in rows} == shown
    left_out = {line.split()[0] for line in output.err.splitlines()}
    assert left_out == {"simple", "resnet", "unet"} - shown


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (KeyboardInterrupt(), 130, "interrupted. What is recorded stays; the same "),
        (MemoryError("2 GiB are not to be had"), 1, "2 GiB are not to be had"),
        (MemoryError(), 1, "The memory does not suffice."),
    ],
)
def test_what_ends_a_run_is_a_sentence(
    store, capsys, monkeypatch, error, status, sentence
):
    monkeypatch.setattr(execution, "execute", Mock(side_effect=error))
    assert main([*RUN, *seeds(0)]) == status
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"aconv: {sentence}")


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["run", "vgg"], "study"),
        (["run", "simple", "--epochs", "0"], "epochs"),
        (["run", "simple", "--method", "FFT"], "method"),
        ([*RUN, "--minutes", "0"], "`minutes`"),
        ([*RUN, "--executor", "threads"], "`executor`"),
        ([*RUN, "--workers", "2"], "`workers`"),
        ([*RUN, "--executor", "processes", "--workers", "0"], "`workers`"),
        ([*RUN, "--executor", "dask"], "`scheduler`"),
        ([*RUN, *DASK[2:]], "`scheduler`"),
        ([*RUN, *DASK[:3], "127.0.0.1"], "`scheduler`"),
        ([*RUN, *DASK[:3], "carrier://pigeon:1"], "`scheduler`"),
        (["status", ""], "study"),
        (["status", "--kernel-size", "11"], "kernel_sizes"),
    ],
)
def test_bad_argument_is_refused_before_anything_starts(store, capsys, arguments, name):
    assert main(arguments) == 2
    output = capsys.readouterr()
    assert name in output.err
    assert "Received" in output.err
    assert output.out == ""
    assert sweeps.log(store.folder.parent) == []


@pytest.mark.parametrize("chosen", ["file", "file/records", "", "~nobody-of-that-name"])
def test_records_that_are_no_folder_are_refused_before_anything_starts(
    chosen, store, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    before = sorted(tmp_path.iterdir())
    for command in (RUN, ["status"], ["records"], ["claims"]):
        assert main([*command, "--records", chosen]) == 2
        output = capsys.readouterr()
        assert "`--records` must name a folder. Received:" in output.err
        assert output.out == ""
    assert sorted(tmp_path.iterdir()) == before
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main([*RUN, *seeds(0), "--records=~/mine"]) == 0
    assert len(RunStore(tmp_path / "mine").records()) == 2


def test_missing_data_and_packages_are_named_before_anything_starts(
    store, capsys, monkeypatch, tmp_path
):
    monkeypatch.setenv("ACONV_DATA_DIR", str(tmp_path / "no-data"))
    assert main(["run", "simple", "--profile", "short", "--dataset", "mnist"]) == 1
    assert "aconv datasets fetch mnist" in capsys.readouterr().err
    # What is recorded needs no data.
    short = ["run", "simple", "--profile", "short", "--dataset", "mnist"]
    for spec in grid("simple", "short", datasets=["mnist"], kernel_sizes=[7]):
        store.put(sweeps.record(spec))
    assert main([*short, "--kernel-size", "7"]) == 0
    assert "10 recorded before" in capsys.readouterr().out
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name: None if name == "distributed" else find(name),
    )
    assert main([*RUN, *DASK]) == 1
    assert "aconv[cluster]" in capsys.readouterr().err
    assert sweeps.log(tmp_path) == []


def test_claims_are_counted_as_the_pages_count_them(store, capsys):
    assert main(["claims"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = dict(line.rsplit(maxsplit=1) for line in lines)
    judged = judge_claims(store=store)
    printed, recorded = count_numbers(judged)
    numbers = {"printed numbers": printed, "recorded numbers": recorded}
    expected = {**count_verdicts(judged), "claims": len(judged), **numbers}
    assert rows == {name: str(count) for name, count in expected.items()}


def test_command_that_is_missing_can_be_one_of_those_that_are_named(capsys):
    with pytest.raises(SystemExit):
        main(["datasets"])
    assert "{list,fetch,sample}" in capsys.readouterr().err
