"""A study and a data set are added by one entry each, and everything knows them."""

import attrs
import pytest
from made_up_sets import register

from aconv.companion.analysis.accuracy import ADAPTIVE, ORDINARY, compare
from aconv.companion.analysis.frames import runs_frame
from aconv.companion.claims.judging import judge_claims
from aconv.companion.cli import main
from aconv.companion.datasets import stand_in
from aconv.companion.runs import RunStore, grid, sweep
from aconv.companion.studies import catalog
from aconv.companion.studies.catalog import Study
from aconv.companion.studies.profiles import SetEntry
from aconv.companion.studies.versions import Version
from aconv.companion.training.settings import KINDS

LENGTH = {"epochs": 2, "batch_size": 8, "learning_rate": 0.05}
VERSION = Version(
    source="made up",
    design={"block": "conv-relu"},
    starts={kind: {"kernel_initializer": "he_uniform"} for kind in KINDS},
    envelope={"apertures": (0.2, 0.4)},
    full={},
)


@pytest.fixture
def registered(monkeypatch, tmp_path):
    monkeypatch.setenv("ACONV_RECORDS_DIR", str(tmp_path))
    facts = register(monkeypatch, tmp_path, sections=[])
    entry = SetEntry(design={"inputs": "unit"}, full=LENGTH, short=LENGTH)
    study = Study(
        name="simple",
        entries={facts.name: entry},
        versions={"paper": VERSION},
        demo=LENGTH,
        kernels=(("adaptive", 3), ("ordinary", 3)),
        kept=(),
    )
    monkeypatch.setitem(catalog.STUDIES, study.name, study)
    return study


def test_a_new_study_on_a_new_set_is_run_shown_and_compared(registered, capsys):
    specs = grid("simple", seeds=(31, 48))
    assert str(specs[0]) == "simple paper stripes adaptive 3x3 seed 31 (demo)"
    store = RunStore()
    assert len(sweep(specs, store).done) == 4
    assert main(["status", "simple", "--seed", "31", "48"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:5] for line in lines[1:3]] == [
        ["simple", "stripes", kind, "3x3", "2"] for kind in ("adaptive", "ordinary")
    ]
    table = compare(runs_frame(store.records()), ADAPTIVE, ORDINARY)
    (row,) = table.itertuples()
    assert (row.study, row.dataset, row.n_first, row.n_second) == (
        *("simple", "stripes"),
        *(2, 2),
    )


def test_a_set_beyond_the_paper_is_trained_and_in_none_of_its_tables(
    monkeypatch, tmp_path, capsys
):
    monkeypatch.setenv("ACONV_RECORDS_DIR", str(tmp_path))
    before = [item.finding for item in judge_claims()]
    facts = register(monkeypatch, tmp_path, kind="other", sections=[])
    entry = SetEntry(design={"inputs": "unit"}, full=LENGTH, short=LENGTH)
    study = catalog.STUDIES["simple"]
    papers = study.datasets
    entries = {**study.entries, facts.name: entry}
    extended = attrs.evolve(study, entries=entries)
    monkeypatch.setitem(catalog.STUDIES, "simple", extended)
    assert extended.datasets == papers
    with pytest.raises(ValueError, match="No embedded set stands for 'stripes'"):
        stand_in(facts.name)
    specs = grid(
        "simple", "short", datasets=["stripes"], kernel_sizes=[3], seeds=(31, 48)
    )
    store = RunStore()
    assert len(sweep(specs, store).done) == 4
    assert main(["status", "simple", "--profile", "short"]) == 0
    assert "stripes" not in capsys.readouterr().out
    assert [item.finding for item in judge_claims(store=store)] == before
