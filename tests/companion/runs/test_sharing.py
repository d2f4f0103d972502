"""Folders of records on any file system, and of several users."""

import errno
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest
import sweeps

from aconv.companion import files
from aconv.companion.files import atomic_write
from aconv.companion.runs import RunStore, sweep

fcntl = pytest.importorskip("fcntl")
SPEC = sweeps.specs(1)[0]
ROOT = Path(__file__).parents[3]


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv(sweeps.FOLDER, str(tmp_path))
    return RunStore(tmp_path / "records")


@pytest.fixture
def answer(monkeypatch):
    """Has the file system answer what one without locks does."""

    def answer(name):
        error = OSError(getattr(errno, name), "no locks")
        monkeypatch.setattr(fcntl, "flock", Mock(side_effect=error))

    return answer


@pytest.mark.parametrize("without", [None, "ENOSYS", "ENOLCK", "EOPNOTSUPP"])
def test_claims_are_exclusive_with_locks_and_without(store, answer, without):
    if without is not None:
        answer(without)
    other = RunStore(store.folder)
    with store.claim(SPEC) as ours, other.claim(SPEC) as theirs:
        assert (ours, theirs) == (True, False)
        with other.claim(sweeps.specs(2)[1]) as another_run:
            assert another_run
    with other.claim(SPEC) as theirs:
        assert theirs
    assert list((store.folder / "claims").iterdir()) == []
    assert sweep([SPEC], store, execute=sweeps.execute).done == (SPEC,)


def marker(store, process, host):
    path = store.folder / "claims" / f"{SPEC.digest}.held"
    path.parent.mkdir(parents=True)
    path.write_text(f"{process}\n{host}\n")
    return path


def test_claim_of_a_process_that_is_gone_is_taken_over(store, answer):
    answer("ENOSYS")
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    marker(store, gone.pid, socket.gethostname())
    with store.claim(SPEC) as ours:
        assert ours


def test_claim_of_another_host_is_told_with_what_to_do(store, answer):
    answer("ENOSYS")
    path = marker(store, 7, "elsewhere")
    told = pytest.warns(UserWarning, match=rf"{path} process 7 of elsewhere.*remove")
    with told, store.claim(SPEC) as ours:
        assert not ours


def modes(folder):
    return {
        str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode)
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize(
    ("mode", "of_files", "of_folders"), [(0o755, 0o644, 0o755), (0o2775, 0o664, 0o2775)]
)
def test_files_are_the_groups_where_the_folder_is(store, mode, of_files, of_folders):
    store.folder.mkdir()
    store.folder.chmod(mode)
    before = os.umask(0o022)
    try:
        store.put(sweeps.record(SPEC), {"kernel": sweeps.np.zeros(3)})
        other = sweeps.specs(2)[1]
        store.put(sweeps.fail_on_odd_seed(other, None)[0])
        store.archive_failed([other])
        with atomic_write(store.state_path(SPEC)) as stream:
            stream.write(b"state")
        with store.claim(SPEC):
            found = modes(store.folder)
    finally:
        os.umask(before)
    assert found["states"] == found["claims"] == found["aside"] == of_folders
    assert found[f"states/{SPEC.digest}.npz"] == of_files
    assert found[f"claims/{SPEC.digest}"] == of_files
    assert found[f"{SPEC.digest}.npz"] == of_files


# A second user, at a run whose claim the first has left behind.
SECOND = """
import os, sys
import sweeps
from aconv.companion.runs import RunStore
from aconv.companion.files import atomic_write
store, spec = RunStore(sys.argv[1]), sweeps.specs(1)[0]
record = sweeps.record(spec)
# After the imports: the packages may be another user's.
os.setgroups([4242]); os.setgid(4243); os.setuid(4244)
try:
    with store.claim(spec) as ours:
        store.put(record)
        with atomic_write(store.state_path(spec)) as stream:
            stream.write(b"new")
        print(ours, store.get(spec).status)
except OSError as error:
    print(error)
"""


@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="only root is any user"
)
@pytest.mark.parametrize("is_shared", [True, False])
def test_second_user_works_on_a_shared_folder_or_is_told_whose_it_is(
    store, is_shared, tmp_path_factory
):
    for folder in (tmp_path_factory.getbasetemp(), *store.folder.parents):
        if folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    store.folder.mkdir()
    os.chown(store.folder, 0, 4242)
    store.folder.chmod(0o2775 if is_shared else 0o755)
    store.put(sweeps.record(SPEC).first(1))
    with atomic_write(store.state_path(SPEC)) as stream:
        stream.write(b"old")
    claim = store.folder / "claims" / SPEC.digest
    with store.claim(SPEC):  # which a killed process does not remove
        kept = claim.rename(claim.with_name("kept"))
    kept.rename(claim)
    helpers = Path(sweeps.__file__).parent
    result = subprocess.run(
        [sys.executable, "-c", SECOND, store.folder],
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{helpers}"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    if is_shared:
        assert result.stdout == "True done\n"
        assert store.state_path(SPEC).read_bytes() == b"new"
        assert store.state_path(SPEC).stat().st_gid == 4242
    else:
        assert "belongs to root" in result.stdout
        assert "chmod -R g+rwX" in result.stdout


def test_looking_at_records_changes_nothing(store):
    specs = sweeps.specs(60)
    for spec in specs:
        store.put(sweeps.fail_on_odd_seed(spec, None)[0])

    def files():
        return {path: path.stat().st_mtime_ns for path in store.folder.rglob("*")}

    before = files()
    assert list(store.by_spec()) == [record.spec for record in store.records("simple")]
    assert set(store.by_spec()) == set(specs)
    assert store.records("unet") == []
    reasons = {record.reason for record in store.records() if record.status == "failed"}
    assert reasons == {"ValueError: odd"}
    assert files() == before


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG])
def test_a_full_disk_is_named(store, number):
    path = store.folder / "record.json"
    message = r"No room: '.*record\.json'"
    with pytest.raises(OSError, match=message) as caught, atomic_write(path):
        raise OSError(number, "No room")
    assert (caught.value.errno, list(store.folder.iterdir())) == (number, [])


@pytest.mark.parametrize("name", ["", "record.json"])
def test_advice_names_the_folder_itself(tmp_path, name):
    advice = pytest.raises(PermissionError, match=rf"g\+rwX {tmp_path}$")
    with advice, files.naming_owner(tmp_path / name):
        raise PermissionError
