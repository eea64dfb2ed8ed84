import hashlib
import io
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arangovis.artifacts.base import ArtifactStore
from arangovis.artifacts.local import LocalArtifactStore
from arangovis.artifacts.registry import open_artifacts
from arangovis.domain.errors import InvalidInput
from arangovis.testing.artifacts import ArtifactStoreSuite


def _file_of(root: Path, digest: str) -> Path:
    return root / "blobs" / digest[:2] / digest


class TestLocalArtifacts(ArtifactStoreSuite):
    __test__ = True

    @pytest.fixture
    def store(self, tmp_path: Path) -> ArtifactStore:
        self.root = tmp_path / "deep" / "root"
        return LocalArtifactStore(self.root)

    def overwrite(self, store: ArtifactStore, digest: str, data: bytes) -> None:
        _file_of(self.root, digest).write_bytes(data)


def test_temporary_files_are_no_blobs_and_are_swept_by_age(tmp_path: Path) -> None:
    store = LocalArtifactStore(tmp_path)
    digest = store.put(b"data")
    left = tmp_path / "temporary" / "left-by-a-crash"
    left.write_bytes(b"half")
    os.utime(left, ns=(5_000_000_000, 5_000_000_000))
    fresh = tmp_path / "temporary" / "being-written"
    fresh.write_bytes(b"half")
    (tmp_path / "blobs" / digest[:2] / "README").write_text("not a blob")
    assert [blob.digest for blob in store.blobs()] == [digest]
    assert store.sweep_temporary(older_than_us=5_000_000) == 0
    assert store.sweep_temporary(older_than_us=5_000_001) == 1
    assert not left.exists()
    assert fresh.exists()


def test_nothing_temporary_stays_behind(tmp_path: Path) -> None:
    store = LocalArtifactStore(tmp_path)
    for _ in range(2):
        store.put(b"data")
        store.put_stream(io.BytesIO(b"data"))
    assert list((tmp_path / "temporary").iterdir()) == []


def test_an_empty_store_has_nothing_to_walk_or_sweep(tmp_path: Path) -> None:
    store = LocalArtifactStore(tmp_path / "absent")
    assert list(store.blobs()) == []
    assert store.sweep_temporary(older_than_us=2**60) == 0


def _put_many(root: Path, first: int) -> list[str]:
    store = LocalArtifactStore(root)
    return [store.put(bytes([(first + n) % 10]) * 50_000) for n in range(20)]


def test_processes_that_put_the_same_at_once(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        digests = pool.starmap(_put_many, [(tmp_path, 0), (tmp_path, 3), (tmp_path, 7)])
    store = LocalArtifactStore(tmp_path)
    assert {blob.digest for blob in store.blobs()} == set().union(*digests)
    assert all(len(store.read(blob.digest)) == 50_000 for blob in store.blobs())


_WRITER = """
import sys
from pathlib import Path
from arangovis.artifacts.local import LocalArtifactStore
store = LocalArtifactStore(Path(sys.argv[1]))
for number in range(1_000_000):
    print(store.put(str(number).encode() * 10_000), flush=True)
"""


def _start(program: str, root: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, str(root)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_killed_writer_leaves_whole_blobs_only(tmp_path: Path) -> None:
    with _start(_WRITER, tmp_path) as writer:
        acknowledged = [writer.stdout.readline().strip() for _ in range(25)]
        writer.send_signal(signal.SIGKILL)
        acknowledged += [line.strip() for line in writer.stdout if line.endswith("\n")]
    store = LocalArtifactStore(tmp_path)
    present = {blob.digest for blob in store.blobs()}
    assert present.issuperset(acknowledged)
    for digest in present:
        store.read(digest)
    store.sweep_temporary(older_than_us=2**60)
    assert list((tmp_path / "temporary").iterdir()) == []


@given(st.lists(st.tuples(st.sampled_from(["put", "stream", "remove"]), st.binary(max_size=3))))
@settings(max_examples=50, deadline=None)
def test_any_sequence_agrees_with_a_dictionary(tmp_path_factory: pytest.TempPathFactory, steps: list) -> None:
    store = LocalArtifactStore(tmp_path_factory.mktemp("artifacts"))
    model: dict[str, bytes] = {}
    for step, data in steps:
        digest = hashlib.sha256(data).hexdigest()
        if step == "remove":
            store.remove(digest)
            model.pop(digest, None)
        else:
            assert digest == (store.put(data) if step == "put" else store.put_stream(io.BytesIO(data))[0])
            model[digest] = data
    assert {blob.digest: blob.bytes for blob in store.blobs()} == {d: len(data) for d, data in model.items()}
    assert {digest: store.read(digest) for digest in model} == model


def test_a_url_chooses_the_store(tmp_path: Path) -> None:
    folder = tmp_path / "with space"
    folder.mkdir()
    digest = open_artifacts(folder.as_uri()).put(b"data")
    assert _file_of(folder, digest).read_bytes() == b"data"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("ftp://host/folder", "'ftp' is not a known scheme; known are file:, s3:"),
        ("/var/lib/artifacts", "is not a known scheme; known are file:, s3:"),
        ("", "is not a known scheme; known are file:, s3:"),
        ("file://elsewhere/folder", "absolute folder"),
        ("file:folder", "absolute folder"),
        ("file:///folder?x=1", "absolute folder"),
        ("file:///folder%00", "NUL"),
        ("file://[::1/folder", "is not a URL"),
    ],
)
def test_a_url_that_names_no_store_is_refused(url: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match="artifacts: ") as caught:
        open_artifacts(url)
    assert problem in caught.value.detail
