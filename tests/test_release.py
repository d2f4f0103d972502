"""A release is made from a tag, has its line in the changelog, and keeps no secret."""

import re
import tarfile
import zipfile
from pathlib import Path

import yaml

import aconv

ROOT = Path(__file__).parents[1]
DATA = sorted((ROOT / "data").glob("*.yaml"))
RELEASE = ROOT / ".github" / "workflows" / "release.yml"


WORKFLOW = yaml.safe_load(RELEASE.read_text())


def test_only_a_tag_of_a_version_releases():
    # YAML reads the key "on" as true.
    assert WORKFLOW[True] == {"push": {"tags": ["v*"]}}


def test_only_the_job_that_publishes_may_prove_who_it_is():
    jobs = WORKFLOW["jobs"]
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert "permissions" not in jobs["build"]
    publish = jobs["publish"]
    assert publish["permissions"] == {"id-token": "write"}
    assert publish["needs"] == "build" and publish["environment"]
    # No step of that job runs anything of the repository.
    assert all("run" not in step for step in publish["steps"])
    assert "secrets." not in RELEASE.read_text()
    assert "password" not in RELEASE.read_text()


def test_changelog_has_each_version_once_and_newest_first():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    heads = re.findall(r"^## \[(.+?)\]", text, re.MULTILINE)
    assert heads[0] == "Unreleased" or heads[0] == aconv.__version__
    versions = [tuple(map(int, h.split("."))) for h in heads if h != "Unreleased"]
    assert versions == sorted(set(versions), reverse=True)
    kinds = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_changelog_names_everything_public():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert [name for name in aconv.__all__ if f"`{name}`" not in text] == []


def test_wheel_has_the_package_and_no_records(dist):
    (wheel,) = dist.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    version = re.escape(aconv.__version__)
    assert re.fullmatch(rf"aconv-{version}-py3-none-any\.whl", wheel.name)
    tops = {name.split("/")[0] for name in names}
    facts = f"aconv-{aconv.__version__}.dist-info"
    assert tops == {"aconv", "aconv_command.py", facts}
    for path in DATA:
        assert f"aconv/companion/_data/{path.name}" in names
    assert not [name for name in names if "records" in name and name.endswith(".json")]


def test_source_has_what_the_wheel_is_made_from(dist):
    (source,) = dist.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "aconv/layers/conv.py"} <= names
    assert {"CHANGELOG.md", "CITATION.cff"} <= names
    assert {f"data/{path.name}" for path in DATA} <= names
    assert not [name for name in names if name.startswith(("tests", "book"))]
