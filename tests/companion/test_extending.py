"""A data set is added by one entry each in its file and in a study."""

import attrs
import pytest
from made_up_sets import register

from aconv.companion.claims.judging import judge_claims
from aconv.companion.cli import main
from aconv.companion.datasets import stand_in
from aconv.companion.runs import RunStore, grid, sweep
from aconv.companion.studies import catalog
from aconv.companion.studies.profiles import SetEntry

LENGTH = {"epochs": 2, "batch_size": 8, "learning_rate": 0.05}


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
    status = ["status", "simple", "--profile", "short"]
    assert main(status) == 0
    assert "stripes" not in capsys.readouterr().out
    assert main([*status, "--dataset", "stripes", "--seed", "31", "48"]) == 0
    row = capsys.readouterr().out.splitlines()[1].split()
    assert row[:5] == ["simple", "stripes", "adaptive", "3x3", "2"]
    assert [item.finding for item in judge_claims(store=store)] == before
