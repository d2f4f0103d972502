"""The description of the site for machines, read back by the library that made it."""

import hashlib
import json
import re

import pytest
import sweeps
from books import BOOK, extension
from rocrate.rocrate import ROCrate

from aconv.companion import runs
from aconv.companion.datasets.registry import SETS

ROOT = BOOK.parent
research_object = extension("research_object")
FILES = {
    "_static/wheel/aconv-0.1.0-py3-none-any.whl": b"wheel",
    "_static/data/results.csv": b"a,b\n",
    "_static/data/runs.csv": b"c,d\n",
    "_static/data/curves.csv": b"e,f\n",
}


@pytest.fixture(scope="module")
def records():
    return [
        sweeps.record(
            runs.make_spec("simple", "mnist", kind, 7, profile="short", seed=31)
        )
        for kind in ("adaptive", "ordinary")
    ]


@pytest.fixture(scope="module")
def site(records, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    research_object.describe(folder, records)
    return folder


@pytest.fixture
def crate(site):
    return ROCrate(site)


def test_root_says_what_it_is_whose_and_under_which_licence(crate):
    root = crate.root_dataset
    assert root["name"] == "Adaptive convolution kernels"
    assert root["license"]["name"] == "MIT License"
    assert [each["name"] for each in root["creator"]] == ["The aconv developers"]
    paper = root["citation"]
    assert paper.id == "https://doi.org/10.1016/j.jvcir.2020.103015"
    authors = [author["name"] for author in paper["author"]]
    assert authors == ["Tek, F. Boray", "Çam, İlker", "Karlı, Deniz"]
    assert paper["sameAs"] == "https://arxiv.org/abs/2009.06385"


def test_files_are_there_with_their_length_and_checksum(crate, site):
    files = {entity.id: entity for entity in crate.get_by_type("File")}
    assert set(files) == {*FILES, "_static/requirements.lock"}
    for name, entity in files.items():
        content = (site / name).read_bytes()
        assert entity["contentSize"] == str(len(content))
        assert entity["sha256"] == hashlib.sha256(content).hexdigest()
    lock = files["_static/requirements.lock"]
    assert crate.root_dataset["softwareRequirements"] == lock
    assert (site / lock.id).read_bytes() == (ROOT / "requirements.lock").read_bytes()


def test_data_sets_have_licences_and_the_checksums_of_their_files(crate):
    for name, facts in SETS.items():
        entity = crate.dereference(f"#data-{name}")
        assert entity["license"] == facts.licence
        found = {
            (f["name"], f"sha256:{f['sha256']}" if f.get("sha256") else f["identifier"])
            for f in entity.get("distribution", [])
        }
        groups = facts.sources
        assert found == {(f.path, f.checksum) for files in groups for f in files}


def test_every_recorded_run_is_there_with_its_data(crate, records):
    found = {run["identifier"]: run for run in crate.get_by_type("CreateAction")}
    assert set(found) == {record.spec.digest for record in records}
    for record in records:
        run = found[record.spec.digest]
        assert run["object"] == crate.dereference("#data-mnist")
        assert run["startTime"] == record.provenance.started
        assert run["actionStatus"] == "http://schema.org/CompletedActionStatus"


def test_nothing_is_referred_to_that_is_not_described(site):
    graph = json.loads((site / "ro-crate-metadata.json").read_text())["@graph"]
    described = {entity["@id"] for entity in graph}

    # A reference is an object of nothing but a name, wherever it stands.
    named = re.findall(r'\{"@id": "([^"]*)"\}', json.dumps(graph))
    assert set(named) - described == {"https://w3id.org/ro/crate/1.2"}
