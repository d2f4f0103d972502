"""Describes the built site for machines: ``ro-crate-metadata.json``, an RO-Crate.

It names the files that a reader can take along, the recorded runs behind them, the data
sets with their checksums, the environment, the licences and the paper.
"""

import hashlib
import shutil
from pathlib import Path
from typing import Any

from citation import PAPER, citation, source_date
from live_notebooks import ROOT
from package_wheel import FOLDER as WHEEL
from pybtex.database import parse_file
from pybtex.richtext import Text
from rocrate.model import ContextEntity, Person
from rocrate.rocrate import ROCrate
from sphinx.application import Sphinx
from steps import PARALLEL, on_site

from aconv.companion.datasets.registry import SETS, DataFile, SetInfo
from aconv.companion.runs import RunStore
from aconv.companion.runs.record import RunRecord

METADATA = "ro-crate-metadata.json"
LICENCE = "https://spdx.org/licenses/MIT"
LOCK = "requirements.lock"
TABLES = {
    "results": "The paper's comparisons of accuracy and those of the recorded runs",
    "runs": "A row for each recorded run: settings, accuracy, device, commit",
    "curves": "A row for each epoch of a recorded run: losses and accuracies",
}
STATUS = {
    "done": "CompletedActionStatus",
    "partial": "ActiveActionStatus",
    "failed": "FailedActionStatus",
}


def setup(app: Sphinx) -> dict:
    """Write the description once all files that it names are there."""
    on_site(
        app,
        lambda app: describe(Path(app.outdir), RunStore().records()),
        priority=800,
    )
    return PARALLEL


def describe(site: Path, records: list[RunRecord]) -> None:
    """Write the description of a site, and the lock of its environment, into it."""
    shutil.copyfile(ROOT / LOCK, site / "_static" / LOCK)
    crate = ROCrate(version="1.2")
    software = citation(ROOT)
    crate.name = "Adaptive convolution kernels"
    crate.description = software["title"]
    crate.datePublished = source_date(ROOT)
    crate.license = crate.add(
        _entity(crate, LICENCE, "CreativeWork", {"name": "MIT License"})
    )
    crate.creator = [
        crate.add(_entity(crate, f"#creator-{place}", "Organization", each))
        for place, each in enumerate(software["authors"], 1)
    ]
    crate.root_dataset["citation"] = _paper(crate)
    lock = _file(
        crate, site, f"_static/{LOCK}", "Versions and checksums of all packages"
    )
    crate.root_dataset["softwareRequirements"] = lock
    (wheel,) = (site / WHEEL).glob("*.whl")
    package = _file(crate, site, f"{WHEEL}/{wheel.name}", "The package aconv")
    package["version"] = software["version"]
    tables = [
        _file(crate, site, f"_static/data/{name}.csv", text)
        for name, text in TABLES.items()
    ]
    sets = {name: _data_set(crate, facts) for name, facts in SETS.items()}
    crate.root_dataset["mentions"] = [
        *sets.values(),
        *(_run(crate, each, sets, tables[1:]) for each in records),
    ]
    crate.metadata.write(site)


def _entity(
    crate: ROCrate, name: str, kind: str, values: dict[str, Any]
) -> ContextEntity:
    return ContextEntity(crate, name, properties={"@type": kind, **values})


def _file(crate: ROCrate, site: Path, path: str, text: str) -> Any:
    content = (site / path).read_bytes()
    return crate.add_file(
        site / path,
        path,
        properties={
            "name": Path(path).name,
            "description": text,
            "contentSize": str(len(content)),
            "sha256": hashlib.sha256(content).hexdigest(),
        },
    )


def _paper(crate: ROCrate) -> ContextEntity:
    entry = parse_file(ROOT / "book" / "references.bib").entries[PAPER]
    fields = {name: _plain(text) for name, text in entry.fields.items()}
    authors = [
        crate.add(Person(crate, f"#author-{place}", {"name": _plain(str(person))}))
        for place, person in enumerate(entry.persons["author"], 1)
    ]
    values = {
        "name": fields["title"],
        "author": authors,
        "isPartOf": fields["journal"],
        "datePublished": fields["year"],
        "sameAs": f"https://arxiv.org/abs/{fields['note'].split(':')[1].split(',')[0]}",
    }
    address = f"https://doi.org/{fields['doi']}"
    return crate.add(_entity(crate, address, "ScholarlyArticle", values))


def _plain(text: str) -> str:
    return Text.from_latex(text).render_as("text")


def _data_set(crate: ROCrate, facts: SetInfo) -> ContextEntity:
    files = [file for group in facts.sources for file in group]
    values = {
        "name": facts.title,
        "description": facts.note,
        "license": facts.licence,
        "creditText": facts.citation,
        "url": facts.homepage,
        "distribution": [crate.add(_download(crate, file)) for file in files],
    }
    if facts.made_from:
        values["isBasedOn"] = {"@id": f"#data-{facts.made_from}"}
    return crate.add(_entity(crate, f"#data-{facts.name}", "Dataset", values))


def _download(crate: ROCrate, file: DataFile) -> ContextEntity:
    algorithm, digest = file.checksum.split(":")
    values = {
        "name": file.path,
        "contentSize": str(file.size),
        "contentUrl": list(file.urls),
        "sha256" if algorithm == "sha256" else "identifier": (
            digest if algorithm == "sha256" else file.checksum
        ),
    }
    return _entity(crate, f"#file-{file.path}", "DataDownload", values)


def _run(
    crate: ROCrate, record: RunRecord, sets: dict[str, ContextEntity], tables: list
) -> ContextEntity:
    spec, origin = record.spec, record.provenance
    values = {
        "name": f"{spec.study}, {spec.version}, {spec.profile}: {spec.arm} on "
        f"{spec.dataset}, {spec.kernel_size}×{spec.kernel_size}, seed {spec.seed}",
        "description": f"{origin.backend} on {origin.device}, commit {origin.commit}",
        "identifier": spec.digest,
        "startTime": origin.started,
        "endTime": origin.ended,
        "actionStatus": f"http://schema.org/{STATUS[record.status]}",
        "object": sets[spec.dataset],
        "result": tables,
    }
    return crate.add(_entity(crate, f"#run-{spec.digest}", "CreateAction", values))
